"""What a file holds, by its first bytes and by its name. Reads files."""

import gzip
import re
import zlib
from pathlib import Path
from typing import Literal

from bench.data.dicom.bare import is_bare_dicom

Picture = Literal["PNG", "JPEG", "BMP", "TIFF", "WebP", "GIF", "PNM", "JPEG 2000", "HEIC", "AVIF"]
RarePicture = Literal["PSD", "TGA", "PCX", "SGI", "SUN", "QOI"]
Kind = Picture | RarePicture | Literal["DICOM", "NIfTI"]

SUFFIXES: dict[Kind, str] = {
    "PNG": ".png .apng",
    "JPEG": ".jpg .jpeg .jpe .jfif",
    "BMP": ".bmp",
    "TIFF": ".tif .tiff",
    "WebP": ".webp",
    "GIF": ".gif",
    "PNM": ".pnm .pbm .pgm .ppm .pfm",
    "JPEG 2000": ".jp2 .jpx .jpf .j2k .j2c .jpc",
    "HEIC": ".heic .heif .hif",
    "AVIF": ".avif",
    "PSD": ".psd",
    "TGA": ".tga",
    "PCX": ".pcx",
    "SGI": ".sgi",
    "SUN": ".ras",
    "QOI": ".qoi",
    "DICOM": ".dcm .dicom .ima",
    "NIfTI": ".nii .nii.gz",
}
KIND_OF_SUFFIX: dict[str, Kind] = {suffix: kind for kind, texts in SUFFIXES.items() for suffix in texts.split()}
UNREAD_SUFFIXES = {
    "JPEG XL": ".jxl",
    "JPEG XR": ".jxr .wdp",
    "JPEG-LS": ".jls",
    "OpenEXR": ".exr",
    "Radiance or Analyze": ".hdr",
    "raw or Analyze": ".img",
    "NRRD": ".nrrd .nhdr",
    "MetaImage": ".mha .mhd",
    "FreeSurfer": ".mgz .mgh",
    "MINC": ".mnc",
    "Philips PAR/REC": ".par",
    "Aperio slide": ".svs",
    "Hamamatsu slide": ".ndpi",
    "MIRAX slide": ".mrxs",
    "Leica slide": ".scn",
    "Olympus slide": ".vsi",
    "Zeiss CZI": ".czi",
    "Leica LIF": ".lif",
    "Nikon ND2": ".nd2",
    "Olympus OIB": ".oib",
    "Olympus OIR": ".oir",
    "raw photograph": ".dng .nef .cr2 .cr3 .arw",
    "raw": ".raw",
    "PAM": ".pam",
    "FITS": ".fits",
    "DDS": ".dds",
    "NumPy array": ".npy .npz",
    "MATLAB array": ".mat",
    "HDF5 array": ".h5 .hdf5",
    "Zarr array": ".zarr",
    "film": ".mp4 .avi .mov",
}
"""Kinds that hold images and that nothing here reads: they are named where they are left out."""
UNREAD_KIND_OF_SUFFIX = {suffix: kind for kind, texts in UNREAD_SUFFIXES.items() for suffix in texts.split()}

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
    *((4, b"ftyp" + brand, "HEIC") for brand in b"heic heix hevc hevx heim heis mif1 msf1".split()),
    *((4, b"ftyp" + brand, "AVIF") for brand in b"avif avis".split()),
    (0, b"8BPS", "PSD"),
    (0, b"qoif", "QOI"),
    (0, b"\x01\xda\x00\x01", "SGI"),
    (0, b"\x01\xda\x01\x01", "SGI"),
    (0, b"\x59\xa6\x6a\x95", "SUN"),
    (344, b"n+1\0", "NIfTI"),
    (4, b"n+2\0", "NIfTI"),
)
"""Where bytes stand that tell a kind."""
PNM = re.compile(rb"P(?:[1-6]\s(?:\s|#[^\r\n]*[\r\n])*\d+\s+\d+\s|[fF]\s+\d+\s+\d+\s)")
BRANDS = 64  # bytes: of a picture in either coding, the kinds that it is compatible with
ENOUGH = 352
GZIP = b"\x1f\x8b"


def kind_of_name(name: str) -> Kind | None:
    """What the suffix promises, None where it is none of ours."""
    lower = name.lower()
    return KIND_OF_SUFFIX.get(".nii.gz" if lower.endswith(".nii.gz") else Path(lower).suffix)


def unread_kind_of_name(name: str) -> str | None:
    """The kind of image that the suffix promises where it is one that cannot be read here."""
    return UNREAD_KIND_OF_SUFFIX.get(Path(name.lower()).suffix)


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
