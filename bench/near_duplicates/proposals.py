"""Which pairs may be copies: near hashes, then two quick tests. Pure.

The second test is a one-sided tangent distance (Simard, LeCun and Denker, 1993): small shifts and stretches of an image
span a plane; an image that is such a copy lies near it, and nowhere far from it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from bench.near_duplicates.hashes import FLIPS, HashIndex, Integers, coefficients, hashes
from bench.near_duplicates.thumbnail import CROPS, WHOLE, Crop, Floats, resized

RADIUS = 1  # bits in which one of four bands may differ: all pairs within 7 bits, most of those within 11
COARSE, FINE = 16, 24  # pixels of the quick tests
PARTS = 4  # of the area, along each side, in the second test
CHUNK = 4096  # pairs
Scalar = TypeVar("Scalar", bound=np.generic)
Found = tuple[Integers, Integers, Integers, Floats]
"""Of pairs the first and second image, the number of the crop, and their correlation; each (n_pairs,)."""


@dataclass(frozen=True)
class Thresholds:
    """What a pair of images must reach to pass for copies; benchmarks/near_duplicates.py measures what that catches.

    `bits` in which hashes may differ; what the quick tests ask for: correlation at 16 pixels (`coarse`) and distance
    from the plane of slight shifts (`outside`); and the least local correlation of a copy, as it is (`unaligned`), of
    one that is worth aligning, and after alignment, which makes different cases more alike, too (`aligned`).
    """

    bits: int = 11
    coarse: float = 0.98
    outside: float = 0.20
    unaligned: float = 0.98
    worth_aligning: float = 0.7
    aligned: float = 0.987


CALIBRATED = Thresholds()


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


def planes(images: Floats) -> Floats:
    """(n, pixels, 6) orthonormal bases: the constant, the image, its shifts and stretches along both axes."""
    n, side, _ = images.shape
    place = (np.arange(side, dtype=np.float32) - (side - 1) / 2) / side
    down, across = np.gradient(images, axis=(1, 2))
    vectors = [np.ones_like(images), images, across, down, across * place, down * place[:, None]]
    basis = np.stack(vectors, -1).reshape(n, side * side, len(vectors))
    basis /= np.maximum(np.linalg.norm(basis, axis=1, keepdims=True), 1e-6)
    return np.linalg.qr(basis)[0].astype(np.float32)


def standardised(images: Floats) -> Floats:
    """(n, pixels) with mean 0 and length 1."""
    flat = images.reshape(len(images), images.shape[1] * images.shape[2])
    flat = flat - flat.mean(1, keepdims=True)
    found: Floats = flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)
    return found


def farthest_from_plane(bases: Floats, images: Floats) -> Floats:
    """(n,) what standardised images have outside planes where it is most: root mean square in a sixteenth of the area.

    The length of an image is 1, and with all of it outside and spread evenly this is 1, too.
    """
    side = round(images.shape[1] ** 0.5)
    coordinates = np.matmul(images[:, None, :], bases)
    coordinates[:, 0, 0] = 0  # of the constant, which standardised images have nothing of
    outside = images - np.matmul(bases, coordinates.transpose(0, 2, 1))[:, :, 0]
    energy = (outside**2).reshape(-1, PARTS, side // PARTS, PARTS, side // PARTS).sum((2, 4))
    found: Floats = PARTS * np.sqrt(energy.max((1, 2)))
    return found
