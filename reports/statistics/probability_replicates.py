"""Replicates of probability metrics: each seed's value, without each cluster, and in each resample.

A metric of one model is computed anew without each cluster. A resample that draws cluster g w_g times moves it by
Σ_g (w_g − 1) I_g, with I_g = −(G−1)/G times what leaving out the cluster changes (the jackknife's influence, Efron &
Tibshirani 1993, ch. 11). Ranks need not be sorted anew in each resample; tests hold it against the bootstrap that does.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reports.statistics.bootstrap import Draws, over_draws
from reports.statistics.confusion_counts import Floats, Integers
from reports.statistics.metrics.metric import ProbabilityMetric
from reports.statistics.probabilities import Probabilities
from reports.statistics.replicates import Replicates


@dataclass(frozen=True)
class Values:
    """A value per seed, (n_seeds,), what leaving out each cluster changes, and one per fold model of a single seed.

    changes: (n_clusters, n_seeds); models: (n_folds,), empty with several seeds.
    """

    per_seed: Floats
    changes: Floats
    models: Floats


def values_of(metric: ProbabilityMetric, one: Probabilities, n_clusters: int, n_seeds: int) -> Values | None:
    """A metric averaged over the fold models of each seed; None where a seed has none on which it is defined.

    A term of the metric, such as the area of one class, is averaged over the models on which it is defined, then the
    terms are averaged; so a class that one model was tested without is still a part of the mean.
    """
    per_seed, changes = np.full(n_seeds, np.nan), np.zeros((n_clusters, n_seeds))
    of_seed: list[list[tuple[Floats, Integers, Floats]]] = [[] for _ in range(n_seeds)]
    for seed, part in one.models():
        there, cluster = np.unique(one.cluster[part], return_inverse=True)
        found = metric.compute(one.values[part], one.label[part], cluster)
        of_seed[seed].append((found.value, there, found.without))
    for seed, models in enumerate(of_seed):
        total = np.sum([np.nan_to_num(value) for value, _, _ in models], axis=0)
        number = np.sum([np.isfinite(value) for value, _, _ in models], axis=0)
        if not number.any():
            return None
        per_seed[seed] = _mean(total, number)
        totals, numbers = np.tile(total, (n_clusters, 1)), np.tile(number, (n_clusters, 1))
        for value, there, without in models:
            totals[there] += np.nan_to_num(without) - np.nan_to_num(value)
            numbers[there] += np.isfinite(without).astype(np.int64) - np.isfinite(value)
        changes[:, seed] = np.nan_to_num(_mean(totals, numbers) - per_seed[seed])
    of_models = [] if n_seeds > 1 else [_mean(np.nan_to_num(value), np.isfinite(value)) for value, _, _ in of_seed[0]]
    return Values(per_seed, changes, np.array([value for value in of_models if np.isfinite(value)]))


def _mean(total: Floats, models: npt.ArrayLike) -> Floats:
    """The mean over terms (last axis) of total/models, over those that are defined; NaN where none is."""
    number = np.asarray(models, dtype=np.int64)
    terms = np.where(number > 0, total / np.maximum(number, 1), 0.0).sum(-1)
    defined = (number > 0).sum(-1)
    return np.asarray(np.where(defined > 0, terms / np.maximum(defined, 1), np.nan))


def replicated(
    values: Sequence[Values], side: str, seeds: Sequence[int], strata: Integers, draws: Draws | None, *, internal: bool
) -> list[Replicates]:
    """Replicates of values that share clusters and seeds, without draws no resamples; strata: (n_clusters,).

    internal: whether the side is internal, where fold models differ in what they are tested on.
    """
    resampled = np.empty((0, len(values))) if draws is None else _resampled(values, side, seeds, strata, draws)
    return [
        Replicates(
            one.per_seed,
            resampled[:, place],
            {side: one.changes.astype(np.float32)},
            {side: one.models} if len(one.models) and not internal else {},
        )
        for place, one in enumerate(values)
    ]


def _resampled(values: Sequence[Values], side: str, seeds: Sequence[int], strata: Integers, draws: Draws) -> Floats:
    """The values in every resample: (n_resamples, n_values)."""
    changes = np.concatenate([one.changes for one in values], axis=1)
    influence = (changes.mean(0) - changes) * (1 - 1 / len(changes))
    per_seed = np.stack([one.per_seed for one in values])

    def averaged(drawn_seeds: Floats, weights: Integers) -> Floats:
        moved = ((weights - 1.0) @ influence).reshape(len(weights), *per_seed.shape)
        return np.asarray((drawn_seeds[:, None] * (moved + per_seed)).sum(-1))

    drawn = over_draws(averaged, draws.seed_weights(seeds), draws.cluster_weights(side, strata))
    return np.concatenate(list(drawn))
