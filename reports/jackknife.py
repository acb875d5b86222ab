"""The delete-one-cluster jackknife t, for few clusters and for paired p-values.

Variances of the sides and of the seeds add up; the degrees of freedom are Satterthwaite's (1946). The
jackknife variance is Efron & Tibshirani's (1993, eq. 11.5).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit

from reports.bootstrap import Statistic
from reports.margins import Floats, Integers, Margins

_CHUNK_CLUSTERS = 1024
_CHUNK_CELLS = 2**21  # 16 MiB


def delete_each_cluster(counts: Margins, statistic: Statistic) -> dict[str, Floats]:
    """The statistic without each cluster, averaged over seeds: (n_clusters,) or (n_clusters, n_values)."""
    pieces: dict[str, list[Floats]] = {}
    chunk = max(1, min(_CHUNK_CLUSTERS, _CHUNK_CELLS // max(1, counts.tp[:1].size)))
    for start in range(0, len(counts.tp), chunk):
        deleted = counts.without_each(slice(start, start + chunk))
        for name, values in statistic(deleted).items():
            pieces.setdefault(name, []).append(values.mean(1))
    return {name: np.concatenate(parts) for name, parts in pieces.items()}


def delete_each_cluster_of_class(
    counts: Margins, whole: Margins, code: int, clusters: Integers, metric: Callable[[Margins], Floats]
) -> Floats:
    """A metric of one class without each of some clusters, averaged over seeds: (len(clusters),).

    whole: the sum of `counts` over all clusters; metric: of margins, (…, n_seeds, n_classes).
    """
    one = [
        total[:, code] - part[clusters, :, code]
        for total, part in ((whole.tp, counts.tp), (whole.predicted, counts.predicted), (whole.truth, counts.truth))
    ]
    tp, predicted, truth = (part[..., None] for part in one)
    return np.asarray(metric(Margins(tp, predicted, truth, tp[..., :0]))[..., 0].mean(1))


def jackknife_variance(deleted: Floats) -> float:
    """(G−1)/G · Σ_g (θ₍g₎ − θ̄)² of estimates without each cluster, (n_clusters,)."""
    n = len(deleted)
    return float((n - 1) / n * np.square(deleted - deleted.mean()).sum())


@dataclass(frozen=True)
class JackknifeT:
    """Standard error and degrees of freedom of one estimate."""

    standard_error: float
    df: float

    @classmethod
    def of(cls, per_seed: Floats, deleted: Mapping[str, Floats]) -> JackknifeT:
        """From values per seed (n_seeds,) and, per side, the estimate without each cluster (n_clusters,).

        V = Σ_sides V_side + s²_seeds/S and df = V² / (Σ V_side²/(G−1) + (s²_seeds/S)²/(S−1)); with one seed
        the seed term is left out. Every side needs at least two clusters.
        """
        parts = [(jackknife_variance(values), len(values) - 1) for values in deleted.values()]
        n_seeds = len(per_seed)
        if n_seeds > 1:
            parts.append((float(per_seed.var(ddof=1)) / n_seeds, n_seeds - 1))
        variance = sum(part for part, _ in parts)
        if variance <= _NO_VARIANCE:
            return cls(0.0, float(sum(df for _, df in parts)))
        return cls(float(np.sqrt(variance)), variance**2 / sum(part**2 / df for part, df in parts))

    def quantile(self, probability: float) -> float:
        return float(stdtrit(self.df, probability))

    def interval(self, value: float, confidence: float) -> tuple[float, float]:
        half = self.quantile((1 + confidence) / 2) * self.standard_error
        return value - half, value + half

    def p_value(self, value: float) -> float | None:
        """Two-sided p of the hypothesis that the estimand is 0; None where nothing varies around a value."""
        if self.standard_error == 0:
            return 1.0 if abs(value) < _NO_DIFFERENCE else None
        return float(2 * stdtr(self.df, -abs(value) / self.standard_error))

    def minimum_detectable(self, confidence: float = 0.95, power: float = 0.8) -> float:
        """The smallest true value found different from 0 with this power: (t_{.975,df} + t_{.8,df})·SE."""
        return (self.quantile((1 + confidence) / 2) + self.quantile(power)) * self.standard_error


_NO_VARIANCE = 1e-26  # squared rounding error of a mean of numbers up to 1
_NO_DIFFERENCE = 1e-12
