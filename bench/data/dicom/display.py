"""How grey DICOM images that are no CT are shown: by their own table or window, or from minimum to maximum. Pure."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.data.dicom.header import integer_of, number_of, text_of, value_of
from bench.data.dicom.values import looked_up
from bench.data.reading import Note, Reading, UnreadableImage
from bench.data.windows import stretched, three_channels

FUNCTIONS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")
BY_TABLE = "by the file's own VOI LUT"
BY_WINDOW = "by the file's own window"
STRETCHED = "from minimum to maximum"
PADDED = Note("changed", "image(s) without a window whose padding is left out of their contrast and shown black")
BAD_WINDOW = Note("doubtful", "image(s) whose own window cannot be used: shown from minimum to maximum")
Shares = NDArray[np.float64]


def displayed(
    values: NDArray[np.float64], header: Any, padding: NDArray[np.bool_] | None
) -> tuple[NDArray[np.uint8], Reading]:
    """(height, width) rescaled values → (height, width, 3) uint8: as pydicom's `apply_voi_lut`, scaled to 8 bits."""
    inverted = text_of(header, "PhotometricInterpretation") == "MONOCHROME1"
    if table := value_of(header, "VOILUTSequence"):
        found = looked_up(values, table[0], header)
        image, way = three_channels(found.values / found.largest), BY_TABLE
    else:
        shares, notes = _through_window(values, header)
        if shares is None:
            return contrast(values, padding, inverted=inverted, notes=notes)
        image, way = three_channels(shares), BY_WINDOW
    return 255 - image if inverted else image, Reading(way)


def contrast(
    values: NDArray[np.float64],
    padding: NDArray[np.bool_] | None,
    *,
    way: str = STRETCHED,
    inverted: bool = False,
    notes: tuple[Note, ...] = (),
) -> tuple[NDArray[np.uint8], Reading]:
    """From minimum to maximum of what is no padding, which is black."""
    if padding is None or not padding.any():
        image = stretched(values)
        return 255 - image if inverted else image, Reading(way, notes)
    kept = ~padding
    image = np.zeros((*values.shape, 3), np.uint8)
    if kept.any():
        image[kept] = stretched(values[kept][None])[0]
        image[kept] = 255 - image[kept] if inverted else image[kept]
    return image, Reading(way, (*notes, PADDED))


def padding_of(stored: NDArray[Any], header: Any) -> NDArray[np.bool_] | None:
    """Where stored values are padding (PixelPaddingValue, to PixelPaddingRangeLimit), None where none is declared."""
    name = "PixelPaddingValue" if stored.dtype.kind in "iu" else "FloatPixelPaddingValue"
    limit = name.replace("Value", "RangeLimit")
    try:
        first = number_of(header, name, math.nan)
        last = number_of(header, limit, first)
    except UnreadableImage:
        return None
    if math.isnan(first):
        return None
    if stored.dtype.kind in "iu":
        first, last = (_as_stored(number, header) for number in (first, last))
    padding: NDArray[np.bool_] = (stored >= min(first, last)) & (stored <= max(first, last))
    return padding


def _as_stored(value: float, header: Any) -> int:
    """Signed where pixels are and unsigned where they are: the tag is often of the other type."""
    extent = 1 << (integer_of(header, "BitsAllocated") or 16)
    signed = text_of(header, "PixelRepresentation") == "1"
    return (int(value) + extent // 2) % extent - extent // 2 if signed else int(value) % extent


def _through_window(values: NDArray[np.float64], header: Any) -> tuple[Shares | None, tuple[Note, ...]]:
    """From 0 for black to 1 for white, PS3.3 C.11.2.1.2 and C.11.2.1.3; None where there is no window."""
    try:
        level, width = number_of(header, "WindowCenter", math.nan), number_of(header, "WindowWidth", math.nan)
    except UnreadableImage:
        return None, (BAD_WINDOW,)
    if math.isnan(level) or math.isnan(width):
        return None, ()
    function = text_of(header, "VOILUTFunction").upper() or "LINEAR"
    if function not in FUNCTIONS or width <= 0 or (function == "LINEAR" and width < 1):
        return None, (BAD_WINDOW,)
    if function == "SIGMOID":
        with np.errstate(over="ignore"):
            return 1 / (1 + np.exp(-4 * (values - level) / width)), ()
    if function == "LINEAR_EXACT":
        return (values - level) / width + 0.5, ()
    level, width = level - 0.5, width - 1
    if width == 0:
        return (values > level).astype(np.float64), ()
    return (values - level) / width + 0.5, ()
