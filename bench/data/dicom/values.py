"""Stored values of a DICOM image → what they mean, and whether that is Hounsfield units. Pure."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.data.dicom.header import integer_of, number_of, text_of, value_of
from bench.data.reading import Note, UnreadableImage

CT_CLASSES = frozenset(
    {
        "1.2.840.10008.5.1.4.1.1.2",  # CT Image Storage
        "1.2.840.10008.5.1.4.1.1.2.1",  # Enhanced CT
        "1.2.840.10008.5.1.4.1.1.2.2",  # Legacy Converted Enhanced CT
    }
)
STANDARD = "1.2.840.10008."
CONVERTED = "1.2.840.10008.5.1.4.1.1.7"  # Secondary Capture and its multi-frame kinds: of whatever modality
HOUNSFIELD_TYPES = frozenset({"HU", "HU_MOD"})
OTHER_UNITS = frozenset({"OD", "MGML", "Z_EFF", "ED", "EDW", "PCT"})  # density, iodine, atomic number, electrons
UNTOLD = frozenset({"", "OT"})  # modalities that tell nothing
AIR = (-3100.0, -900.0)  # where the smallest value of a CT slice lies: air, or what lies outside the scanner's circle
DENSE = 100.0  # its largest value is above
GUESSED = Note(
    "doubtful",
    "DICOM image(s) that name neither CT nor another modality and hold what look like Hounsfield units: windowed as CT",
    "Set Modality in the files where that is wrong.",
)
UNKNOWN = Note(
    "doubtful",
    "DICOM image(s) that name no modality and hold no Hounsfield units by their values: not windowed as CT",
    "Set Modality to CT in the files where that is wrong.",
)
CAPTURED = Note(
    "doubtful",
    "DICOM capture(s) of a CT in 8 bits without an intercept: grey values of a screen, not windowed as CT",
    "Set RescaleType to HU in the files where that is wrong.",
)
CONTRADICTED = Note(
    "doubtful",
    "DICOM image(s) whose SOP class and modality do not go together as to CT: treated by their SOP class",
    "Mend the one that is wrong.",
)
MENDED = Note(
    "changed",
    "CT image(s) of 12 bits stored unsigned without intercept, as in RSNA 2019: wrapped back to Hounsfield units",
)


def are_hounsfield(values: NDArray[np.float64], header: Any) -> tuple[bool, tuple[Note, ...]]:
    """Whether rescaled `values` are Hounsfield units: by rescale type, SOP class, modality, and else by themselves.

    Spectral CT images say by their rescale type that they are none (effective atomic number, electron density); nor
    are captures of 8 bits without an intercept, such as pictures of a dose report.
    """
    unit = text_of(header, "RescaleType").upper()
    if unit in HOUNSFIELD_TYPES:
        return True, ()
    sop_class, modality = text_of(header, "SOPClassUID"), text_of(header, "Modality").upper()
    standard = sop_class.startswith(STANDARD)
    converted = not standard or sop_class == CONVERTED or sop_class.startswith(f"{CONVERTED}.")
    if unit in OTHER_UNITS:
        return False, ()
    if sop_class in CT_CLASSES:
        return True, (() if modality in {"CT", *UNTOLD} else (CONTRADICTED,))
    if not converted:
        return False, ((CONTRADICTED,) if modality == "CT" else ())
    if modality == "CT":
        holds_units = integer_of(header, "BitsStored") > 8 or "RescaleIntercept" in header
        return holds_units, (() if holds_units else (CAPTURED,))
    if modality not in UNTOLD:
        return False, ()
    low, high = float(values.min()), float(values.max())
    return (True, (GUESSED,)) if AIR[0] <= low <= AIR[1] and high >= DENSE else (False, (UNKNOWN,))


def has_intercept_fault(header: Any) -> bool:
    """Many files of the RSNA 2019 set: 12 bits stored unsigned with an intercept that is not about −1024."""
    return (
        integer_of(header, "BitsStored") == 12
        and text_of(header, "PixelRepresentation") in ("", "0")
        and number_of(header, "RescaleIntercept", 0.0) > -100
        and not value_of(header, "ModalityLUTSequence")
    )


def hounsfield(values: NDArray[Any], header: Any) -> NDArray[np.float64]:
    """Stored CT values → Hounsfield units.

    A fault that many files of the RSNA 2019 set have is mended: they hold two's complement shifted by 1000; values are
    shifted back, wrapped at 4096 and given −1000.
    """
    if has_intercept_fault(header):
        return (np.asarray(values, dtype=np.float64) + 1000) % 4096 * _slope(header) - 1000
    return rescaled(values, header)


def rescaled(values: NDArray[Any], header: Any) -> NDArray[np.float64]:
    """By the modality LUT where there is one, else by slope and intercept.

    Raises:
        UnreadableImage: a slope of zero, a damaged table, or values that are no numbers.
    """
    if table := value_of(header, "ModalityLUTSequence"):
        return looked_up(values, table[0], header).values.astype(np.float64)
    with np.errstate(over="ignore"):
        units = np.asarray(values, np.float64) * _slope(header) + number_of(header, "RescaleIntercept", 0.0)
    if not np.isfinite(units).all():
        raise UnreadableImage("its rescale slope and intercept give values that are no numbers")
    return units


def _slope(header: Any) -> float:
    slope = number_of(header, "RescaleSlope", 1.0)
    if slope == 0:
        raise UnreadableImage("its rescale slope is zero")
    return slope


@dataclass(frozen=True)
class LookedUp:
    """`values` as the table has them, at most `largest`."""

    values: NDArray[np.int64]
    largest: int


def looked_up(values: NDArray[Any], item: Any, header: Any) -> LookedUp:
    """Values below the first that the table maps become its first entry, those beyond its end its last.

    Raises:
        UnreadableImage: the table is damaged.
    """
    try:
        entries, first, bits = (int(number) for number in item.LUTDescriptor)
        table = _entries(item.LUTData, entries or 65536, bits, header)
    except MemoryError:
        raise
    except Exception:
        raise UnreadableImage("its look-up table is damaged") from None
    if first > 32767 and float(values.min()) < 0:
        first -= 65536  # signed, whatever type it is stored as
    places = np.clip(np.rint(np.asarray(values, dtype=np.float64)) - first, 0, len(table) - 1).astype(np.int64)
    return LookedUp(table[places], 2**bits - 1)


def _entries(data: Any, number: int, bits: int, header: Any) -> NDArray[np.int64]:
    """Entries of 8 bits may lie two to a word."""
    if not 1 <= bits <= 16:
        raise ValueError(bits)
    if isinstance(data, bytes):
        packed = bits <= 8 and len(data) < 2 * number
        little = header.file_meta.TransferSyntaxUID.is_little_endian
        table = np.frombuffer(data, np.uint8 if packed else ("<u2" if little else ">u2"))
    else:
        table = np.atleast_1d(np.asarray(data))
    if len(table) < number:
        raise ValueError(number)
    return table[:number].astype(np.int64)
