"""Headers of DICOM files: patient, study, series, frames, and what is said of a single frame. Reads files.

Texts of errors are our own: pydicom's quote tag values, which may name a patient.
"""

import logging
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.data.dicom.deflated import MOST_HEADER, inflated, is_deflated
from bench.data.dicom.opened import BoundedFile
from bench.data.reading import UnreadableImage, too_large
from bench.errors import RequestError

LEVELS = {"study": "StudyInstanceUID", "series": "SeriesInstanceUID"}
HEADER_TAGS = [
    *("PatientID", "IssuerOfPatientID", *LEVELS.values(), "NumberOfFrames", "Rows", "Columns", "SeriesDescription"),
    *("ImagePositionPatient", "ImageOrientationPatient", "InstanceNumber"),
]
MOST_FRAMES = 100_000
MOST_DIGITS = 12  # of a number, as the standard has it; Python refuses to read thousands
NO_DICOM = "it is no DICOM file, whatever its name says, or it is encrypted, cut short or damaged"
SHARED, PER_FRAME = "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"
ABOUT_OTHERS = ("Referenced", "Derivation", "Source")  # functional groups whose items describe other images


@dataclass(frozen=True, repr=False)
class DicomHeader:
    """Identifiers in clear, never to be written; "" or () where the file has none. `frames` is ≥ 1.

    height: where a slice lies in its series, None where that is not said; height_by: the tag that says it.
    """

    patient: tuple[str, ...]
    study: str
    series: str
    series_description: str
    frames: int
    height: float | None = None
    height_by: str = ""

    def identifier(self, level: str) -> tuple[str, ...]:
        """What names the patient, study or series, as groups are named."""
        if level == "patient":
            return self.patient
        uid = self.study if level == "study" else self.series
        return (LEVELS[level], uid) if uid else ()


def read_header(path: Path) -> DicomHeader:
    """Patient, study, series and number of frames.

    Raises:
        UnreadableImage: no DICOM file.
    """
    dataset = read_dataset(path, specific_tags=HEADER_TAGS)
    study, series, description = (text_of(dataset, name) for name in (*LEVELS.values(), "SeriesDescription"))
    return DicomHeader(_patient(dataset), study, series, description, frames_of(dataset), *_height(dataset))


def _height(dataset: Any) -> tuple[float | None, str]:
    """Millimetres along the normal of the slice, else the number of the instance; and the tag that says it."""
    position, orientation = (_numbers(dataset, name) for name in ("ImagePositionPatient", "ImageOrientationPatient"))
    if len(position) == 3 and len(orientation) == 6:
        (a, b, c), (d, e, f) = orientation[:3], orientation[3:]
        normal = (b * f - c * e, c * d - a * f, a * e - b * d)
        return math.fsum(one * other for one, other in zip(position, normal, strict=True)), "ImagePositionPatient"
    numbers = _numbers(dataset, "InstanceNumber")
    return (numbers[0], "InstanceNumber") if numbers else (None, "")


def _numbers(dataset: Any, name: str) -> list[float]:
    """The values of a tag, none where some are no numbers."""
    try:
        value = dataset.get(name)
        values = [] if value is None or value == "" else [value] if isinstance(value, str | int | float) else value
        found = [float(one) for one in values]
    except Exception:  # a value that cannot be parsed is no value
        return []
    return found if all(map(math.isfinite, found)) else []


def _patient(dataset: Any) -> tuple[str, ...]:
    if patient := text_of(dataset, "PatientID"):
        return ("patient", text_of(dataset, "IssuerOfPatientID"), patient)
    for tag in LEVELS.values():
        if uid := text_of(dataset, tag):
            return (tag, uid)
    return ()


def value_of(dataset: Any, name: str) -> Any:
    """A sequence or bytes, None where there are none; pydicom parses them when they are asked for.

    Raises:
        UnreadableImage: they cannot be parsed.
    """
    try:
        return dataset.get(name)
    except MemoryError:
        raise
    except Exception:
        raise UnreadableImage(f"its {name} is damaged") from None


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


def pixel_bytes(dataset: Any) -> int:
    """How long the pixels of all frames are, not compressed."""
    bits = ("Rows", "Columns", "SamplesPerPixel", "BitsAllocated")
    return math.prod(integer_of(dataset, name) for name in bits) * frames_of(dataset) // 8


