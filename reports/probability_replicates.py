"""Replicates of probability metrics by their influences: the bootstrap and the jackknife to first order.

A resample that draws cluster g w_g times moves a value by Σ_g (w_g − 1) I_g, I_g being the sum of the influences of the
cluster's cases (the infinitesimal jackknife, Efron & Tibshirani 1993, ch. 22). Ranks need not be sorted anew in each
resample; tests hold it against the bootstrap that does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from reports.bootstrap import Draws, with_seeds
from reports.in_order import in_order
from reports.margins import Floats, Integers
from reports.probability_metrics import ProbabilityMetric, expected_calibration_error
from reports.replicates import Replicates

REFERENCE_DRAWS = 100


@dataclass(frozen=True)
class Probabilities:
    """One side's predictions: seed and cluster as codes from 0, fold as given, label codes, each (n_predictions,).

    values: (n_predictions, n_classes).
    """

    seed: Integers
    fold: Integers
    cluster: Integers
    label: Integers
    values: Floats

    def models(self) -> list[tuple[int, Integers]]:
        """The seed and the prediction numbers of each fold model."""
        model = self.seed * (self.fold.max() + 1) + self.fold
        order = np.argsort(model, kind="stable")
        parts = np.split(order, np.flatnonzero(np.diff(model[order])) + 1)
        return [(int(self.seed[part[0]]), part) for part in parts]

    def missing_classes(self) -> Integers:
        """Codes of classes that have cases here, but none in what some fold model was tested on."""
        held = np.unique(self.label)
        of_all = [np.isin(held, self.label[part]) for _, part in self.models()]
        return np.asarray(held[~np.logical_and.reduce(of_all)], dtype=np.int64)


@dataclass(frozen=True)
class Linear:
    """A value per seed, (n_seeds,), and how each cluster moves it, (n_clusters, n_seeds)."""

    per_seed: Floats
    influence: Floats


def linear(metric: ProbabilityMetric, one: Probabilities, n_clusters: int, n_seeds: int) -> Linear | None:
    """A metric averaged over the fold models of each seed; None where a seed has none on which it is defined."""
    influence, value, models = np.zeros((n_clusters, n_seeds)), np.zeros(n_seeds), np.zeros(n_seeds)
    for seed, part in one.models():
        found = metric.compute(one.values[part], one.label[part])
        if np.isfinite(found.value):
            value[seed] += found.value
            models[seed] += 1
            influence[:, seed] += np.bincount(one.cluster[part], weights=found.influence, minlength=n_clusters)
    return Linear(value / models, influence / models) if models.all() else None


def linearised(
    values: Sequence[Linear], side: str, seeds: Sequence[int], strata: Integers, draws: Draws | None
) -> list[Replicates]:
    """Replicates of values that share clusters and seeds, without draws no resamples; strata: (n_clusters,)."""
    resampled = np.empty((0, len(values))) if draws is None else _resampled(values, side, seeds, strata, draws)
    # Influences sum to 0, so that the weight of the others, which grows, moves nothing.
    grown = len(strata) / max(len(strata) - 1, 1)
    return [
        Replicates(one.per_seed, resampled[:, place], {side: one.per_seed.mean() - one.influence.mean(1) * grown})
        for place, one in enumerate(values)
    ]


def _resampled(values: Sequence[Linear], side: str, seeds: Sequence[int], strata: Integers, draws: Draws) -> Floats:
    """(n_resamples, n_values)"""
    influence = np.concatenate([one.influence for one in values], axis=1)
    per_seed = np.stack([one.per_seed for one in values])

    def averaged(drawn: tuple[Floats, Integers]) -> Floats:
        drawn_seeds, weights = drawn
        moved = ((weights - 1.0) @ influence).reshape(len(weights), *per_seed.shape)
        return np.asarray((drawn_seeds[:, None] * (moved + per_seed)).sum(-1))

    with threadpool_limits(1, user_api="blas"):
        chunks = with_seeds(draws.seed_weights(seeds), draws.cluster_weights(side, strata))
        return np.concatenate(list(in_order(averaged, chunks)))


def calibration(one: Probabilities, *, pooled: bool, rng: np.random.Generator) -> tuple[float, float]:
    """Expected calibration error, averaged over seeds, and what a perfectly calibrated model would show.

    pooled: over the fold models of a seed, which each saw a part of the cases; else per model. The error is biased
    upwards in small samples, and the second number says by how much: labels are drawn with the predicted confidence.
    """
    confidence, right = one.values.max(1), (one.values.argmax(1) == one.label).astype(np.float64)
    groups = (
        [np.flatnonzero(one.seed == seed) for seed in np.unique(one.seed)] if pooled else [p for _, p in one.models()]
    )
    found = [expected_calibration_error(confidence[part], right[part]) for part in groups]
    part = groups[0]
    drawn = rng.random((REFERENCE_DRAWS, len(part))) < confidence[part]
    reference = [expected_calibration_error(confidence[part], one_draw.astype(np.float64)) for one_draw in drawn]
    return float(np.mean(found)), float(np.mean(reference))
