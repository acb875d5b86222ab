"""NIfTI files: opened by what they hold, refused where they hold less than they say. Reads files."""

import gzip
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.data.kinds import GZIP
from bench.data.unreadable import UnreadableImage
from bench.errors import RequestError

DENSEST = 1032  # gzip packs at most so many bytes into one
CHUNK = 1 << 20  # bytes
CUT = "its data are cut short or damaged"


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
