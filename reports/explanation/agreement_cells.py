"""The agreement of models on the places of a case, with intervals over seeds and patients."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from reports.explanation.agreement import between, within
from reports.explanation.estimates import Origin, difference_cell, mean_of, pseudo_values
from reports.explanation.subject import Places
from reports.statistics.cell import Cell
from reports.statistics.confusion_counts import Floats
from reports.statistics.estimate import IntervalChoice, Quantity
from reports.statistics.replicates import Replicates

ONE_PAIR = "two seeds make one pair: only the sampling of cases is seen"


def within_seeds(places: Places, side: str) -> Cell:
    """Over the pairs of fold models of one seed, which share most of their training cases."""
    of_seeds = np.stack([within(units) for units in places.units])
    seeds = np.repeat(np.asarray(places.seeds, dtype=np.int64), of_seeds.shape[1])
    origin = Origin.of(side, seeds, np.tile(places.cluster, len(places.seeds)))
    return difference_cell(mean_of(of_seeds.reshape(-1), origin), IntervalChoice())


def between_seeds(places: Places, side: str) -> Cell:
    """Over the pairs of models of different seeds. It is a mean over pairs, so seeds are left out one at a time."""
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
