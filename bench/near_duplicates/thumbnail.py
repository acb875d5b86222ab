"""The small grey picture by which images are compared, at any size, and without what may be cut off a copy. Pure."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 48
AT_ONCE = 2048  # images
Floats = NDArray[np.float32]
Crop = tuple[float, float, float, float]
"""Shares cut off the left, the top, the right and the bottom."""
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


def thumbnail(image: Image.Image) -> NDArray[np.uint8]:
    """(48, 48) uint8: the upright original in grey, squeezed to a square, so that its shape does not matter."""
    return np.asarray(image.convert("L").resize((SIDE, SIDE), Image.Resampling.BILINEAR))


@lru_cache(maxsize=64)
def resampling(near: float, far: float, side: int, how: Image.Resampling) -> Floats:
    """(side, 48): how Pillow makes `side` pixels of a line of 48 without the shares `near` and `far` of its ends."""
    lines = Image.fromarray(np.eye(SIDE, dtype=np.float32))
    box = (near * SIDE, 0, (1 - far) * SIDE, SIDE)
    return np.ascontiguousarray(np.asarray(lines.resize((side, SIDE), how, box)).T)


def mapped(thumbs: NDArray[np.generic], down: Floats, across: Floats) -> Floats:
    """(n, height, width): `down` (height, 48) · thumbnail · `across`ᵀ (48, width) for each of (n, 48, 48)."""
    found = np.empty((len(thumbs), len(down), len(across)), dtype=np.float32)
    for start in range(0, len(thumbs), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        lines = thumbs[part].astype(np.float32).reshape(-1, SIDE) @ across.T
        np.matmul(down, lines.reshape(-1, SIDE, len(across)), out=found[part])
    return found


def resized(thumbs: NDArray[np.generic], side: int, crop: Crop = WHOLE) -> Floats:
    """(n, side, side) of (n, 48, 48) thumbnails of which `crop` is cut off."""
    left, top, right, bottom = crop
    down, across = (resampling(*ends, side, Image.Resampling.BILINEAR) for ends in ((top, bottom), (left, right)))
    return mapped(thumbs, down, across)
