"""What a file holds, by its first bytes and by its name. Reads files."""

import gzip
import zlib
from pathlib import Path
from typing import Literal

Kind = Literal["PNG", "JPEG", "BMP", "TIFF", "WebP", "GIF", "DICOM", "NIfTI"]

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
    (344, b"n+1\0", "NIfTI"),
    (4, b"n+2\0", "NIfTI"),
)
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
            return kind
    return None


def kind_of(path: Path) -> Kind | None:
    """The content's kind; where that is unknown (spoilt, or DICOM without its preamble), what the name promises.

    Raises:
        OSError: the file cannot be read.
    """
    return kind_of_content(path) or kind_of_name(path.name)
