"""Seeded DICOM files, element by element: lengths that lie, other types of values, nested and broken sequences."""

import random
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench.data.dicom.bare import LONG, VRS
from bench.data.dicom.deflated import DEFLATED

NAME = b"Muster^Eva"  # may be in no message
IMPLICIT, EXPLICIT, BIG = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"
SYNTAXES = [
    *(EXPLICIT, IMPLICIT, BIG, DEFLATED, "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.1.98", "1.2.3", "", "x" * 70),
    *(f"1.2.840.10008.1.2.4.{number}" for number in (50, 51, 57, 70, 80, 81, 90, 91, 100, 201, 203)),
]
CLASSES = ["1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.2.1", "1.2.840.10008.5.1.4.1.1.7", "1.2.3", ""]
TYPES = sorted(VRS)
TYPES_UNKNOWN = [b"??", b"\0\0", b"XX", b"\xff\xff"]
NUMBERS = [0, 1, 3, 7, 8, 12, 16, 17, 24, 32, 33, 64, 255, 256, 4096, 32767, 32768, 65535]
TEXTS = [
    *(b"", b" ", b"0", b"-1", b"1", b"2", b"1.5", b"nan", b"inf", b"1e308", b"-1e308", b"1e-320", b"9" * 5000),
    *(b"1\\2\\3", b"\\\\\\", b"\\" * 9000, b"\0", b"\xff\xfe\xfd", b"\x1b[31m", b"\x1b$B\xff", b"x" * 9000),
    *(
        b"MONOCHROME1",
        b"PALETTE COLOR",
        b"RGB",
        b"YBR_FULL_422",
        b"CT",
        b"MR",
        b"HU",
        b"ISO_IR 192",
        b"\\ISO 2022 IR 87",
    ),
    *(b"100000", b"99999999999", b"+5", "²".encode(), "٣".encode(), b"LINEAR_EXACT", b"SIGMOID", b"../../etc/passwd"),
]
LENGTHS = [0, 1, 2, 7, 255, 65535, 2**16, 2**24, 2**31 - 1, 2**31, 2**32 - 2, 2**32 - 1]
UNDEFINED = 2**32 - 1
PIXELS = (0x7FE0, 0x0010)
SIDE = 4


@dataclass(frozen=True)
class Element:
    """One element; `length` where its header shall say another than that of its value."""

    tag: tuple[int, int]
    kind: bytes
    value: bytes
    length: int | None = None

    def encoded(self, syntax: str) -> bytes:
        order = ">" if syntax == BIG else "<"
        value = self.value + b"\0" * (len(self.value) % 2)
        length = len(value) if self.length is None else self.length
        tag = struct.pack(f"{order}HH", *self.tag)
        if syntax == IMPLICIT:
            return tag + struct.pack(f"{order}I", length) + value
        if self.kind in LONG:
            return tag + self.kind + b"\0\0" + struct.pack(f"{order}I", length) + value
        return tag + self.kind + struct.pack(f"{order}H", length % 2**16) + value


def _sequence(tag: tuple[int, int], items: Sequence[bytes]) -> Element:
    inside = b"".join(struct.pack("<HHI", 0xFFFE, 0xE000, len(item)) + item for item in items)
    return Element(tag, b"SQ", inside)


def _table(tag: tuple[int, int]) -> Element:
    descriptor = Element((0x0028, 0x3002), b"US", struct.pack("<3H", 16, 0, 16))
    data = Element((0x0028, 0x3006), b"OW", bytes(range(32)))
    return _sequence(tag, [descriptor.encoded(EXPLICIT) + data.encoded(EXPLICIT)])


def _short(number: int) -> bytes:
    return struct.pack("<H", number)


def sound_elements(rng: random.Random) -> list[Element]:
    """A slice of 4 × 4 pixels: CT or grey or by a palette; at times of two frames, with tables and groups."""
    frames = rng.choice([1, 1, 2])
    found = [
        Element((0x0008, 0x0016), b"UI", rng.choice(CLASSES).encode()),
        Element((0x0008, 0x0018), b"UI", b"1.2.3.4"),
        Element((0x0008, 0x0060), b"CS", rng.choice([b"CT", b"CT", b"MR", b"OT", b""])),
        Element((0x0010, 0x0010), b"PN", NAME),
        Element((0x0010, 0x0020), b"LO", NAME),
        Element((0x0020, 0x000D), b"UI", b"1.2.3.5"),
        Element((0x0020, 0x000E), b"UI", b"1.2.3.6"),
        Element((0x0028, 0x0002), b"US", _short(rng.choice([1, 1, 1, 3]))),
        Element((0x0028, 0x0004), b"CS", rng.choice([b"MONOCHROME2", b"MONOCHROME1", b"PALETTE COLOR", b"RGB"])),
        Element((0x0028, 0x0008), b"IS", str(frames).encode()),
        Element((0x0028, 0x0010), b"US", _short(SIDE)),
        Element((0x0028, 0x0011), b"US", _short(SIDE)),
        Element((0x0028, 0x0100), b"US", _short(16)),
        Element((0x0028, 0x0101), b"US", _short(rng.choice([12, 16]))),
        Element((0x0028, 0x0102), b"US", _short(rng.choice([11, 15]))),
        Element((0x0028, 0x0103), b"US", _short(rng.choice([0, 1]))),
        Element((0x0028, 0x1050), b"DS", b"40"),
        Element((0x0028, 0x1051), b"DS", b"80"),
        Element((0x0028, 0x1052), b"DS", b"-1024"),
        Element((0x0028, 0x1053), b"DS", b"1"),
    ]
    if rng.random() < 0.3:
        found += [Element((0x0028, 0x1101 + place), b"US", struct.pack("<3H", 16, 0, 16)) for place in range(3)]
        found += [Element((0x0028, 0x1201 + place), b"OW", bytes(range(32))) for place in range(3)]
    found += [_table(tag) for tag in ((0x0028, 0x3000), (0x0028, 0x3010)) if rng.random() < 0.2]
    if rng.random() < 0.3:
        slope = _sequence((0x0028, 0x9145), [b"".join(one.encoded(EXPLICIT) for one in found[-2:])])
        found.append(_sequence((0x5200, rng.choice([0x9229, 0x9230])), [slope.encoded(EXPLICIT)] * frames))
    found.append(Element(PIXELS, b"OW", rng.randbytes(2 * SIDE * SIDE * frames)))
    return found


