"""Pairs of hashes that differ in few bits, found without comparing all pairs. Pure.

Multi-index hashing (Norouzi, Punjani and Fleet, 2012, arXiv 1307.2982): hashes of 64 bits within distance t agree in
one of four bands of 16 bits up to t // 4 bits; so each band is looked up with all values that close.
"""

from collections.abc import Iterator
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from bench.near_duplicates.phash import distance

BANDS, BAND_BITS = 4, 16
BLOCK = 8192  # queries
AT_ONCE = 2**20  # look-ups
Integers = NDArray[np.int64]


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