def require_pydicom() -> None:
    """Raise `RequestError` where the extra is not installed; keep pydicom from logging tag values."""
    try:
        import pydicom  # noqa: F401
    except ImportError:
        raise RequestError("DICOM files need an extra package: pip install 'gapbench[dicom]'.") from None
    logging.getLogger("pydicom").setLevel(logging.CRITICAL + 1)


def read_dataset(path: Path, max_pixels: int | None = None, **options: Any) -> Any:
    """All of a file, or (max_pixels None) what stands before its pixels.

    Raises:
        UnreadableImage: it is no DICOM file; or, packed, it unpacks to more than so many pixels need.
    """
    require_pydicom()
    import pydicom

    header_only = max_pixels is None
    try:
        if not is_deflated(path):
            with BoundedFile(path) as file:
                dataset = pydicom.dcmread(file, force=True, stop_before_pixels=header_only, **options)
        else:
            most = MOST_HEADER if max_pixels is None else _most_bytes(read_dataset(path), max_pixels)
            unpacked = inflated(path, most, cut=header_only)
            dataset = pydicom.dcmread(unpacked, force=True, stop_before_pixels=header_only, **options)
    except (MemoryError, UnreadableImage):
        raise
    except Exception:
        raise UnreadableImage(NO_DICOM) from None
    if len(dataset) == 0 and not getattr(dataset, "file_meta", None):
        raise UnreadableImage(NO_DICOM)
    _complete_encoding(dataset)
    return dataset


def _most_bytes(header: Any, max_pixels: int) -> int:
    """Of a file with this header: its pixels, but no more than `max_pixels` of 32 bits, and what stands around them."""
    rows, columns = integer_of(header, "Rows"), integer_of(header, "Columns")
    if rows * columns > max_pixels:
        raise UnreadableImage(too_large(columns, rows, max_pixels))
    return MOST_HEADER + min(pixel_bytes(header), 4 * max_pixels)


def _complete_encoding(dataset: Any) -> None:
    """A file without the group that says how pixels are stored has them as its header is, where they are as long."""
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

    meta = getattr(dataset, "file_meta", None)
    if "PixelData" not in dataset or (meta is not None and "TransferSyntaxUID" in meta):
        return
    try:
        wanted = pixel_bytes(dataset)
        length = len(dataset.PixelData)
    except Exception:  # decoding will say what is wrong
        return
    if wanted and length in (wanted, wanted + wanted % 2):
        implicit, little = dataset.original_encoding
        dataset.file_meta = meta or FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = (
            ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian if little else ExplicitVRBigEndian
        )


def syntax_of(dataset: Any) -> Any:
    """How pixels are stored, a UID of pydicom; None where the file does not say, or in another form."""
    from pydicom.uid import UID

    try:
        syntax = dataset.file_meta.TransferSyntaxUID
    except Exception:  # a value that cannot be parsed is no value
        return None
    return syntax if isinstance(syntax, UID) else None


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


def header_of_frame(dataset: Any, part: int) -> Any:
    """As if the frame were a file of its own: each tag by its own functional groups, else the shared, else the root.

    So slope, intercept, window, VOI LUT, position, orientation, spacing and the frame's type are found where files of
    one image have them. A file without functional groups is its own header.
    """
    if SHARED not in dataset and PER_FRAME not in dataset:
        return dataset
    from pydicom.dataset import Dataset

    header = Dataset()
    header.file_meta = dataset.file_meta
    header.update({tag: element for tag, element in dataset.items() if tag.group < 0x7FE0})
    try:
        for groups in (_item(dataset, SHARED, 0), _item(dataset, PER_FRAME, part)):
            for element in _elements(groups):
                header.add(element)
    except (MemoryError, UnreadableImage):
        raise
    except Exception:
        raise UnreadableImage("its functional groups are damaged") from None
    return header


def _item(dataset: Any, name: str, number: int) -> Any:
    items = list(value_of(dataset, name) or [])
    return items[number] if number < len(items) else []


def _elements(groups: Any) -> Iterator[Any]:
    """The elements of each group that has one item; groups of several, private ones and those about others are not."""
    for group in groups:
        if group.VR == "SQ" and not group.tag.is_private and not group.keyword.startswith(ABOUT_OTHERS):
            items = group.value or []
            if len(items) == 1:
                yield from (element for element in items[0] if not element.tag.is_private)
