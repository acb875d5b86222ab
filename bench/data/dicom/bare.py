"""DICOM files without a preamble, known by their first tags. Pure."""

import struct
from collections.abc import Iterator

VRS = frozenset(
    b"AE AS AT CS DA DS DT FD FL IS LO LT OB OD OF OL OV OW PN SH SL SQ SS ST SV TM UC UI UL UN UR US UT UV".split()
)
LONG = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
META, IDENTIFYING = 0x0002, 0x0008
FIRST = 0x0018  # the SOP instance: what stands first in a file's groups is no further on
MOST = 1024  # bytes of such an element
ENOUGH = 3  # elements


def is_bare_dicom(start: bytes) -> bool:
    """Whether bytes begin with elements in rising order, the first of group 0002 or 0008, in any of the encodings."""
    return any(_agrees(start, order, explicit) for order in "<>" for explicit in (True, False))


def _agrees(start: bytes, order: str, explicit: bool) -> bool:
    tags: list[tuple[int, int]] = []
    for group, element in _tags(start, order, explicit):
        if tags and (group, element) <= tags[-1]:
            break
        if not tags and (group not in (META, IDENTIFYING) or element > FIRST):
            return False
        tags.append((group, element))
    return len(tags) >= ENOUGH


def _tags(start: bytes, order: str, explicit: bool) -> Iterator[tuple[int, int]]:
    """Tags until one has no plausible length or type."""
    at = 0
    while at + 12 <= len(start):
        group, element = struct.unpack_from(f"{order}HH", start, at)
        if explicit:
            kind = start[at + 4 : at + 6]
            if kind not in VRS:
                return
            form, header = ("I", 12) if kind in LONG else ("H", 8)
        else:
            form, header = "I", 8
        (length,) = struct.unpack_from(
            f"{order}{form}", start, at + (8 if header == 12 else header - struct.calcsize(form))
        )
        if length > MOST or length % 2:
            return
        yield group, element
        at += header + length
