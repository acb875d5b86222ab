"""NIfTI volumes: axial slices as upright 8-bit RGB, in radiological orientation. Reads files."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.data.unreadable import UnreadableImage, too_large
from bench.data.windows import Window, stretched, windowed
from bench.errors import RequestError

RIGHT, ANTERIOR, SUPERIOR = 0, 1, 2


def require_nibabel() -> None:
    """Raise `RequestError` where the extra is not installed; keep nibabel from logging header faults."""
    try:
        import nibabel
    except ImportError:
        raise RequestError("NIfTI volumes need an extra package: pip install 'gapbench[nifti]'.") from None
    nibabel.imageglobals.logger.setLevel("CRITICAL")


def number_of_slices(path: Path) -> int:
    """How many axial slices the volume has.

    Raises:
        UnreadableImage: no volume of one time point, or no orientation.
    """
    volume = _load(path)
    return int(volume.shape[axial_axis(volume)])


def _load(path: Path) -> Any:
    require_nibabel()
    import nibabel

    try:
        volume: Any = nibabel.load(path)
    except MemoryError:
        raise
    except Exception:
        raise UnreadableImage("it is no NIfTI volume, or its header is damaged") from None
    shape = volume.shape
    if len(shape) < 3 or any(extent != 1 for extent in shape[3:]):
        raise UnreadableImage(f"its shape {'×'.join(map(str, shape))} is not that of one volume")
    if volume.get_data_dtype().fields or volume.get_data_dtype().kind not in "iuf":
        raise UnreadableImage("its voxels are not plain numbers")
    return volume


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
) -> Iterator[NDArray[np.uint8] | UnreadableImage]:
    """The wanted axial slices as (height, width, 3) uint8, or why one cannot be had.

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
            yield windowed(values, windows) if windows else stretched(values)


def slice_values(path: Path, parts: Sequence[int], max_pixels: int) -> Iterator[NDArray[np.float64]]:
    """Axial slices in the file's units, in stored order of numbers: front of the head up, its right on the left.

    Raises:
        UnreadableImage: no such volume or slice, or its data are cut short.
    """
    volume = _load(path)
    axes = _axes(volume)
    axial = axes.index(SUPERIOR)
    width, height = volume.shape[axes.index(RIGHT)], volume.shape[axes.index(ANTERIOR)]
    if width * height > max_pixels:
        raise UnreadableImage(too_large(width, height, max_pixels))
    if any(part >= volume.shape[axial] for part in parts):
        raise UnreadableImage(f"it has {volume.shape[axial]} slices, asked for was number {max(parts)}, from 0")
    try:
        stored = np.asarray(volume.dataobj.get_unscaled())
    except MemoryError:
        raise
    except Exception:
        raise UnreadableImage("its data are cut short or damaged") from None
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
