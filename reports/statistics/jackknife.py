"""The jackknife t over clusters and seeds: standard errors, intervals, p-values and detectable differences.

A value is a mean over seeds of a statistic of the same clusters, so clusters and seeds vary it as two crossed samples
(Owen & Eckles 2012). With θ_s(−g) the value of seed s without cluster g, its three mean squares give the variance
between clusters, V_C, between seeds, V_S, and that of cluster × seed, V_CS. Both V_C and V_S hold V_CS, so it is taken
out of one of them (Cameron, Gelbach & Miller 2011).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.optimize import brentq
from scipy.special import nctdtr, stdtr, stdtrit

from reports.statistics.bootstrap import Statistic
from reports.statistics.confusion_counts import AnyFloats, ConfusionCounts, Floats, Integers

_CHUNK_CLUSTERS = 1024
_CHUNK_CELLS = 2**21  # 16 MiB
FEW_SEEDS = 5
_NO_VARIANCE = 1e-26  # squared rounding error of a mean of numbers up to 1
_NO_DIFFERENCE = 1e-12
_MOST_DF = 1e6


def leave_out_each_cluster(counts: ConfusionCounts, statistic: Statistic) -> dict[str, AnyFloats]:
    """How much leaving out each cluster changes each seed's value: (n_clusters, n_seeds) or with (…, n_values).

    Kept in float32: changes are small, and what is computed from them are sums of squares.
    """
    whole = statistic(counts.total())
    pieces: dict[str, list[AnyFloats]] = {}
    chunk = max(1, min(_CHUNK_CLUSTERS, _CHUNK_CELLS // max(1, counts.tp[:1].size)))
    for start in range(0, len(counts.tp), chunk):
        for name, values in statistic(counts.without_each(slice(start, start + chunk))).items():
            pieces.setdefault(name, []).append((values - whole[name]).astype(np.float32))
    return {name: np.concatenate(parts) for name, parts in pieces.items()}


def leave_out_each_cluster_of_class(
    counts: ConfusionCounts,
    whole: ConfusionCounts,
    code: int,
    clusters: Integers,
    metric: Callable[[ConfusionCounts], Floats],
) -> Floats:
    """How much leaving out each of some clusters changes a metric of one class: (len(clusters), n_seeds).

    whole: the sum of `counts` over all clusters; metric: of counts, (…, n_seeds, n_classes).
    """

    def of(tp: AnyFloats, predicted: AnyFloats, truth: AnyFloats) -> Floats:
        return metric(ConfusionCounts(tp[..., None], predicted[..., None], truth[..., None], tp[..., None][..., :0]))[
            ..., 0
        ]

    pairs = ((whole.tp, counts.tp), (whole.predicted, counts.predicted), (whole.truth, counts.truth))
    rest = (total[:, code] - part[clusters, :, code] for total, part in pairs)
    return np.asarray(of(*rest) - of(*(total[:, code] for total, _ in pairs)))


Source = Literal["clusters", "seeds", "training cases"]
CLUSTERS: Source = "clusters"


@dataclass(frozen=True)
class Part:
    """One source of a value's variance, and the degrees of freedom with which it is known. source: what it is."""

    variance: float
    df: float
    source: Source = CLUSTERS


def between_clusters(changes: AnyFloats) -> Part:
    """V_C = (G−1)/G · Σ_g (c_g − c̄)², c_g the mean over seeds of the changes (n_clusters, n_seeds).

    Clusters of unequal size or difficulty know it with fewer degrees of freedom than G − 1. Squares of independent
    normal changes of unequal variances v_g sum to Σv_g with the degrees (Σv_g)²/Σv_g² (Satterthwaite 1946), and
    Σ(c_g − c̄)⁴/3 estimates Σv_g²: the number of clusters that carry the variance, as G* of Carter, Schnepel &
    Steigerwald (2017), but from how much they move the value instead of from their sizes. Never below 1.
    """
    n = len(changes)
    centred = changes.mean(1, dtype=np.float64)
    centred -= centred.mean()
    squares = float(np.square(centred).sum())
    fourths = float((centred**4).sum())
    effective = 3 * squares**2 / fourths if fourths > 0 else float(n)
    return Part((n - 1) / n * squares, float(min(max(effective - 1, 1.0), n - 1)))


def of_cluster_by_seed(changes: AnyFloats) -> float:
    """V_CS, what cluster × seed adds to the variance of the mean over both; changes: (n_clusters, n_seeds)."""
    n, seeds = changes.shape
    if seeds < 2 or n < 2:
        return 0.0
    of_seed, of_cluster = changes.mean(0, dtype=np.float64), changes.mean(1, dtype=np.float64)
    rest = changes - of_cluster[:, None] - of_seed + of_seed.mean()
    return float((n - 1) / (n * seeds * (seeds - 1)) * np.square(rest).sum())


