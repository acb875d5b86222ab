"""Ratios of two proportions of one test, and predictive values at a stated prevalence, with their intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from reports.statistics.cell import Cell
from reports.statistics.confusion_counts import Floats, Integers
from reports.statistics.estimate import IntervalChoice, Quantity, estimate
from reports.statistics.intervals import of_difference
from reports.statistics.jackknife import JackknifeT
from reports.statistics.replicates import Replicates

MOST = 1e4
"""An end of an interval beyond this says no more than that there is none."""


@dataclass(frozen=True)
class Share:
    """A proportion of one side, and the clusters behind it, (n_clusters,), rising codes."""

    quantity: Quantity
    clusters: Integers

    def complement(self) -> Share:
        """1 minus it."""
        known = self.quantity.known
        changes = {side: -one for side, one in known.changes.items()}
        models = {side: 1 - one for side, one in known.models.items()}
        turned = Replicates(1 - known.per_seed, 1 - known.resampled, changes, models)
        return Share(replace(self.quantity, replicates=turned), self.clusters)


@dataclass(frozen=True)
class Ratio:
    """A ratio from 0 to infinity, its ends (None where there are none), and what its cells say of it."""

    value: float
    low: float | None
    high: float | None
    method: str | None
    reason: str | None
    few_clusters: bool = False

    def cell(self) -> Cell:
        """It itself; an infinite one has no cell but a reason."""
        if math.isinf(self.value):
            least = "" if self.low is None else f"; its interval begins at {self.low:.3g}"
            return Cell(None, reason=f"infinite, since what it is divided by is 0{least}")
        if self.high is not None and self.high > MOST:
            return Cell(self.value, reason=f"its interval has no upper end; it begins at {self.low:.3g}")
        return Cell(self.value, self.low, self.high, self.method, self.reason, self.few_clusters)

    def predictive_value(self, odds: float) -> Cell:
        """x / (1 + x), x the ratio times the odds before the test (Bayes): a share of those who are called right."""

        def after(ratio: float | None) -> float | None:
            if ratio is None or math.isinf(ratio):
                return None if ratio is None else 1.0
            return ratio * odds / (1 + ratio * odds)

        value, low, high = map(after, (self.value, self.low, self.high))
        return Cell(value, low, high, self.method, self.reason, self.few_clusters)


def ratio(a: Share, b: Share, choice: IntervalChoice) -> Ratio | str:
    """a / b of one side, each the mean over seeds; why there is none where one is undefined or both are 0.

    Its interval is that of log a − log b (MOVER: Zou & Donner 2008) from those of a and b: log a ± … by the ends of a
    themselves, correlated as a and b are by clusters that hold cases of both and by seeds. Where one of them is 0,
    the outer ends of both are taken, which covers more than is stated.
    """
    if a.quantity.replicates is None or b.quantity.replicates is None:
        return (a if a.quantity.replicates is None else b).quantity.reason or "undefined"
    cells = [estimate(one.quantity, choice) for one in (a, b)]
    (x, y), few = (one.quantity.known.value for one in (a, b)), any(cell.few_clusters for cell in cells)
    if x <= 0 and y <= 0:
        return "both shares that it divides are 0"
    value = x / y if y > 0 else math.inf
    reasons = dict.fromkeys(cell.reason for cell in cells if cell.reason)
    reason, ends = "; ".join(reasons) or None, [(cell.low, cell.high) for cell in cells]
    (low_a, high_a), (low_b, high_b) = ends
    if low_a is None or high_a is None or low_b is None or high_b is None:
        return Ratio(value, None, None, None, reason)
    if x <= 0 or y <= 0:
        high = high_a / low_b if low_b > 0 else math.inf
        return Ratio(value, low_a / high_b, high, "clopper-pearson", reason, few)
    halves = [_relative(one).half_width(choice.confidence) for one in (a, b)]
    half = _of_log_ratio(a, b).half_width(choice.confidence)
    logs = [(math.log(low_a), math.log(high_a)), (math.log(low_b), math.log(high_b))]
    low, high = of_difference([math.log(x), math.log(y)], logs, halves, half)
    return Ratio(value, math.exp(low), math.exp(high), "jackknife-t", reason, few)


def _relative(share: Share) -> JackknifeT:
    """Of the log of a share (delta method)."""
    known = share.quantity.known
    per_seed, changes, models = _scaled(known)
    return JackknifeT.of(per_seed, {"": changes}, {"": models} if len(models) else None)


def _of_log_ratio(a: Share, b: Share) -> JackknifeT:
    """Of log a − log b, paired by seed, by cluster and by fold model."""
    every = np.union1d(a.clusters, b.clusters)
    (of_a, changes_a, models_a), (of_b, changes_b, models_b) = (_scaled(one.quantity.known) for one in (a, b))
    apart = _widened(changes_a, a.clusters, every) - _widened(changes_b, b.clusters, every)
    models = {"": models_a - models_b} if len(models_a) and len(models_a) == len(models_b) else None
    return JackknifeT.of(of_a - of_b, {"": apart}, models)


def _scaled(known: Replicates) -> tuple[Floats, Floats, Floats]:
    """Values of seeds, changes and values of fold models, by the mean over seeds."""
    (changes,), (models,) = known.changes.values(), tuple(known.models.values()) or (np.empty(0),)
    by_mean = (np.asarray(one / known.value, dtype=np.float64) for one in (known.per_seed, changes, models))
    per_seed, moved, of_models = by_mean
    return per_seed, moved, of_models


def _widened(changes: Floats, clusters: Integers, every: Integers) -> Floats:
    found = np.zeros((len(every), changes.shape[1]))
    found[np.searchsorted(every, clusters)] = changes
    return found
