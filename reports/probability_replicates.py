"""Replicates of probability metrics by their influences: the bootstrap and the jackknife to first order.

A resample that draws cluster g w_g times moves a value by Σ_g (w_g − 1) I_g, I_g being the sum of the influences of the
cluster's cases (the infinitesimal jackknife, Efron & Tibshirani 1993, ch. 22). Ranks need not be sorted anew in each
resample; tests hold it against the bootstrap that does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from reports.bootstrap import Draws
from reports.margins import Floats, Integers
from reports.probability_metrics import ProbabilityMetric, expected_calibration_error
from reports.replicates import Replicates

REFERENCE_DRAWS = 200


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
        _, model = np.unique(np.stack([self.seed, self.fold]), axis=1, return_inverse=True)
        order = np.argsort(model, kind="stable")
        parts = np.split(order, np.flatnonzero(np.diff(model[order])) + 1)
        return [(int(self.seed[part[0]]), part) for part in parts]


def linearised(
    metric: ProbabilityMetric, side: str, one: Probabilities, seeds: tuple[int, ...], strata: Integers, draws: Draws
) -> Replicates | None:
    """The metric's value per seed, averaged over its fold models, with its replicates; None where undefined.

    strata: (n_clusters,), of the side's clusters. A model on whose cases it is undefined does not count.
    """
    n_clusters, n_seeds = len(strata), len(seeds)
    influence, value, models = np.zeros((n_clusters, n_seeds)), np.zeros(n_seeds), np.zeros(n_seeds)
    for seed, part in one.models():
        found = metric.compute(one.values[part], one.label[part])
        if np.isfinite(found.value):
            value[seed] += found.value
            models[seed] += 1
            influence[:, seed] += np.bincount(one.cluster[part], weights=found.influence, minlength=n_clusters)
    if not models.all():
        return None
    per_seed, influence = value / models, influence / models
    pieces, start, seed_weights = [], 0, draws.seed_weights(seeds)
    with threadpool_limits(1, user_api="blas"):
        for weights in draws.cluster_weights(side, strata):
            moved = per_seed + (weights - 1.0) @ influence
            pieces.append((seed_weights[start : start + len(weights)] * moved).sum(1))
            start += len(weights)
    # Influences sum to 0, so that the weight of the others, which grows, moves nothing.
    deleted = per_seed.mean() - influence.mean(1) * n_clusters / max(n_clusters - 1, 1)
    return Replicates(per_seed, np.concatenate(pieces), {side: deleted})


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
