"""Perceptual hashes (pHash) of 64 bits, signs of low frequencies, and which of many are near each other. Pure.

Those of `imagehash.phash` of the same thumbnail but for bits on the edge, which rounding turns over; for all images
at once and also for cropped and flipped ones. Near ones are found without comparing all pairs by multi-index hashing
(Norouzi, Punjani and Fleet, 2012, arXiv 1307.2982): hashes within distance t agree in one of four bands of 16 bits up
to t // 4 bits; so each band is looked up with all values that close.
"""

from collections.abc import Iterator
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.fft import dct

from bench.near_duplicates.thumbnail import WHOLE, Crop, mapped, resampling

FLIPS = ("", "h", "v", "hv")
HASH_SIDE = 8
DCT_SIDE = 4 * HASH_SIDE
BANDS, BAND_BITS = 4, 16
BLOCK = 8192  # queries
AT_ONCE = 2**20  # look-ups
Integers = NDArray[np.int64]


def coefficients(thumbs: NDArray[np.uint8], crop: Crop = WHOLE) -> NDArray[np.float32]:
    """(n, 8, 8) lowest frequencies of (n, 48, 48) thumbnails of which `crop` is cut off before."""
    left, top, right, bottom = crop
    waves = dct(np.eye(DCT_SIDE, dtype=np.float32), axis=0)[:HASH_SIDE]
    down, across = (
        waves @ resampling(*ends, DCT_SIDE, Image.Resampling.LANCZOS) for ends in ((top, bottom), (left, right))
    )
    return mapped(thumbs, down, across)


def hashes(low: NDArray[np.floating], flip: str = "") -> NDArray[np.uint64]:
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


class HashIndex:
    """Looks up which of `hashes` (n,) lie near others; holds 8 bytes a band and hash."""

    def __init__(self, hashes: NDArray[np.uint64]) -> None:
        self._hashes = hashes
        self._bands = []
        for band in range(BANDS):
            values = _band(hashes, band)
            starts = np.zeros(2**BAND_BITS + 1, dtype=np.int64)
            np.cumsum(np.bincount(values, minlength=2**BAND_BITS), out=starts[1:])
            self._bands.append((np.argsort(values, kind="stable"), starts))

    def near(self, queries: NDArray[np.uint64], most: int, radius: int) -> Iterator[tuple[Integers, Integers]]:
        """Pairs (number of the query, number of the hash) within `most` bits, in blocks of queries, each pair once.

        Complete where `most` < 4 (`radius` + 1); a pair farther apart is found where one of its bands differs in at
        most `radius` bits.
        """
        for start in range(0, len(queries), BLOCK):
            block = queries[start : start + BLOCK]
            found = [part for band in range(BANDS) for part in self._look_up(block, band, most, radius)]
            keys = np.unique(np.concatenate(found)) if found else np.empty(0, dtype=np.int64)
            rows, columns = np.divmod(keys, len(self._hashes))
            yield rows + start, columns

    def _look_up(self, block: NDArray[np.uint64], band: int, most: int, radius: int) -> Iterator[Integers]:
        order, starts = self._bands[band]
        masks = _masks(radius)
        for part in np.array_split(masks, -(-len(masks) * len(block) // AT_ONCE)):
            probe = (_band(block, band)[:, None] ^ part).ravel()
            first = starts[probe]
            count = starts[probe + 1] - first
            hit = np.flatnonzero(count)
            first, count = first[hit], count[hit]
            rows = np.repeat(hit // len(part), count)
            within = np.arange(len(rows)) - np.repeat(np.cumsum(count) - count, count)
            columns = order[np.repeat(first, count) + within]
            near = distance(block[rows], self._hashes[columns]) <= most
            yield rows[near] * len(self._hashes) + columns[near]


def _band(hashes: NDArray[np.uint64], band: int) -> Integers:
    return ((hashes >> np.uint64(BAND_BITS * band)) & np.uint64(2**BAND_BITS - 1)).astype(np.int64)


def _masks(radius: int) -> Integers:
    """All values of a band with at most `radius` bits set."""
    chosen = [bits for size in range(radius + 1) for bits in combinations(range(BAND_BITS), size)]
    return np.array([sum(1 << bit for bit in bits) for bits in chosen], dtype=np.int64)
