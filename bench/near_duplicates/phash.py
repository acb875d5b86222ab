"""Perceptual hashes (pHash): signs of low frequencies, 64 bits an image. Pure.

Those of `imagehash.phash` of the same thumbnail but for bits on the edge, which rounding turns over; for all images
at once and also for cropped and flipped ones.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.fft import dct

from bench.near_duplicates.crops import WHOLE, Crop, mapped, resampling

FLIPS = ("", "h", "v", "hv")
HASH_SIDE = 8
DCT_SIDE = 4 * HASH_SIDE
Flip = str


def coefficients(thumbs: NDArray[np.uint8], crop: Crop = WHOLE) -> NDArray[np.float32]:
    """(n, 8, 8) lowest frequencies of (n, 48, 48) thumbnails of which `crop` is cut off before."""
    left, top, right, bottom = crop
    waves = dct(np.eye(DCT_SIDE, dtype=np.float32), axis=0)[:HASH_SIDE]
    down, across = (
        waves @ resampling(*ends, DCT_SIDE, Image.Resampling.LANCZOS) for ends in ((top, bottom), (left, right))
    )
    return mapped(thumbs, down, across)


def hashes(low: NDArray[np.floating], flip: Flip = "") -> NDArray[np.uint64]:
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
