"""What a file holds, by its first bytes and by its name. Reads files."""

import gzip
import re
import zlib
from pathlib import Path
from typing import Literal

from bench.data.bare_dicom import is_bare_dicom

Kind = Literal[
    "PNG",
    "JPEG",
    "BMP",
    "TIFF",
    "WebP",
    "GIF",
    "PNM",
    "JPEG 2000",
    "HEIC",
    "AVIF",
    "PSD",
    "TGA",
    "PCX",
    "SGI",
    "SUN",
    "QOI",
    "DICOM",
    "NIfTI",
]

KIND_OF_SUFFIX: dict[str, Kind] = {
    ".png": "PNG",
    ".apng": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".jpe": "JPEG",
    ".jfif": "JPEG",
    ".bmp": "BMP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".webp": "WebP",
    ".gif": "GIF",
    ".pnm": "PNM",
    ".pbm": "PNM",
    ".pgm": "PNM",
    ".ppm": "PNM",
    ".pfm": "PNM",
    ".jp2": "JPEG 2000",
    ".jpx": "JPEG 2000",
    ".jpf": "JPEG 2000",
    ".j2k": "JPEG 2000",
    ".j2c": "JPEG 2000",
    ".jpc": "JPEG 2000",
    ".heic": "HEIC",
    ".heif": "HEIC",
    ".hif": "HEIC",
    ".avif": "AVIF",
    ".psd": "PSD",
    ".tga": "TGA",
    ".pcx": "PCX",
    ".sgi": "SGI",
    ".ras": "SUN",
    ".qoi": "QOI",
    ".dcm": "DICOM",
    ".dicom": "DICOM",
    ".ima": "DICOM",
    ".nii": "NIfTI",
    ".nii.gz": "NIfTI",
}
MAGIC: tuple[tuple[int, bytes, Kind], ...] = (
    (128, b"DICM", "DICOM"),  # first: the 128 bytes before may be those of a TIFF file too
    (0, b"\x89PNG\r\n\x1a\n", "PNG"),
    (0, b"\xff\xd8\xff", "JPEG"),
    (0, b"BM", "BMP"),
    (0, b"II*\0", "TIFF"),
    (0, b"MM\0*", "TIFF"),
    (0, b"II+\0", "TIFF"),
    (0, b"GIF8", "GIF"),
    (8, b"WEBP", "WebP"),
    (0, b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
    (0, b"\xff\x4f\xff\x51", "JPEG 2000"),
    (4, b"ftypheic", "HEIC"),
    (4, b"ftypheix", "HEIC"),
    (4, b"ftyphevc", "HEIC"),
    (4, b"ftyphevx", "HEIC"),
    (4, b"ftypheim", "HEIC"),
    (4, b"ftypheis", "HEIC"),
    (4, b"ftypmif1", "HEIC"),
    (4, b"ftypmsf1", "HEIC"),
    (4, b"ftypavif", "AVIF"),
    (4, b"ftypavis", "AVIF"),
    (0, b"8BPS", "PSD"),
    (0, b"qoif", "QOI"),
    (0, b"\x01\xda\x00\x01", "SGI"),
    (0, b"\x01\xda\x01\x01", "SGI"),
    (0, b"\x59\xa6\x6a\x95", "SUN"),
    (344, b"n+1\0", "NIfTI"),
    (4, b"n+2\0", "NIfTI"),
)
PNM = re.compile(rb"P(?:[1-6]\s(?:\s|#[^\r\n]*[\r\n])*\d+\s+\d+\s|[fF]\s+\d+\s+\d+\s)")
BRANDS = 64  # bytes: of a picture in either coding, the kinds that it is compatible with
ENOUGH = 352
GZIP = b"\x1f\x8b"


def kind_of_name(name: str) -> Kind | None:
    """What the suffix promises, None where it is none of ours."""
    lower = name.lower()
    if lower.endswith(".nii.gz"):
        return "NIfTI"
    return KIND_OF_SUFFIX.get(Path(lower).suffix)


def kind_of_content(path: Path) -> Kind | None:
    """What the first bytes say, None where they are of no image.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        start = file.read(ENOUGH)
    if start[:2] == GZIP:
        try:
            with gzip.open(path) as unpacked:
                start = unpacked.read(ENOUGH)
        except (OSError, EOFError, zlib.error):
            return None
        return "NIfTI" if _kind(start) == "NIfTI" else None
    return _kind(start)


def _kind(start: bytes) -> Kind | None:
    for offset, magic, kind in MAGIC:
        if start[offset : offset + len(magic)] == magic and (kind != "BMP" or start[6:10] == bytes(4)):
            return "AVIF" if kind == "HEIC" and b"avif" in start[16:BRANDS] else kind
    if PNM.match(start):
        return "PNM"
    return "DICOM" if is_bare_dicom(start) else None


def kind_of(path: Path) -> Kind | None:
    """The content's kind; where that is unknown (spoilt, or DICOM without its preamble), what the name promises.

    Raises:
        OSError: the file cannot be read.
    """
    return kind_of_content(path) or kind_of_name(path.name)