def _value(rng: random.Random) -> bytes:
    form = rng.random()
    if form < 0.35:
        return rng.choice(TEXTS)
    if form < 0.7:
        return _short(rng.choice(NUMBERS)) * rng.choice([1, 1, 1, 2, 3])
    return rng.randbytes(rng.choice([0, 1, 2, 3, 4, 8, 33, 200]))


def _nested(element: Element, depth: int, open_ended: bool) -> Element:
    """The element in a sequence in a sequence."""
    content = element.encoded(EXPLICIT)
    for _ in range(depth):
        length = UNDEFINED if open_ended else len(content) % 2**32
        item = struct.pack("<HHI", 0xFFFE, 0xE000, length) + content
        inner = Element((0x0040, 0xA730), b"SQ", item, UNDEFINED if open_ended else None)
        content = inner.encoded(EXPLICIT)
    return Element((0x0040, 0xA730), b"SQ", content, UNDEFINED if open_ended else None)


def _fragments(rng: random.Random) -> bytes:
    """Pixels as a codec has them: a table of offsets and pieces, of which some are odd."""
    pieces = [b"", *(rng.randbytes(rng.choice([0, 2, 16, 64])) for _ in range(rng.randint(0, 3)))]
    if rng.random() < 0.3:
        pieces[0] = rng.randbytes(4)
    if rng.random() < 0.3:  # run lengths
        pieces.append(
            struct.pack("<16I", rng.choice([1, 2, 3, 99]), 64, rng.choice([64, 66, 2**31]), *[0] * 13) + b"\xfe\x07"
        )
    if rng.random() < 0.3:  # a JPEG's start
        pieces.append(b"\xff\xd8\xff\xc0\0\x11\x08\0\4\0\4\3\1\x11\0\2\x11\1\3\x11\1" + rng.randbytes(30))
    end = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0) if rng.random() < 0.9 else b""
    return b"".join(struct.pack("<HHI", 0xFFFE, 0xE000, len(piece)) + piece for piece in pieces) + end


def _changed(rng: random.Random, elements: list[Element]) -> list[Element]:
    place = rng.randrange(len(elements))
    one, what = elements[place], rng.random()
    if what < 0.45:
        other: list[Element] = [replace(one, value=_value(rng))]
    elif what < 0.55:
        other = [replace(one, kind=rng.choice([*TYPES, *TYPES_UNKNOWN]))]
    elif what < 0.65:
        other = [replace(one, length=rng.choice(LENGTHS))]
    elif what < 0.75:
        other = []
    elif what < 0.8:
        other = [one, replace(one, value=_value(rng))]
    elif what < 0.85:
        other = [_nested(one, rng.choice([1, 2, 30, 300]), rng.random() < 0.5)]
    elif what < 0.9:
        other = [replace(one, tag=(rng.choice([2, 8, 9, 0x28, 0x5200, 0x7FE0, 0xFFFE]), rng.randrange(2**16))), one]
    elif what < 0.95:
        pixels = Element(PIXELS, b"OB", _fragments(rng), UNDEFINED)
        return [*(kept for kept in elements if kept.tag != PIXELS), pixels]
    else:
        return rng.sample(elements, len(elements))
    return [*elements[:place], *other, *elements[place + 1 :]] or elements


def odd_dicom(rng: random.Random) -> bytes:
    """A file with up to four odd places, in any transfer syntax; at times cut, flipped or without its start."""
    elements = sound_elements(rng)
    for _ in range(rng.randint(0, 4)):
        elements = _changed(rng, elements)
    named = EXPLICIT if rng.random() < 0.6 else rng.choice(SYNTAXES)
    if named not in (EXPLICIT, IMPLICIT, BIG, DEFLATED) and rng.random() < 0.7:
        elements = [one for one in elements if one.tag != PIXELS]
        elements.append(Element(PIXELS, b"OB", _fragments(rng), UNDEFINED))
    actual = named if rng.random() < 0.95 else rng.choice([IMPLICIT, BIG])
    content = b"".join(one.encoded(actual) for one in elements)
    if named == DEFLATED:
        packing = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
        content = packing.compress(content) + packing.flush()
    syntax = Element((0x0002, 0x0010), b"UI", named.encode()).encoded(EXPLICIT)
    length = Element((0x0002, 0x0000), b"UL", struct.pack("<I", len(syntax))).encoded(EXPLICIT)
    meta = (length if rng.random() < 0.8 else b"") + (syntax if rng.random() < 0.95 else b"")
    start = bytes(128) + b"DICM" if rng.random() < 0.85 else b""
    whole = start + (meta if rng.random() < 0.95 else b"") + content
    if rng.random() < 0.1:
        whole = whole[: rng.randrange(len(whole) + 1)]
    if rng.random() < 0.1 and whole:
        place = rng.randrange(len(whole))
        whole = whole[:place] + rng.randbytes(rng.choice([1, 2, 4])) + whole[place + 1 :]
    return whole
