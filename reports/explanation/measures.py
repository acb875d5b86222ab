"""What importance maps are worth: whether they find lesions, and whether the prediction hangs on what they mark.

Maps and coverages are (n, size, size), maps from 0 on. A map that is 0 everywhere says nothing of places, and counts as
one that is the same everywhere.
"""

import numpy as np
from numpy.typing import NDArray

from reports.statistics.confusion_counts import Floats, Integers

THRESHOLDS: Floats = np.arange(1, 20) / 20
HALF = 0.5
CENTRE_SPREAD = 0.25  # of the side

Maps = NDArray[np.float32]
Regions = NDArray[np.bool_]


def inside(coverage: Maps) -> Regions:
    """The pixels that count as lesion: at least half covered, or half as much as the most covered one where none is.

    A lesion thinner than a pixel of the resized image would have no pixel otherwise.
    """
    most = coverage.max((1, 2), keepdims=True)
    return np.asarray((coverage >= np.where(most >= HALF, HALF, most / 2)) & (coverage > 0))


def energy(maps: Maps, coverage: Maps) -> Floats:
    """The share of a map that lies on the lesion: (n,) (energy-based pointing game, Wang et al. 2020)."""
    total = maps.sum((1, 2), dtype=np.float64)
    on = (maps * coverage).sum((1, 2), dtype=np.float64)
    share = coverage.mean((1, 2), dtype=np.float64)
    return np.asarray(np.divide(on, total, out=share, where=total > 0))


def pointing(maps: Maps, lesion: Regions) -> Floats:
    """Whether the highest pixel lies on the lesion: (n,) 0 or 1 (pointing game, Zhang et al. 2018, no tolerance).

    Where several pixels are highest, the share of them that do.
    """
    top = maps >= maps.max((1, 2), keepdims=True)
    return np.asarray((top & lesion).sum((1, 2)) / top.sum((1, 2)), dtype=np.float64)


def overlaps(maps: Maps, lesion: Regions) -> Floats:
    """IoU of the lesion with the pixels of at least t times the highest, for each threshold t: (n, n_thresholds)."""
    highest = maps.max((1, 2), keepdims=True)
    found = []
    for threshold in THRESHOLDS:
        region = maps >= threshold * highest
        found.append((region & lesion).sum((1, 2)) / np.maximum((region | lesion).sum((1, 2)), 1))
    return np.stack(found, axis=1).astype(np.float64)


def threshold_of_others(overlap: Floats, cluster: Integers) -> Integers:
    """For each row of (n, n_thresholds) the threshold with the best mean IoU over all other clusters: (n,) numbers.

    So no case takes part in choosing its own. A single cluster has no others, and chooses for itself.
    """
    codes = np.unique(cluster, return_inverse=True)[1]
    own = np.zeros((codes.max() + 1, overlap.shape[1]))
    np.add.at(own, codes, overlap)
    others = own.sum(0) - own if len(own) > 1 else own
    return np.asarray(others.argmax(1)[codes], dtype=np.int64)


def best_threshold(overlap: Floats) -> int:
    """The threshold with the best mean IoU over all rows of (n, n_thresholds)."""
    return int(overlap.mean(0).argmax())


def centre_prior(size: int) -> Maps:
    """A map that looks at the middle whatever the image, (size, size): normal, sd a quarter of the side."""
    place = (np.arange(size) + 0.5) / size - 0.5
    one = np.exp(-((place / CENTRE_SPREAD) ** 2) / 2)
    return np.outer(one, one).astype(np.float32)


STEPS = 8


def order(maps: Maps, rng: np.random.Generator) -> Integers:
    """Pixels from the most important on, equal ones in random order: (n, size²) positions."""
    flat = maps.reshape(len(maps), -1)
    return np.lexsort((rng.random(flat.shape), -flat), axis=1)


def fractions() -> Floats:
    """The shares of pixels that are deleted or inserted: (n_steps + 1,) from 0 to 1."""
    return np.arange(STEPS + 1) / STEPS


def area(curves: Floats) -> Floats:
    """The area below curves (n, n_steps + 1) over the shares, by trapezoids: (n,)."""
    return np.asarray((curves[:, 1:] + curves[:, :-1]).mean(1) / 2)
