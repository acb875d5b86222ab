"""The images of a DICOM file as upright 8-bit RGB. Reads files."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.data.dicom.display import contrast, displayed, padding_of
from bench.data.dicom.header import (
    frames_of,
    header_of_frame,
    integer_of,
    pixel_bytes,
    read_dataset,
    syntax_of,
    text_of,
    value_of,
)
from bench.data.dicom.values import MENDED, are_hounsfield, has_intercept_fault, hounsfield, rescaled
from bench.data.reading import Reading, Shown, UnreadableImage, too_large
from bench.data.windows import CT, CT_STRETCHED, Window, windowed

COLOUR = "colour of a DICOM file"


def dicom_images(
    path: Path, parts: Sequence[int], windows: Sequence[Window], max_pixels: int
) -> Iterator[Shown | UnreadableImage]:
    """The wanted frames as RGB, or why one cannot be had.

    CT values become Hounsfield units and are windowed (minimum to maximum where `windows` is empty); other grey
    images are shown by their own VOI LUT or window, or from minimum to maximum; MONOCHROME1 is inverted; colour is
    kept. What functional groups say of a frame counts.
    """
    try:
        dataset = read_dataset(path, max_pixels)
        _refuse(dataset, max_pixels)
        frames = frames_of(dataset)
        there = _frames_there(dataset, frames)
    except UnreadableImage as error:
        yield from [error] * len(parts)
        return
    for part in parts:
        try:
            if part >= frames:
                raise UnreadableImage(f"it has {frames} frame(s), asked for was number {part}, counted from 0")
            if part >= there:
                raise UnreadableImage(_reason(dataset, ValueError()))
            image, reading = _image(dataset, part, windows)
            yield Shown(Image.fromarray(image), reading)
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


def _frames_there(dataset: Any, frames: int) -> int:
    """At most how many of its `frames` a file can hold: asking a codec for each of 100,000 more takes minutes."""
    from pydicom.encaps import parse_fragments

    syntax = syntax_of(dataset)
    pixels = value_of(dataset, "PixelData")
    if frames == 1 or not pixels or syntax is None or not syntax.is_transfer_syntax or syntax.is_private:
        return frames
    try:
        if syntax.is_encapsulated:
            return min(frames, int(parse_fragments(pixels)[0]))
    except Exception:  # its codec will say what is wrong
        return frames
    wanted = pixel_bytes(dataset)
    if text_of(dataset, "PhotometricInterpretation") == "YBR_FULL_422":
        wanted = wanted * 2 // 3
    return frames if len(pixels) >= wanted else 0


def _image(dataset: Any, part: int, windows: Sequence[Window]) -> tuple[NDArray[np.uint8], Reading]:
    stored = _pixels(dataset, part)
    if stored.ndim == 3 and stored.shape[-1] == 3:
        return _eight_bit_colour(stored, integer_of(dataset, "BitsStored") or 8), Reading(COLOUR)
    if stored.ndim != 2:
        raise UnreadableImage("its pixels are neither grey nor of three colours")
    header = header_of_frame(dataset, part)
    values, padding = rescaled(stored, header), padding_of(stored, header)
    is_ct, notes = are_hounsfield(values, header)
    if not is_ct:
        image, reading = displayed(values, header, padding)
        return image, Reading(reading.way, notes + reading.notes)
    if has_intercept_fault(header):
        values, notes = hounsfield(stored, header), (*notes, MENDED)
    return (
        (windowed(values, windows), Reading(CT, notes))
        if windows
        else contrast(values, padding, way=CT_STRETCHED, notes=notes)
    )


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

    return "pydicom" if syntax_of(dataset) == RLELossless else ""


def _reason(dataset: Any, error: Exception) -> str:
    syntax = syntax_of(dataset)
    if syntax is None:
        return "its header does not say how the pixels are stored (no transfer syntax)"
    name = syntax.name if syntax.is_transfer_syntax and not syntax.is_private else "an unknown transfer syntax"
    if isinstance(error, NotImplementedError) or "dependenc" in str(error) or "plugin" in str(error):
        return f"no installed codec decodes it ({name}): damaged, or a variant to be stored anew uncompressed"
    return f"its pixels are damaged, cut short or contradict its header ({name}; {type(error).__name__})"


def _eight_bit_colour(values: NDArray[Any], bits: int) -> NDArray[np.uint8]:
    if values.dtype == np.uint8:
        return values
    image: NDArray[np.uint8] = np.rint(np.clip(values / (2**bits - 1), 0, 1) * 255).astype(np.uint8)
    return image
