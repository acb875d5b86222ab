"""How a number differs between the levels of an attribute: a level against the rest, and a test over all levels."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import fdtrc

from reports.statistics.confusion_counts import TIE, AnyFloats, Floats, Integers
from reports.statistics.estimate import Quantity
from reports.statistics.jackknife import JackknifeT
from reports.statistics.replicates import Replicates

LEAST_LEVELS = 2
REST = "the rest"
_BOTH = "both"


@dataclass(frozen=True)
class Level:
    """A number at one level, the clusters that have cases of it, (n_clusters,), rising codes, and the seeds."""

    name: str
    quantity: Quantity
    clusters: Integers
    seeds: tuple[int, ...]


@dataclass(frozen=True)
class Heterogeneity:
    """The test that the number is the same at all levels. statistic: Q; F has `df` and `df_within` degrees."""

    levels: tuple[str, ...]
    statistic: float
    f: float
    df: int
    df_within: float
    p: float


def difference_to_rest(level: Level, rest: Level) -> Quantity:
    """The level minus the rest, paired by seed and, where clusters have cases of both, by cluster.

    Clusters that are all of one of the two are independent samples, as those of two sites are. Else leaving one out
    moves both, and one without cases of a level does not move it.
    """
    a, b = level.quantity, rest.quantity
    if a.replicates is None or b.replicates is None:
        why = a.reason if a.replicates is None else b.reason
        return Quantity(None, (), a.kind, why)
    if level.seeds != rest.seeds:
        return Quantity(None, (), a.kind, f"seeds differ in which cases of {level.name} they hold out")
    if np.intersect1d(level.clusters, rest.clusters).size == 0:
        return _called(a, level.name) - _called(b, rest.name)
    every = np.union1d(level.clusters, rest.clusters)
    return _aligned(a, level, every) - _aligned(b, rest, every)


def _called(quantity: Quantity, name: str) -> Quantity:
    """With its one side under another name."""
    known = quantity.known
    (of_side,) = known.changes.values()
    changes = {name: of_side}
    supports = tuple(replace(support, side=name) for support in quantity.supports)
    return replace(quantity, replicates=Replicates(known.per_seed, known.resampled, changes), supports=supports)


def _aligned(quantity: Quantity, level: Level, every: Integers) -> Quantity:
    """With a change for every cluster of both, 0 for those without cases of the level."""
    named = _called(quantity, level.name)
    (changes,) = named.known.changes.values()
    widened = np.zeros((len(every), changes.shape[1]), dtype=changes.dtype)
    widened[np.searchsorted(every, level.clusters)] = changes
    return replace(named, replicates=replace(named.known, changes={_BOTH: widened}))


def heterogeneity(levels: Sequence[Level]) -> Heterogeneity | None:
    """Of levels whose numbers have intervals; None where there are fewer than two, or seeds hold out other levels.

    A number at its limit, where no cluster moves it, is (G p + ½) / (G + 1) of G clusters, as a share of G + 1.
    """
    if len(levels) < LEAST_LEVELS or len({level.seeds for level in levels}) > 1:
        return None
    known = [_known(level.quantity) for level in levels]
    values, variances, dfs = (np.array(column) for column in zip(*known, strict=True))
    deviations = np.sqrt(variances)
    covariance = correlations(levels) * deviations[:, None] * deviations
    q, f, df_within, p = welch(values, covariance, dfs)
    return Heterogeneity(tuple(level.name for level in levels), q, f, len(levels) - 1, df_within, p)


def welch(values: Floats, covariance: Floats, dfs: Floats) -> tuple[float, float, float, float]:
    """Q, Welch's F (1951), its degrees within, and p, of k values (k,) with a covariance (k, k) known by `dfs` (k,).

    Q = (Cθ)ᵀ(CVCᵀ)⁻¹Cθ with C the contrasts to the first level: Cochran's Q = Σ (θ − θ̄)² / v where levels share no
    cluster. χ² would take the variances for known, which few patients do not make them.
    """
    k = len(values)
    contrasts = np.hstack([-np.ones((k - 1, 1)), np.eye(k - 1)])
    apart = contrasts @ values
    q = float(apart @ np.linalg.pinv(contrasts @ covariance @ contrasts.T, hermitian=True) @ apart)
    weights = 1 / np.diag(covariance)
    lack = float((np.square(1 - weights / weights.sum()) / dfs).sum())
    f = q / (k - 1) / (1 + 2 * (k - 2) / (k**2 - 1) * lack)
    df_within = (k**2 - 1) / (3 * lack)
    return q, f, df_within, float(fdtrc(k - 1, df_within, f))


def correlations(levels: Sequence[Level]) -> Floats:
    """By the clusters with cases of several levels, (k, k): exactly 0 where two levels share none."""
    every = np.unique(np.concatenate([level.clusters for level in levels]))
    moved = np.zeros((len(levels), len(every)))
    for row, level in zip(moved, levels, strict=True):
        changes = _mean_changes(level.quantity)
        row[np.searchsorted(every, level.clusters)] = changes - changes.mean()
    lengths = np.sqrt(np.square(moved).sum(1))
    lengths[lengths < TIE] = np.inf
    found = moved @ moved.T / (lengths[:, None] * lengths)
    np.fill_diagonal(found, 1.0)
    return np.asarray(found)


def _mean_changes(quantity: Quantity) -> AnyFloats:
    (changes,) = quantity.known.changes.values()
    return np.asarray(changes.mean(1, dtype=np.float64))


def _known(quantity: Quantity) -> tuple[float, float, float]:
    """Value, variance and the degrees of freedom of the variance (Satterthwaite 1946)."""
    test, value, clusters = quantity.test, quantity.known.value, quantity.supports[0].clusters
    low, high = quantity.limits
    if quantity.at_a_limit or not test.parts:
        place = (clusters * (value - low) / (high - low) + 0.5) / (clusters + 1)
        return low + (high - low) * place, (high - low) ** 2 * place * (1 - place) / (clusters + 1), clusters - 1.0
    return value, test.standard_error**2, _degrees(test)


def _degrees(test: JackknifeT) -> float:
    return test.standard_error**4 / sum(part.variance**2 / part.df for part in test.parts)
