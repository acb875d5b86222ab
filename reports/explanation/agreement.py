"""How alike importance maps are, as rank correlations of their places."""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

from reports.explanation.localisation import Maps
from reports.statistics.confusion_counts import Floats

COARSE = 16


def coarse(maps: Maps) -> Maps:
    """(…, size, size) as means over 16 × 16 fields, (…, 256) at most: maps are upsampled and hold no more."""
    size = maps.shape[-1]
    starts = np.arange(min(size, COARSE)) * size // min(size, COARSE)
    widths = np.diff([*starts, size])
    summed = np.add.reduceat(np.add.reduceat(maps, starts, axis=-1), starts, axis=-2)
    return np.asarray(summed / np.outer(widths, widths), dtype=np.float32).reshape(*maps.shape[:-2], -1)


def ranked(maps: Maps) -> Maps:
    """(…, n_places) as centred ranks of length 1, so that products are Spearman correlations; 0 where all are equal."""
    ranks = rankdata(maps, axis=-1)
    ranks -= ranks.mean(-1, keepdims=True)
    length = np.sqrt((ranks**2).sum(-1, keepdims=True))
    return np.asarray(np.divide(ranks, length, out=np.zeros_like(ranks), where=length > 0), dtype=np.float32)


def spearman(one: Maps, other: Maps) -> Floats:
    """Rank correlations of maps (…, n_places) with their namesakes: (…,); 0 where a map is the same everywhere."""
    return np.asarray((ranked(one).astype(np.float64) * ranked(other)).sum(-1))


def within(units: Maps) -> Floats:
    """Mean rank correlation over all pairs of r maps of a case, from their `ranked` (r, …, n_places): (…,).

    Since |Σ u|² = Σ |u|² + Σ over pairs, no pair is formed. NaN for fewer than two maps.
    """
    number = len(units)
    if number < 2:
        return np.full(units.shape[1:-1], np.nan)
    units = units.astype(np.float64)
    pairs = (units.sum(0) ** 2).sum(-1) - (units**2).sum(-1).sum(0)
    return np.asarray(pairs / (number * (number - 1)))


def between(groups: Maps, size: int) -> Floats:
    """Mean rank correlation over the pairs of maps from different groups, each of `size` maps: (…,).

    groups: (n_groups, …, n_places), the sum of the `ranked` maps of each. NaN for fewer than two groups.
    """
    return within(groups) / size**2
