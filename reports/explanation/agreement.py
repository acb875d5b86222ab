"""How alike the maps of several models are, as rank correlations of their places, with intervals."""

from dataclasses import replace

import numpy as np
from scipy.stats import rankdata

from reports.explanation.estimates import Origin, difference_cell, mean_of, pseudo_values
from reports.explanation.measures import Maps
from reports.explanation.subject import Places
from reports.statistics.cell import Cell
from reports.statistics.confusion_counts import Floats
from reports.statistics.estimate import IntervalChoice, Quantity
from reports.statistics.replicates import Replicates

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


ONE_PAIR = "two seeds make one pair: only the sampling of cases is seen"


def within_seeds(places: Places, side: str) -> Cell:
    """The agreement over pairs of fold models of one seed, which share most of their training cases."""
    of_seeds = np.stack([within(units) for units in places.units])
    seeds = np.repeat(np.asarray(places.seeds, dtype=np.int64), of_seeds.shape[1])
    origin = Origin.of(side, seeds, np.tile(places.cluster, len(places.seeds)))
    return difference_cell(mean_of(of_seeds.reshape(-1), origin), IntervalChoice())


def between_seeds(places: Places, side: str) -> Cell:
    """The agreement over pairs of models of different seeds; as a mean over pairs, seeds are left out one by one."""
    sums, folds, seeds = places.units.sum(1), places.units.shape[1], len(places.seeds)
    by_case = between(sums, folds)
    quantity = mean_of(by_case, Origin.of(side, np.zeros(len(by_case), dtype=np.int64), places.cluster))
    if seeds < 3 or quantity.replicates is None:
        found = difference_cell(quantity, IntervalChoice())
        return replace(found, reason=ONE_PAIR) if found.reason else found
    without = [between(np.delete(sums, seed, axis=0), folds).mean() for seed in range(seeds)]
    return difference_cell(_with_seeds(quantity, pseudo_values(float(by_case.mean()), without)), IntervalChoice())


def _with_seeds(quantity: Quantity, per_seed: Floats) -> Quantity:
    """Pseudo-values of the seeds vary as the changes without a cluster do, which are means over pairs of seeds."""
    changes = {side: np.repeat(of_side, len(per_seed), axis=1) for side, of_side in quantity.known.changes.items()}
    return replace(quantity, replicates=Replicates(per_seed, np.empty(0), changes))
