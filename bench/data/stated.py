"""What a picture file states of its grey values beyond what Pillow's modes tell. Reads files."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, TiffImagePlugin
from PIL.ImageFile import ImageFile

BITS_PER_SAMPLE, COMPRESSION, PHOTOMETRIC = 258, 259, 262
WHITE_IS_ZERO = 0
LOSSY_IN_TIFF = frozenset({6, 7, 33003, 33005, 34712, 50001, 50002})  # JPEG, JPEG 2000, WebP, JPEG XL
CODESTREAM, CODING = b"\xff\x4f\xff\x51", b"\xff\x52"
PRECISION, TRANSFORM = 42, 13  # bytes behind the start of the codestream, of the coding marker
HEADER = 1 << 20  # bytes that hold what stands before the pixels
FULL = 65535
LAYERED = frozenset({"PSD"})  # its first picture is the whole, the others are its layers

# Grey of 12 and 16 bits that Pillow can unpack and does not list: white is zero, or the byte order is the other one.
for order, white_is_zero, bits, mode, raw in (
    (b"MM", 0, 16, "I;16B", "I;16B"),
    (b"MM", 1, 12, "I;16", "I;12"),
    (b"II", 0, 12, "I;16", "I;12"),
    (b"MM", 0, 12, "I;16", "I;12"),
):
    TiffImagePlugin.OPEN_INFO.setdefault((order, white_is_zero, (1,), 1, (bits,), ()), (mode, raw))


@dataclass(frozen=True)
class Stated:
    """`largest` is the largest value that the file can hold, `fixed` whether it is also its white.

    `inverted`: zero is white and Pillow has not turned it; `deep_colour`: 16 bits a channel; `lossy`: compression has
    changed values; `pages` counts its pictures.
    """

    largest: int
    fixed: bool
    inverted: bool
    deep_colour: bool
    lossy: bool
    pages: int


def stated(opened: ImageFile, path: Path) -> Stated:
    """Of an image that is opened and not loaded yet."""
    largest, fixed = FULL, False
    if opened.format == "TIFF":
        bits = _tag(opened, BITS_PER_SAMPLE, 1)
        largest, fixed = 2 ** min(bits, 16) - 1, bits < 16
    elif opened.format == "PPM":  # Pillow has stretched them to 16 bits where white is less
        fixed = not _full_range(opened.tile[0].args)
    elif opened.format == "JPEG2000":
        fixed = _bits_of_codestream(path) < 16
    return Stated(
        largest,
        fixed,
        opened.format == "TIFF" and opened.mode.startswith("I") and _tag(opened, PHOTOMETRIC, 1) == WHITE_IS_ZERO,
        opened.mode in ("RGB", "RGBA", "LA") and ";16" in str(opened.tile),
        _lossy(opened, path),
        1 if opened.format in LAYERED else int(getattr(opened, "n_frames", 1)),
    )


def _full_range(arguments: Any) -> bool:
    return arguments == "I;16B" or (isinstance(arguments, tuple) and arguments[1] == FULL)


def _tag(opened: Any, tag: int, default: int) -> int:
    value = opened.tag_v2.get(tag, default)
    return int(value[0] if isinstance(value, tuple) else value)


def _lossy(opened: Image.Image, path: Path) -> bool:
    if opened.format == "TIFF":
        return _tag(opened, COMPRESSION, 1) in LOSSY_IN_TIFF
    if opened.format == "WEBP":
        return b"VP8L" not in _start(path)
    if opened.format == "JPEG2000":
        start = _codestream(path)
        at = start.find(CODING)
        return not (0 <= at < len(start) - TRANSFORM and start[at + TRANSFORM] == 1)
    return opened.format in ("JPEG", "MPO", "AVIF", "HEIF")


def _bits_of_codestream(path: Path) -> int:
    start = _codestream(path)
    return (start[PRECISION] & 0x7F) + 1 if len(start) > PRECISION else 16


def _codestream(path: Path) -> bytes:
    start = _start(path)
    at = start.find(CODESTREAM)
    return start[at:] if at >= 0 else b""


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEADER)
