"""Which pairs may be copies: near hashes, then two quick tests. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from bench.near_duplicates.candidates import HashIndex, Integers
from bench.near_duplicates.crops import CROPS, WHOLE, Crop, Floats, resized
from bench.near_duplicates.phash import FLIPS, coefficients, hashes
from bench.near_duplicates.tangent import farthest_from_plane, planes, standardised
from bench.near_duplicates.thresholds import Thresholds

RADIUS = 1  # bits in which one of four bands may differ: all pairs within 7 bits, most of those within 11
COARSE, FINE = 16, 24  # pixels of the quick tests
CHUNK = 4096  # pairs
Scalar = TypeVar("Scalar", bound=np.generic)
Found = tuple[Integers, Integers, Integers, Floats]
"""Of pairs the first and second image, the number of the crop, and their correlation; each (n_pairs,)."""


@dataclass(frozen=True)
class Proposal:
    """Pairs of which the second, flipped by `flip`, looks like the first without `crop`."""

    first: Integers
    second: Integers
    crop: Crop
    flip: str


def flipped(images: NDArray[Scalar], flip: str) -> NDArray[Scalar]:
    """(n, height, width) images mirrored (h), upside down (v) or both."""
    return images[:, :: -1 if "v" in flip else 1, :: -1 if "h" in flip else 1]


def propose(
    thumbs: NDArray[np.uint8], groups: Integers, same: Integers | None, least: Thresholds
) -> Iterator[Proposal]:
    """Pairs that pass, each once a flip, with the crop that makes them most alike; arguments as `find_copies`.

    Each image is looked up whole and as if something had been cut off it, among all whole images.
    """
    if len(thumbs) < 2:
        return
    index = HashIndex(hashes(coefficients(thumbs)))
    whole = standardised(resized(thumbs, COARSE)).reshape(-1, COARSE, COARSE)
    alike: dict[str, list[Found]] = {flip: [] for flip in FLIPS}
    for number, crop in enumerate(CROPS):
        low, cropped = coefficients(thumbs, crop), standardised(resized(thumbs, COARSE, crop))
        for flip in FLIPS:
            for queries, found in index.near(hashes(low, flip), least.bits, RADIUS):
                apart = queries < found if crop == WHOLE else queries != found
                apart &= (groups[queries] < 0) | (groups[queries] != groups[found])
                if same is not None:
                    apart &= (same[queries] < 0) | (same[queries] != same[found])
                first, second = queries[apart], found[apart]
                correlation = _correlation(cropped, whole, first, second, flip)
                kept = correlation >= least.coarse
                crops = np.full(np.count_nonzero(kept), number)
                alike[flip].append((first[kept], second[kept], crops, correlation[kept]))
    for flip, parts in alike.items():
        first, second, crops = _best(parts, len(thumbs))
        for number, crop in enumerate(CROPS):
            of_crop = crops == number
            yield _tested(thumbs, Proposal(first[of_crop], second[of_crop], crop, flip), least)


def _correlation(cropped: Floats, whole: Floats, first: Integers, second: Integers, flip: str) -> Floats:
    found = np.empty(len(first), dtype=np.float32)
    for place in range(0, len(first), CHUNK):
        part = slice(place, place + CHUNK)
        others = flipped(whole[second[part]], flip).reshape(-1, COARSE**2)
        found[part] = (cropped[first[part]] * others).sum(1)
    return found


def _best(parts: Sequence[Found], n: int) -> tuple[Integers, Integers, Integers]:
    """First, second and crop of each pair, either way round, where it is most alike."""
    first, second, crops, correlation = (np.concatenate(column) for column in zip(*parts, strict=True))
    key = np.minimum(first, second) * n + np.maximum(first, second)
    order = np.lexsort((-correlation, key))
    chosen = order[np.unique(key[order], return_index=True)[1]]
    return first[chosen], second[chosen], crops[chosen]


def _tested(thumbs: NDArray[np.uint8], proposal: Proposal, least: Thresholds) -> Proposal:
    """The pairs whose second image may be a slight shift and stretch of the first."""
    first, second = proposal.first, proposal.second
    kept = np.zeros(len(first), dtype=bool)
    for place in range(0, len(first), CHUNK):
        part = slice(place, place + CHUNK)
        rows, of_first = np.unique(first[part], return_inverse=True)
        bases = planes(resized(thumbs[rows], FINE, proposal.crop))
        rows, of_second = np.unique(second[part], return_inverse=True)
        images = standardised(flipped(resized(thumbs[rows], FINE), proposal.flip))
        kept[part] = farthest_from_plane(bases[of_first], images[of_second]) <= least.outside
    return Proposal(first[kept], second[kept], proposal.crop, proposal.flip)
