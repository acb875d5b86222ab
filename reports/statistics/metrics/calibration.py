"""The expected calibration error, and what a calibrated model would show on the same cases and patients."""

import numpy as np
from threadpoolctl import threadpool_limits

from reports.statistics.confusion_counts import Floats, Integers
from reports.statistics.metrics.metric import ReferencedMetric
from reports.statistics.probabilities import Probabilities

ECE_BINS = 15
REFERENCE_DRAWS = 200
_EDGE = 1e-6  # probabilities stored as float32 belong to the bin that they were meant for


def expected_calibration_error(confidence: Floats, right: Floats) -> float:
    """Σ_bins share · |accuracy − mean confidence| over 15 equal bins (Guo et al. 2017); both (n_cases,)."""
    total = np.bincount(_bins(confidence), weights=right - confidence, minlength=ECE_BINS)
    return float(np.abs(total).sum() / len(confidence))


def _bins(confidence: Floats) -> Integers:
    return np.clip(np.ceil(confidence * ECE_BINS - _EDGE).astype(np.int64) - 1, 0, ECE_BINS - 1)


def calibration_error(one: Probabilities, pooled: bool, rng: np.random.Generator) -> tuple[float, float]:
    """The error averaged over seeds, and its reference: the median of what a calibrated model would show.

    pooled: over the fold models of a seed, which each saw a part of the cases; else per model. The error is biased
    upwards in small samples, more so where cases of a patient are right or wrong together. The reference keeps
    bins, confidences and patients: the surplus of each bin, Σ (right − confidence), is the sum of those of the
    patients, each with a random sign (the wild cluster bootstrap of Cameron, Gelbach & Miller 2008), so that no bin is
    over- or underconfident but by chance.
    """
    confidence, right = one.values.max(1), (one.values.argmax(1) == one.label).astype(np.float64)
    groups = (
        [np.flatnonzero(one.seed == seed) for seed in np.unique(one.seed)] if pooled else [p for _, p in one.models()]
    )
    found = [expected_calibration_error(confidence[part], right[part]) for part in groups]
    signs = rng.choice([-1.0, 1.0], (REFERENCE_DRAWS, int(one.cluster.max()) + 1))
    with threadpool_limits(1, user_api="blas"):  # products this small: more threads take many times the processor
        drawn = np.mean(
            [_by_chance(confidence[part], right[part], one.cluster[part], signs) for part in groups], axis=0
        )
    return float(np.mean(found)), float(np.median(drawn))


def _by_chance(confidence: Floats, right: Floats, cluster: Integers, signs: Floats) -> Floats:
    """The error where each cluster's surplus in a bin has a random sign: (n_draws,); signs: (n_draws, n_clusters).

    What a bin's clusters have in common is taken out before, so that a model that is not calibrated has the reference
    of one that is; a bin of one cluster shows nothing in common.
    """
    shape = (signs.shape[1], ECE_BINS)
    flat = cluster * ECE_BINS + _bins(confidence)
    surplus = np.bincount(flat, weights=right - confidence, minlength=shape[0] * shape[1]).reshape(shape)
    cases = np.bincount(flat, minlength=shape[0] * shape[1]).reshape(shape)
    clusters = (cases > 0).sum(0)
    common = np.where(clusters > 1, surplus.sum(0) / np.maximum(cases.sum(0), 1), 0.0)
    lost = np.sqrt(clusters / np.maximum(clusters - 1, 1))
    return np.asarray(np.abs(signs @ ((surplus - cases * common) * lost)).sum(1) / len(confidence))


CALIBRATION_ERROR = ReferencedMetric(
    name="ece",
    title="Expected calibration error",
    kind="score",
    compute=calibration_error,
    higher_is_better=False,
    remark=lambda reference: (
        f"no interval, biased upwards; half of all calibrated models would show more than {reference:.3f} here"
    ),
    no_gap="no gap: the error is biased upwards, more so on fewer cases",
    calibration=(
        "Small samples inflate the expected calibration error, so it stands beside that of a perfectly calibrated "
        "model."
    ),
    short="Calibration error",
)