@dataclass(frozen=True)
class JackknifeT:
    """The parts of an estimate's variance, each with its own degrees of freedom.

    An interval's half-width is √(Σ t²(df_k) V_k), each part with its own quantile of t. Banerjee (1960) shows that it
    covers at least as often as stated, however many degrees the parts have, which Satterthwaite's single t does not
    where a part of one or two degrees matters.
    """

    parts: tuple[Part, ...]

    @classmethod
    def of(
        cls, per_seed: Floats, changes: Mapping[str, AnyFloats], models: Mapping[str, AnyFloats] | None = None
    ) -> JackknifeT:
        """From the values of the seeds (n_seeds,) and, by side, the changes without each cluster (n_clusters, n_seeds).

        Parts: V_C of each side and V_S = s²/S with S − 1 degrees, less the V_CS that both hold; together they are never
        below V_CS. It is taken out of V_S, or below `FEW_SEEDS` of V_C: a V_S of one or two degrees is often small by
        chance, and what is then left of it would not cover. models: with one seed, by side the values of its fold
        models, whose variance over their number stands in for that between seeds. Every side needs two clusters or
        more.
        """
        n_seeds, sides = len(per_seed), changes.values()
        of_sides, in_both = [between_clusters(one) for one in sides], [of_cluster_by_seed(one) for one in sides]
        between, shared = 0.0 if n_seeds == 1 else float(per_seed.var(ddof=1)) / n_seeds, sum(in_both)
        if n_seeds < FEW_SEEDS:
            unseen = max(0.0, 1 - between / shared) if shared > 0 else 0.0  # of V_CS, in a V_S that is smaller
            left = [max(part.variance - both, both * unseen) for part, both in zip(of_sides, in_both, strict=True)]
        else:
            left = [max(part.variance, both) for part, both in zip(of_sides, in_both, strict=True)]
            between = max(0.0, between - shared)
        parts = [Part(variance, part.df) for variance, part in zip(left, of_sides, strict=True)]
        if n_seeds > 1:
            parts.append(Part(between, n_seeds - 1, "seeds"))
        for values in (models or {}).values():
            if n_seeds == 1 and len(values) > 1:
                parts.append(Part(float(values.var(ddof=1)) / len(values), len(values) - 1, "seeds"))
        return cls(tuple(part for part in parts if part.variance > _NO_VARIANCE))

    @property
    def standard_error(self) -> float:
        return float(np.sqrt(sum(part.variance for part in self.parts)))

    def deviation(self, source: Source) -> float:
        """The standard deviation that one source gives the value."""
        return float(np.sqrt(sum(part.variance for part in self.parts if part.source == source)))

    def half_width(self, confidence: float) -> float:
        """Half the length of the interval, √(Σ t²V); 0 where nothing varies."""
        return self._half((1 - confidence) / 2)

    def _half(self, tail: float) -> float:
        variance, df = np.array([(part.variance, part.df) for part in self.parts]).reshape(-1, 2).T
        return float(np.sqrt((np.square(stdtrit(df, tail)) * variance).sum()))

    def p_value(self, value: float) -> float | None:
        """Two-sided p of the hypothesis that the estimand is 0: one less the confidence whose interval ends there.

        None where nothing varies around a value.
        """
        if not self.parts:
            return 1.0 if abs(value) < _NO_DIFFERENCE else None
        if len(self.parts) == 1:
            return float(2 * stdtr(self.parts[0].df, -abs(value) / self.standard_error))
        low, high = -300.0, np.log(0.5)  # of the log of one tail
        if self._half(np.exp(low)) <= abs(value):
            return 0.0
        if self._half(np.exp(high)) >= abs(value):
            return 1.0
        return float(2 * np.exp(brentq(lambda tail: self._half(np.exp(tail)) - abs(value), low, high, xtol=1e-12)))

    def minimum_detectable(self, confidence: float = 0.95, power: float = 0.8) -> float:
        """The smallest true value found different from 0 with this power.

        By the non-central t whose quantile is that of the interval; (t_{.975} + t_{.8})·SE where degrees are many.
        """
        error, tail = self.standard_error, (1 - confidence) / 2
        needed = self.half_width(confidence) / error
        few = needed > -stdtrit(_MOST_DF, tail)
        df = brentq(lambda df: -stdtrit(df, tail) - needed, 0.5, _MOST_DF) if few else _MOST_DF
        return float(brentq(lambda shift: 1 - nctdtr(df, shift, needed) - power, 0.0, needed * 4 + 10)) * error

    def equivalent_within(self, value: float, significance: float) -> float:
        """The smallest margin that holds the whole interval of confidence 1 − 2·significance (two one-sided tests)."""
        return abs(value) + self.half_width(1 - 2 * significance)
