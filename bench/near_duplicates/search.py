"""Finds copies among many images: hashes propose pairs, a comparison of pixels confirms them. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.near_duplicates.hashes import Integers
from bench.near_duplicates.proposals import CALIBRATED, Thresholds, flipped, propose
from bench.near_duplicates.similarity import blur_for, laid_on, least_local_correlation
from bench.near_duplicates.thumbnail import SIDE, Floats, resized

VERSION = 2  # raised when other pairs would be found
BLANK_SD = 2.0  # grey values
CHUNK = 512  # pairs
BLOCK = 4096  # images


@dataclass(frozen=True, slots=True)
class NearDuplicate:
    """Two rows that show one image; `first` < `second`.

    `score` is the confirming statistic; `flip` says how the second must be flipped to match the first (h mirrored,
    v upside down, hv both, "" not); `aligned` tells that it had to be laid on the first.
    """

    first: int
    second: int
    score: float
    flip: str
    aligned: bool


def is_blank(thumbs: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """(n,) whether (n, 48, 48) thumbnails have almost one grey value."""
    found = np.empty(len(thumbs), dtype=np.bool_)
    for start in range(0, len(thumbs), BLOCK):  # of all at once, grey values as floats would fill the memory
        part = thumbs[start : start + BLOCK]
        found[start : start + BLOCK] = part.reshape(len(part), -1).std(1) < BLANK_SD
    return found


def numbered(names: Iterable[str | None]) -> Integers:
    """(n,) a number for each name, as `find_copies` takes groups: 0, 1, … as they first appear, −1 for None."""
    numbers: dict[str, int] = {}
    return np.array([-1 if name is None else numbers.setdefault(name, len(numbers)) for name in names], dtype=np.int64)


def find_copies(
    thumbs: NDArray[np.uint8],
    sides: Integers,
    groups: Integers,
    same: Integers | None = None,
    *,
    least: Thresholds = CALIBRATED,
) -> list[NearDuplicate]:
    """Pairs of copies among (n, 48, 48) thumbnails, sorted.

    `sides` (n,) are the originals' smaller sides in pixels; `groups` (n,) number the patients, −1 for none: pairs of
    one patient are not looked at. Nor are pairs with one code ≥ 0 in `same`, which are known to be identical. Blank
    images are left out. Memory stays bounded; time grows with the number of pairs whose hashes are near.
    """
    best: dict[tuple[int, int], NearDuplicate] = {}
    rows = np.flatnonzero(~is_blank(thumbs)) if len(thumbs) else np.empty(0, dtype=np.int64)
    chosen, extents = thumbs[rows], sides[rows]
    for pairs in propose(chosen, groups[rows], None if same is None else same[rows], least):
        for place in range(0, len(pairs.first), CHUNK):
            a, b = pairs.first[place : place + CHUNK], pairs.second[place : place + CHUNK]
            smaller = np.minimum(extents[a], extents[b])
            one, other = resized(chosen[a], SIDE, pairs.crop), flipped(chosen[b], pairs.flip).astype(np.float32)
            for number, score, aligned in _confirm(one, other, smaller, least):
                first, second = sorted((int(rows[a[number]]), int(rows[b[number]])))
                known = best.get((first, second))
                if known is None or score > known.score:
                    best[first, second] = NearDuplicate(first, second, score, pairs.flip, aligned)
    return [best[key] for key in sorted(best)]


def _confirm(a: Floats, b: Floats, sides: Integers, least: Thresholds) -> Iterator[tuple[int, float, bool]]:
    """(number, score, whether only after alignment) of the pairs that are copies."""
    plain = correlations(a, b, sides)
    for number in np.flatnonzero(plain >= least.unaligned):
        yield int(number), float(plain[number]), False
    left = np.flatnonzero((plain < least.unaligned) & (plain >= least.worth_aligning))
    if len(left):
        aligned = least_local_correlation(a[left], laid_on(a[left], b[left]))
        for number, score in zip(left, aligned, strict=True):
            if score >= least.aligned:
                yield int(number), float(score), True


def correlations(a: Floats, b: Floats, sides: Integers) -> NDArray[np.float64]:
    """(n,) least local correlations of pairs, blurred as the smaller original (`sides`, in pixels) asks for."""
    sigma, found = blur_for(sides), np.empty(len(a))
    for blur in np.unique(sigma):
        chosen = sigma == blur
        found[chosen] = least_local_correlation(a[chosen], b[chosen], float(blur))
    return found
