"""The images of a DICOM file as upright 8-bit RGB. Reads files."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.data.dicom_header import frames_of, integer_of, number_of, read_dataset, text_of
from bench.data.unreadable import UnreadableImage, too_large
from bench.data.windows import Window, stretched, windowed


def dicom_images(
    path: Path, parts: Sequence[int], windows: Sequence[Window], max_pixels: int
) -> Iterator[NDArray[np.uint8] | UnreadableImage]:
    """The wanted frames as (height, width, 3) uint8, or why one cannot be had.

    CT values become Hounsfield units and are windowed (minimum to maximum where `windows` is empty); other grey
    images are shown by their own window, or from minimum to maximum; MONOCHROME1 is inverted; colour is kept.
    """
    try:
        dataset = read_dataset(path)
        _refuse(dataset, max_pixels)
        frames = frames_of(dataset)
    except UnreadableImage as error:
        yield from [error] * len(parts)
        return
    for part in parts:
        try:
            if part >= frames:
                raise UnreadableImage(f"it has {frames} frame(s), asked for was number {part}, counted from 0")
            yield _image(dataset, part, windows)
        except UnreadableImage as error:
            yield error


def _refuse(dataset: Any, max_pixels: int) -> None:
    if not any(name in dataset for name in ("PixelData", "FloatPixelData", "DoubleFloatPixelData")):
        if not dataset.file_meta and "SOPClassUID" not in dataset:
            raise UnreadableImage("it holds no pixel data and nothing else of a DICOM file, or is encrypted or damaged")
        raise UnreadableImage("it holds no pixel data (a report, a plan, pixels removed, or a file cut short)")
    rows, columns = integer_of(dataset, "Rows"), integer_of(dataset, "Columns")
    if rows < 1 or columns < 1:
        raise UnreadableImage("its header gives no size of the image")
    if rows * columns > max_pixels:
        raise UnreadableImage(too_large(columns, rows, max_pixels))


def _image(dataset: Any, part: int, windows: Sequence[Window]) -> NDArray[np.uint8]:
    values = _pixels(dataset, part)
    photometric = text_of(dataset, "PhotometricInterpretation")
    if values.ndim == 3:
        return _eight_bit_colour(values, integer_of(dataset, "BitsStored") or 8)
    if values.ndim != 2:
        raise UnreadableImage("its pixels are neither grey nor of three colours")
    if text_of(dataset, "Modality") == "CT" or text_of(dataset, "RescaleType") == "HU":
        units = hounsfield(values, dataset)
        return windowed(units, windows) if windows else stretched(units)
    image = _displayed(_rescaled(values, dataset), dataset)
    return 255 - image if photometric == "MONOCHROME1" else image


def _pixels(dataset: Any, part: int) -> NDArray[Any]:
    """One frame: grey (height, width) or RGB (height, width, 3), in stored units."""
    from pydicom.pixels.processing import apply_color_lut
    from pydicom.pixels.utils import pixel_array

    try:
        values = pixel_array(dataset, index=part, decoding_plugin=_codec(dataset))
        if text_of(dataset, "PhotometricInterpretation") == "PALETTE COLOR":
            values = apply_color_lut(values, dataset)
            return (values >> 8 if values.dtype == np.uint16 else values).astype(np.uint8)
    except MemoryError:
        raise
    except Exception as error:
        raise UnreadableImage(_reason(dataset, error)) from None
    if not np.isfinite(values).all():
        raise UnreadableImage("it holds values that are no numbers")
    return np.asarray(values)


def _codec(dataset: Any) -> str:
    """The faster codec of run lengths panics, with a backtrace, where they are too long; "" leaves the choice."""
    from pydicom.uid import RLELossless

    return "pydicom" if getattr(dataset.file_meta, "TransferSyntaxUID", None) == RLELossless else ""


def _reason(dataset: Any, error: Exception) -> str:
    syntax = getattr(getattr(dataset, "file_meta", None), "TransferSyntaxUID", None)
    if syntax is None:
        return "its header does not say how the pixels are stored (no transfer syntax)"
    name = syntax.name if syntax.is_transfer_syntax and not syntax.is_private else "an unknown transfer syntax"
    if isinstance(error, NotImplementedError) or "dependenc" in str(error) or "plugin" in str(error):
        return f"no installed codec decodes it ({name}): damaged, or a variant to be stored anew uncompressed"
    return f"its pixels are damaged, cut short or contradict its header ({name}; {type(error).__name__})"


def _eight_bit_colour(values: NDArray[Any], bits: int) -> NDArray[np.uint8]:
    if values.shape[-1] != 3:
        raise UnreadableImage("its pixels are neither grey nor of three colours")
    if values.dtype == np.uint8:
        return values
    image: NDArray[np.uint8] = np.rint(np.clip(values / (2**bits - 1), 0, 1) * 255).astype(np.uint8)
    return image


def hounsfield(values: NDArray[Any], dataset: Any) -> NDArray[np.float64]:
    """Stored CT values → Hounsfield units.

    A fault that many files of the RSNA 2019 set have is mended: 12 bits stored unsigned with an intercept that is
    not about −1024 hold two's complement shifted by 1000; they are shifted back, wrapped at 4096 and given −1000.
    """
    intercept = number_of(dataset, "RescaleIntercept", 0.0)
    if (
        integer_of(dataset, "BitsStored") == 12
        and text_of(dataset, "PixelRepresentation") in ("", "0")
        and intercept > -100
    ):
        return (np.asarray(values, dtype=np.float64) + 1000) % 4096 * _slope(dataset) - 1000
    return _rescaled(values, dataset)


def _rescaled(values: NDArray[Any], dataset: Any) -> NDArray[np.float64]:
    with np.errstate(over="ignore"):
        units = np.asarray(values, np.float64) * _slope(dataset) + number_of(dataset, "RescaleIntercept", 0.0)
    if not np.isfinite(units).all():
        raise UnreadableImage("its rescale slope and intercept give values that are no numbers")
    return units


def _slope(dataset: Any) -> float:
    slope = number_of(dataset, "RescaleSlope", 1.0)
    if slope == 0:
        raise UnreadableImage("its rescale slope is zero")
    return slope


def _displayed(values: NDArray[np.float64], dataset: Any) -> NDArray[np.uint8]:
    """By the file's own linear window, or from minimum to maximum."""
    try:
        level, width = number_of(dataset, "WindowCenter", math.nan), number_of(dataset, "WindowWidth", math.nan)
    except UnreadableImage:
        return stretched(values)
    return windowed(values, [Window(level, width)]) if math.isfinite(level) and width > 1 else stretched(values)
