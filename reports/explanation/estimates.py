"""Means over predictions with intervals over seeds and patients, by the machinery of the leaderboard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from reports.statistics.bootstrap import Draws, with_seeds
from reports.statistics.cell import Cell
from reports.statistics.confusion_counts import Floats, Integers
from reports.statistics.estimate import IntervalChoice, Quantity, Support, estimate
from reports.statistics.metrics.metric import Kind
from reports.statistics.replicates import Replicates

_NOTHING: Floats = np.empty(0)


@dataclass(frozen=True)
class Origin:
    """Which seed and cluster each of n values comes from, as codes from 0, (n,) each, without gaps."""

    side: str
    seeds: tuple[int, ...]
    seed: Integers
    cluster: Integers

    @classmethod
    def of(cls, side: str, seed: Integers, cluster: Integers) -> Origin:
        """The origin of values from the numbers of their seeds and clusters."""
        seeds, seed_codes = np.unique(seed, return_inverse=True)
        return cls(side, tuple(seeds.tolist()), seed_codes, np.unique(cluster, return_inverse=True)[1])

    def sums(self, values: Floats) -> Floats:
        """The sums of values (n,) by seed and cluster: (n_seeds, n_clusters)."""
        shape = (len(self.seeds), int(self.cluster.max()) + 1)
        flat = np.bincount(self.seed * shape[1] + self.cluster, weights=values, minlength=shape[0] * shape[1])
        return flat.astype(np.float64).reshape(shape)


def mean_of(
    values: Floats,
    origin: Origin,
    *,
    chosen: NDArray[np.bool_] | None = None,
    what: str = "predictions",
    kind: Kind = "score",
    draws: Draws | None = None,
) -> Quantity:
    """The mean of the chosen values of each seed, averaged over seeds; all of `origin` where none are chosen.

    Two of one `origin` may be subtracted, as pairs. Undefined, with the reason, where a seed has none of `what`, or
    all of a seed's are of one cluster.
    """
    counted = np.ones(len(values)) if chosen is None else chosen.astype(np.float64)
    total, number = origin.sums(values * counted), origin.sums(counted)
    left = number.sum(1, keepdims=True) - number
    if not number.sum(1).all():
        return Quantity(None, (), kind, f"{origin.side} has a seed without {what}")
    if not left.all() and number.shape[1] > 1:
        return Quantity(None, (), kind, f"{origin.side} has a seed whose {what} are all of one patient or case")
    per_seed = total.sum(1) / number.sum(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        changes = ((total.sum(1, keepdims=True) - total) / left).T - per_seed
    replicates = Replicates(per_seed, _resampled(total, number, origin, draws), {origin.side: changes})
    return Quantity(replicates, (Support(origin.side, int(number.any(0).sum())),), kind)


def _resampled(total: Floats, number: Floats, origin: Origin, draws: Draws | None) -> Floats:
    """The mean in every resample, (n_resamples,); empty where some resample has no value in some seed."""
    if draws is None:
        return _NOTHING
    weights = draws.cluster_weights(origin.side, np.zeros(total.shape[1], dtype=np.int64))
    pieces = []
    for drawn_seeds, drawn in with_seeds(draws.seed_weights(origin.seeds), weights):
        below = drawn @ number.T
        if not below.all():
            return _NOTHING
        pieces.append((drawn_seeds * (drawn @ total.T) / below).sum(1))
    return np.concatenate(pieces)


def cell(quantity: Quantity, choice: IntervalChoice) -> Cell:
    """The cell of a mean of shares."""
    return estimate(quantity, _possible(quantity, choice))


def difference_cell(quantity: Quantity, choice: IntervalChoice) -> Cell:
    """The cell of a difference of two such means, or of a mean of correlations."""
    return estimate(replace(quantity.as_it_is(), limits=(-1.0, 1.0)), _possible(quantity, choice))


def _possible(quantity: Quantity, choice: IntervalChoice) -> IntervalChoice:
    """The interval asked for, or the jackknife t where nothing was drawn."""
    drawn = quantity.replicates is not None and len(quantity.replicates.resampled) > 0
    return choice if drawn else IntervalChoice(confidence=choice.confidence)


def pseudo_values(whole: float, without: Sequence[float]) -> Floats:
    """What stands for seeds in the jackknife t where a statistic is no mean over them (Tukey 1958): (n_seeds,).

    Their mean is `whole` for a mean over pairs, and their variance over n_seeds its jackknife variance.
    """
    number = len(without)
    return number * whole - (number - 1) * np.asarray(without, dtype=np.float64)
