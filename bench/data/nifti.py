"""NIfTI volumes: axial slices as upright 8-bit RGB, in radiological orientation. Reads files."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.data.nifti_file import opened_volume, stored_voxels
from bench.data.reading import Note, Reading, Shown
from bench.data.unreadable import UnreadableImage, too_large
from bench.data.windows import CT, CT_STRETCHED, Window, stretched, windowed

RIGHT, ANTERIOR, SUPERIOR = 0, 1, 2
BRIGHT, DENSER_THAN_BLOOD = 75, 200  # percentile, Hounsfield units
NO_CT = (
    Note(
        "doubtful",
        "slice(s) of volumes that hold no Hounsfield units by their values and are windowed as if they did",
        "Give --windows none where they are no CT.",
    ),
)
MOST_SLICES = 10  # a volume is held in memory whole: it may have so many times the pixels of the largest slice


def number_of_slices(path: Path) -> int:
    """How many axial slices the volume has.

    Raises:
        UnreadableImage: as `opened_volume`, or no orientation.
    """
    with opened_volume(path) as (volume, _):
        return int(volume.shape[axial_axis(volume)])


def axial_axis(volume: Any) -> int:
    """The voxel axis that runs most nearly from foot to head, by the affine."""
    return _axes(volume).index(SUPERIOR)


def _axes(volume: Any) -> list[int]:
    try:
        axes = [axis for axis, _ in _orientation(volume)]
    except np.linalg.LinAlgError:
        axes = [np.nan]
    if sorted(axes) != [RIGHT, ANTERIOR, SUPERIOR]:
        raise UnreadableImage("its header gives no orientation")
    return [int(axis) for axis in axes]


def _orientation(volume: Any) -> NDArray[np.float64]:
    """For each voxel axis the anatomical axis it runs along, and 1 or −1 for the direction."""
    from nibabel.orientations import io_orientation

    axes: NDArray[np.float64] = io_orientation(volume.affine)  # type: ignore[no-untyped-call]
    return axes


def nifti_images(
    path: Path, parts: Sequence[int], windows: Sequence[Window], max_pixels: int
) -> Iterator[Shown | UnreadableImage]:
    """The wanted axial slices as RGB, or why one cannot be had.

    Values are taken for Hounsfield units and windowed; minimum to maximum of the slice where `windows` is empty.
    """
    try:
        slices = slice_values(path, parts, max_pixels)
    except UnreadableImage as error:
        yield from [error] * len(parts)
        return
    for values in slices:
        if not np.isfinite(values).all():
            yield UnreadableImage("it holds values that are no numbers")
        else:
            image, way = (windowed(values, windows), CT) if windows else (stretched(values), CT_STRETCHED)
            yield Shown(Image.fromarray(image), Reading(way, NO_CT if windows and _no_hounsfield(values) else ()))


def _no_hounsfield(values: NDArray[np.float64]) -> bool:
    """Nothing is darker than water and much is denser than blood: an MR image, or CT without its intercept."""
    return bool(values.min() >= 0 and np.percentile(values, BRIGHT) > DENSER_THAN_BLOOD)


def slice_values(path: Path, parts: Sequence[int], max_pixels: int) -> Iterator[NDArray[np.float64]]:
    """Axial slices in the file's units, in stored order of numbers: front of the head up, its right on the left.

    Raises:
        UnreadableImage: no such volume or slice, or its data are cut short.
    """
    with opened_volume(path) as (volume, file):
        axes = _axes(volume)
        axial = axes.index(SUPERIOR)
        width, height = volume.shape[axes.index(RIGHT)], volume.shape[axes.index(ANTERIOR)]
        if width * height > max_pixels:
            raise UnreadableImage(too_large(width, height, max_pixels))
        if math.prod(volume.shape) > max_pixels * MOST_SLICES:
            size = f"{width}×{height}×{volume.shape[axial]} voxels are more than {max_pixels * MOST_SLICES:,}"
            raise UnreadableImage(f"{size}; raise --max-pixels where that is meant")
        if any(part >= volume.shape[axial] for part in parts):
            raise UnreadableImage(f"it has {volume.shape[axial]} slices, asked for was number {max(parts)}, from 0")
        stored = stored_voxels(volume, file)
    slope, intercept = volume.dataobj.slope, volume.dataobj.inter
    return (_upright(stored.take(part, axial).astype(np.float64) * slope + intercept, volume, axial) for part in parts)


def _upright(values: NDArray[np.float64], volume: Any, axial: int) -> NDArray[np.float64]:
    """(height, width) from a slice whose two axes are what the volume has left."""
    values = values.reshape(values.shape[:2])
    left = [axis for number, axis in enumerate(_orientation(volume)) if number != axial]
    if left[0][0] == RIGHT:
        values, left = values.T, left[::-1]
    (_, anterior_grows), (_, right_grows) = left
    return values[:: -1 if anterior_grows > 0 else 1, :: -1 if right_grows > 0 else 1]
