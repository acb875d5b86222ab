"""What may have been cut off a copy, and thumbnails without it at any size. Pure."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.likeness.thumbnail import SIDE

Crop = tuple[float, float, float, float]
"""Shares cut off the left, the top, the right and the bottom."""

Floats = NDArray[np.float32]
WHOLE: Crop = (0.0, 0.0, 0.0, 0.0)
CROPS: tuple[Crop, ...] = (
    WHOLE,
    (0.01, 0.01, 0.01, 0.01),
    (0.02, 0.02, 0.02, 0.02),
    (0.02, 0.02, 0.0, 0.0),
    (0.0, 0.02, 0.02, 0.0),
    (0.02, 0.0, 0.0, 0.02),
    (0.0, 0.0, 0.02, 0.02),
)


LANCZOS, BILINEAR = Image.Resampling.LANCZOS, Image.Resampling.BILINEAR


@lru_cache(maxsize=64)
def _resampling(near: float, far: float, side: int, how: Image.Resampling) -> Floats:
    """(side, 48): how Pillow makes `side` pixels of a line of 48 without the shares `near` and `far` of its ends."""
    lines = Image.fromarray(np.eye(SIDE, dtype=np.float32))
    box = (near * SIDE, 0, (1 - far) * SIDE, SIDE)
    return np.ascontiguousarray(np.asarray(lines.resize((side, SIDE), how, box)).T)


def resized(thumbs: NDArray[np.generic], side: int, crop: Crop = WHOLE, how: Image.Resampling = BILINEAR) -> Floats:
    """(n, side, side) of (n, 48, 48) thumbnails of which `crop` is cut off."""
    left, top, right, bottom = crop
    down, across = _resampling(top, bottom, side, how), _resampling(left, right, side, how)
    found: Floats = down @ thumbs.astype(np.float32) @ across.T
    return found
