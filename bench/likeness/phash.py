"""Perceptual hashes (pHash): signs of low frequencies, 64 bits an image. Pure.

Bit for bit those of `imagehash.phash` of the same thumbnail, for all images at once and also for flipped ones.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.fft import dctn

from bench.likeness.thumbnail import SIDE

FLIPS = ("", "h", "v", "hv")
HASH_SIDE = 8
DCT_SIDE = 4 * HASH_SIDE
Flip = str


def coefficients(thumbs: NDArray[np.uint8], margin: float = 0.0) -> NDArray[np.float64]:
    """(n, 8, 8) lowest frequencies of (n, 48, 48) thumbnails; `margin` is the share cut off each side before."""
    box = (margin * SIDE, margin * SIDE, (1 - margin) * SIDE, (1 - margin) * SIDE) if margin else None
    size = (DCT_SIDE, DCT_SIDE)
    small = [np.asarray(Image.fromarray(thumb).resize(size, Image.Resampling.LANCZOS, box)) for thumb in thumbs]
    stacked = np.array(small, dtype=np.float64).reshape(-1, *size)
    found: NDArray[np.float64] = dctn(stacked, axes=(1, 2))[:, :HASH_SIDE, :HASH_SIDE]
    return found


def hashes(low: NDArray[np.float64], flip: Flip = "") -> NDArray[np.uint64]:
    """(n,) hashes from `coefficients`, as if the images had been flipped: odd frequencies change their sign."""
    signs = np.ones((HASH_SIDE, HASH_SIDE))
    signs[1::2] *= -1 if "v" in flip else 1
    signs[:, 1::2] *= -1 if "h" in flip else 1
    flat = (low * signs).reshape(len(low), HASH_SIDE**2)
    bits = flat > np.median(flat, axis=1, keepdims=True)
    packed: NDArray[np.uint64] = np.packbits(bits, axis=1).view(">u8").astype(np.uint64).ravel()
    return packed


def distance(a: NDArray[np.uint64], b: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """Number of bits in which hashes differ."""
    found: NDArray[np.uint8] = np.bitwise_count(a ^ b)
    return found
