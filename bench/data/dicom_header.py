"""Headers of DICOM files: the patient, and how many frames. Reads files.

Texts of errors are our own: pydicom's quote tag values, which may name a patient.
"""

import logging
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.data.unreadable import UnreadableImage
from bench.errors import RequestError

HEADER_TAGS = [
    "PatientID",
    "IssuerOfPatientID",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "NumberOfFrames",
    "Rows",
    "Columns",
    "SeriesDescription",
]
MOST_FRAMES = 100_000
MOST_DIGITS = 12  # of a number, as the standard has it; Python refuses to read thousands
NO_DICOM = "it is no DICOM file, whatever its name says, or it is encrypted, cut short or damaged"


@dataclass(frozen=True, repr=False)
class DicomHeader:
    """`patient` identifies the patient in clear (never to be written), () where nothing does; `frames` is ≥ 1."""

    patient: tuple[str, ...]
    frames: int
    series: str


def read_header(path: Path) -> DicomHeader:
    """Patient and number of frames.

    Raises:
        UnreadableImage: no DICOM file.
    """
    dataset = read_dataset(path, stop_before_pixels=True, specific_tags=HEADER_TAGS)
    return DicomHeader(_patient(dataset), frames_of(dataset), text_of(dataset, "SeriesDescription"))


def _patient(dataset: Any) -> tuple[str, ...]:
    if patient := text_of(dataset, "PatientID"):
        return ("patient", text_of(dataset, "IssuerOfPatientID"), patient)
    for level in ("StudyInstanceUID", "SeriesInstanceUID"):
        if uid := text_of(dataset, level):
            return (level, uid)
    return ()


def text_of(dataset: Any, name: str) -> str:
    try:
        return str(dataset.get(name) or "").strip()
    except Exception:  # a value that cannot be parsed is no value
        return ""


def frames_of(dataset: Any) -> int:
    text = text_of(dataset, "NumberOfFrames") or "1"
    if not text.isdecimal() or len(text) > MOST_DIGITS or not 1 <= int(text) <= MOST_FRAMES:
        raise UnreadableImage("its number of frames is no number between 1 and 100,000")
    return int(text)


def require_pydicom() -> None:
    """Raise `RequestError` where the extra is not installed; keep pydicom from logging tag values."""
    try:
        import pydicom  # noqa: F401
    except ImportError:
        raise RequestError("DICOM files need an extra package: pip install 'gapbench[dicom]'.") from None
    logging.getLogger("pydicom").setLevel(logging.CRITICAL + 1)


def read_dataset(path: Path, **options: Any) -> Any:
    require_pydicom()
    import pydicom

    try:
        dataset = pydicom.dcmread(path, force=True, **options)
    except MemoryError:
        raise
    except Exception:
        raise UnreadableImage(NO_DICOM) from None
    if len(dataset) == 0 and not getattr(dataset, "file_meta", None):
        raise UnreadableImage(NO_DICOM)
    _complete_encoding(dataset)
    return dataset


def _complete_encoding(dataset: Any) -> None:
    """A file without the group that says how pixels are stored has them as its header is, where they are as long."""
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

    meta = getattr(dataset, "file_meta", None)
    if "PixelData" not in dataset or (meta is not None and "TransferSyntaxUID" in meta):
        return
    names = ("Rows", "Columns", "SamplesPerPixel", "BitsAllocated")
    try:
        wanted = math.prod(integer_of(dataset, name) for name in names) * frames_of(dataset) // 8
        length = len(dataset.PixelData)
    except Exception:  # decoding will say what is wrong
        return
    if wanted and length in (wanted, wanted + wanted % 2):
        implicit, little = dataset.original_encoding
        dataset.file_meta = meta or FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = (
            ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian if little else ExplicitVRBigEndian
        )


def integer_of(dataset: Any, name: str) -> int:
    text = text_of(dataset, name)
    return int(text) if text.isdecimal() and len(text) <= MOST_DIGITS else 0


def number_of(dataset: Any, name: str, default: float) -> float:
    """The (first) value of a tag; `default` where it is absent or empty."""
    try:
        value = dataset.get(name)
        if value is None or value == "":
            return default
        number = float(value if isinstance(value, str | int | float) else (value[0] if len(value) else default))
    except Exception:
        raise UnreadableImage(f"its {name} is no number") from None
    if not math.isfinite(number):
        raise UnreadableImage(f"its {name} is no number")
    return number
