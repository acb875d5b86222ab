"""Finds copies among many images: hashes propose pairs, a comparison of pixels confirms them. Pure.

benchmarks/near_duplicates.py measures what the thresholds below catch and what they let through.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.likeness.alignment import laid_on
from bench.likeness.candidates import HashIndex, Integers
from bench.likeness.phash import FLIPS, coefficients, hashes
from bench.likeness.similarity import blur_for, least_local_correlation
from bench.likeness.tangent import Floats, farthest_from_plane, planes, share_in_plane, small, standardised

VERSION = 1  # raised when other pairs would be found
MOST_BITS, RADIUS = 11, 2
MARGINS = (0.0, 0.01, 0.02)  # hashes are also taken as if this share had been cut off each side
SIDES = (16, 24)  # pixels of the two quick tests
LEAST_IN_PLANE, MOST_OUTSIDE = 0.98, 0.32
LEAST_UNALIGNED, LEAST_ALIGNED = 0.98, 0.982
BLANK_SD = 2.0  # grey values
CHUNK = 512


@dataclass(frozen=True, slots=True)
class Likeness:
    """Two rows that show one image; `first` < `second`.

    `score` is the confirming statistic; `flip` says how the second must be flipped to match the first (h mirrored,
    v upside down, hv both, "" not); `aligned` tells that it matches only after a slight crop or stretch.
    """

    first: int
    second: int
    score: float
    flip: str
    aligned: bool


def is_blank(thumbs: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """(n,) whether (n, 48, 48) thumbnails have almost one grey value."""
    found: NDArray[np.bool_] = thumbs.reshape(len(thumbs), -1).std(1) < BLANK_SD
    return found


def find_copies(
    thumbs: NDArray[np.uint8], sides: Integers, groups: Integers, same: Integers | None = None
) -> list[Likeness]:
    """Pairs of copies among (n, 48, 48) thumbnails, sorted.

    `sides` (n,) are the originals' smaller sides in pixels; `groups` (n,) number the patients, −1 for none: pairs of
    one patient are not looked at. Nor are pairs with one code ≥ 0 in `same`, which are known to be identical. Blank
    images are left out. Memory stays bounded; time grows with the number of pairs whose hashes are near.
    """
    best: dict[tuple[int, int], Likeness] = {}
    rows = np.flatnonzero(~is_blank(thumbs)) if len(thumbs) else np.empty(0, dtype=np.int64)
    search = _Search(thumbs[rows], sides[rows])
    for first, second, flip in search.candidates(groups[rows], None if same is None else same[rows]):
        for place in range(0, len(first), CHUNK):
            a, b = first[place : place + CHUNK], second[place : place + CHUNK]
            for number, score, aligned in search.confirm(a, b, flip):
                pair = Likeness(int(rows[a[number]]), int(rows[b[number]]), score, flip, aligned)
                known = best.get((pair.first, pair.second))
                if known is None or score > known.score:
                    best[pair.first, pair.second] = pair
    return [best[key] for key in sorted(best)]


class _Search:
    """The thumbnails in the forms that each stage compares."""

    def __init__(self, thumbs: NDArray[np.uint8], sides: Integers) -> None:
        self._thumbs, self._sides = thumbs, sides
        self._cropped = {margin: {side: small(thumbs, side, margin) for side in SIDES} for margin in MARGINS}
        self._standardised: dict[tuple[int, str], Floats] = {}

    def candidates(self, groups: Integers, same: Integers | None) -> Iterator[tuple[Integers, Integers, str]]:
        """Pairs (first < second) with near hashes that pass the quick tests, and the flip of the second."""
        n = len(self._thumbs)
        if n < 2:
            return
        index = HashIndex(hashes(coefficients(self._thumbs)))
        low = {margin: coefficients(self._thumbs, margin) for margin in MARGINS}
        for flip in FLIPS:
            passed: list[Integers] = []
            for margin in MARGINS:
                for queries, found in index.near(hashes(low[margin], flip), MOST_BITS, RADIUS):
                    apart = queries < found if margin == 0 else queries != found
                    apart &= (groups[queries] < 0) | (groups[queries] != groups[found])
                    if same is not None:
                        apart &= (same[queries] < 0) | (same[queries] != same[found])
                    queries, found = self._quickly(queries[apart], found[apart], margin, flip)
                    passed.append(np.minimum(queries, found) * n + np.maximum(queries, found))
            first, second = np.divmod(np.unique(np.concatenate(passed)), n)
            yield first, second, flip

    def _quickly(self, cropped: Integers, whole: Integers, margin: float, flip: str) -> tuple[Integers, Integers]:
        """The pairs of which the second, flipped, may be a crop of the first: a coarse test, then a finer one."""
        for side, passes in zip(SIDES, (_in_plane, _nowhere_far), strict=True):
            kept = np.zeros(len(cropped), dtype=bool)
            images = self._flipped(side, flip)
            for place in range(0, len(cropped), 8 * CHUNK):
                part = slice(place, place + 8 * CHUNK)
                rows, inverse = np.unique(cropped[part], return_inverse=True)
                bases = planes(self._cropped[margin][side][rows])
                kept[part] = passes(bases[inverse], images[whole[part]])
            cropped, whole = cropped[kept], whole[kept]
        return cropped, whole

    def _flipped(self, side: int, flip: str) -> Floats:
        if (side, flip) not in self._standardised:
            self._standardised = {key: value for key, value in self._standardised.items() if key[1] == flip}
            images = self._cropped[0.0][side][:, :: -1 if "v" in flip else 1, :: -1 if "h" in flip else 1]
            self._standardised[side, flip] = standardised(images)
        return self._standardised[side, flip]

    def confirm(self, first: Integers, second: Integers, flip: str) -> Iterator[tuple[int, float, bool]]:
        """(number, score, whether only after alignment) of the pairs that are copies."""
        a = self._thumbs[first].astype(np.float32)
        b = self._thumbs[second][:, :: -1 if "v" in flip else 1, :: -1 if "h" in flip else 1].astype(np.float32)
        sigma = blur_for(np.minimum(self._sides[first], self._sides[second]))
        plain = np.empty(len(a))
        for blur in np.unique(sigma):
            chosen = sigma == blur
            plain[chosen] = least_local_correlation(a[chosen], b[chosen], float(blur))
        for number in np.flatnonzero(plain >= LEAST_UNALIGNED):
            yield int(number), float(plain[number]), False
        left = np.flatnonzero(plain < LEAST_UNALIGNED)
        if len(left):
            aligned = least_local_correlation(a[left], laid_on(a[left], b[left]))
            for number, score in zip(left, aligned, strict=True):
                if score >= LEAST_ALIGNED:
                    yield int(number), float(score), True


def _in_plane(bases: Floats, images: Floats) -> NDArray[np.bool_]:
    return share_in_plane(bases, images) >= LEAST_IN_PLANE


def _nowhere_far(bases: Floats, images: Floats) -> NDArray[np.bool_]:
    return farthest_from_plane(bases, images) <= MOST_OUTSIDE
