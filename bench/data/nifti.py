"""NIfTI volumes: axial slices as upright 8-bit RGB, in radiological orientation. Reads files.

Files are opened by what they hold, and refused where they hold less than they say.
"""

import gzip
import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.data.kinds import GZIP
from bench.data.reading import Note, Reading, Shown, UnreadableImage, too_large
from bench.data.windows import CT, CT_STRETCHED, Window, stretched, windowed
from bench.errors import RequestError

RIGHT, ANTERIOR, SUPERIOR = 0, 1, 2
BRIGHT, DENSER_THAN_BLOOD = 75, 200  # percentile, Hounsfield units
NO_CT = (
    Note(
        "doubtful",
        "slice(s) of volumes that hold no Hounsfield units by their values and are windowed as if they did",
        "Give --windows none where they are no CT.",
    ),
)
DENSEST = 1032  # gzip packs at most so many bytes into one
CHUNK = 1 << 20  # bytes
CUT = "its data are cut short or damaged"
MOST_OF_A_FILE = 100_000  # slices; each becomes a case before anything of it is read
MOST_SLICES = 10  # a volume is held in memory whole: it may have so many times the pixels of the largest slice


def number_of_slices(path: Path) -> int:
    """How many axial slices the volume has.

    Raises:
        UnreadableImage: as `opened_volume`, no orientation, or more than any head has.
    """
    with opened_volume(path) as (volume, _):
        return _shape(volume, _orientation(volume))[SUPERIOR]


def _orientation(volume: Any) -> NDArray[np.float64]:
    """For each voxel axis the anatomical axis that it runs along most nearly, and 1 or −1 for the way."""
    from nibabel.orientations import io_orientation

    try:
        orientation: NDArray[np.float64] = io_orientation(volume.affine)
    except np.linalg.LinAlgError:
        orientation = np.full((3, 2), np.nan)
    if sorted(orientation[:, 0]) != [RIGHT, ANTERIOR, SUPERIOR]:
        raise UnreadableImage("its header gives no orientation")
    return orientation


def _shape(volume: Any, orientation: NDArray[np.float64]) -> list[int]:
    """Width, height and number of axial slices."""
    found = [int(volume.shape[axis]) for axis in np.argsort(orientation[:, 0])]
    if found[SUPERIOR] > MOST_OF_A_FILE:
        raise UnreadableImage(f"it has {found[SUPERIOR]:,} slices, more than {MOST_OF_A_FILE:,}")
    return found


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
        from nibabel.orientations import apply_orientation

        orientation = _orientation(volume)
        width, height, number = _shape(volume, orientation)
        if width * height > max_pixels:
            raise UnreadableImage(too_large(width, height, max_pixels))
        if math.prod(volume.shape) > max_pixels * MOST_SLICES:
            size = f"{width}×{height}×{number} voxels are more than {max_pixels * MOST_SLICES:,}"
            raise UnreadableImage(f"{size}; raise --max-pixels where that is meant")
        if any(part >= number for part in parts):
            raise UnreadableImage(f"it has {number} slices, asked for was number {max(parts)}, from 0")
        stored = stored_voxels(volume, file)
    orientation[orientation[:, 0] == SUPERIOR, 1] = 1  # slices stay in their stored order
    voxels = apply_orientation(stored.reshape(stored.shape[:3]), orientation)
    upright = voxels.T[:, ::-1, ::-1]  # (number, height, width)
    slope, intercept = volume.dataobj.slope, volume.dataobj.inter
    return (upright[part].astype(np.float64) * slope + intercept for part in parts)


def require_nibabel() -> None:
    """Raise `RequestError` where the extra is not installed; keep nibabel from logging header faults."""
    try:
        import nibabel
    except ImportError:
        raise RequestError("NIfTI volumes need an extra package: pip install 'gapbench[nifti]'.") from None
    nibabel.imageglobals.logger.setLevel("CRITICAL")


@contextmanager
def opened_volume(path: Path) -> Iterator[tuple[Any, Any]]:
    """The volume, and the open file that its voxels are read from: unpacked where it is packed, whatever its name says.

    Raises:
        UnreadableImage: no volume of one time point, voxels that are no plain numbers, or fewer than the header says.
    """
    require_nibabel()
    try:
        file: Any = path.open("rb")
    except OSError as error:
        raise UnreadableImage(f"it may not be read ({error.strerror})") from None
    with file:
        packed = file.read(len(GZIP)) == GZIP
        file.seek(0)
        size = os.fstat(file.fileno()).st_size * (DENSEST if packed else 1)
        unpacked = gzip.GzipFile(fileobj=file) if packed else file
        volume = _volume(unpacked)
        if volume.dataobj.offset + math.prod(volume.shape) * volume.get_data_dtype().itemsize > size:
            raise UnreadableImage(CUT)
        yield volume, unpacked


def _volume(file: Any) -> Any:
    import nibabel

    try:
        second = file.read(8)[4:] == b"n+2\0"
        file.seek(0)
        volume: Any = (nibabel.Nifti2Image if second else nibabel.Nifti1Image).from_stream(file)
    except MemoryError:
        raise
    except Exception:
        raise UnreadableImage(
            "it is no NIfTI volume, whatever its name says, or it is encrypted, cut short or damaged"
        ) from None
    shape = volume.shape
    if len(shape) < 3 or min(shape) < 1 or any(extent != 1 for extent in shape[3:]):
        raise UnreadableImage(f"its shape {'×'.join(map(str, shape))} is not that of one volume")
    if volume.get_data_dtype().fields or volume.get_data_dtype().kind not in "iuf":
        raise UnreadableImage("its voxels are not plain numbers")
    return volume


def stored_voxels(volume: Any, file: Any) -> NDArray[Any]:
    """The voxels of an opened volume before slope and intercept; a packed file is read to its checksum.

    Raises:
        UnreadableImage: they are cut short or damaged.
    """
    try:
        stored = np.asarray(volume.dataobj.get_unscaled())
        while isinstance(file, gzip.GzipFile) and file.read(CHUNK):
            pass
    except MemoryError:
        raise
    except Exception:
        raise UnreadableImage(CUT) from None
    return stored
