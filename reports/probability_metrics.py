"""Metrics of predicted probabilities, of one model on the cases that it did not see.

They do not pool over models with different offsets, so each is computed per fold model and averaged. To add one, write
a function that returns its value and how much each case moves it, and name it in `PROBABILITY`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from reports.margins import Floats, Integers
from reports.metrics import AGGREGATE, Kind

ECE_BINS = 15


@dataclass(frozen=True)
class Influenced:
    """A value (NaN where it is undefined) and its derivative by the weight of each case, (n_cases,), summing to 0."""

    value: float
    influence: Floats


def brier(probabilities: Floats, label: Integers) -> Influenced:
    """Mean over cases of Σ_c (p_c − 1[y = c])² (Brier 1950), from 0 to 2; probabilities (n_cases, n_classes)."""
    wanted = np.zeros_like(probabilities)
    wanted[np.arange(len(label)), label] = 1
    loss = np.square(probabilities - wanted).sum(1)
    value = float(loss.mean())
    return Influenced(value, (loss - value) / len(loss))


def auroc(probabilities: Floats, label: Integers) -> Influenced:
    """Mean over classes of the one-vs-rest area under the ROC curve; probabilities (n_cases, n_classes).

    Over the classes that have cases and leave others; undefined where there are none. Influences are DeLong's (1988)
    structural components: the share of the other side that a case is ranked rightly against, less the area.
    """
    values, influence = [], np.zeros(len(label))
    for code in range(probabilities.shape[1]):
        positive = label == code
        n_positive = int(positive.sum())
        n_negative = len(label) - n_positive
        if not n_positive or not n_negative:
            continue
        score = probabilities[:, code]
        ranks = _ranks(score)
        within = np.empty(len(score))
        within[positive], within[~positive] = _ranks(score[positive]), _ranks(score[~positive])
        below = ranks - within  # cases of the other side with a lower score, ties counting half
        share = np.where(positive, below / n_negative, 1 - below / n_positive)
        area = float(share[positive].mean())
        values.append(area)
        influence += (share - area) / np.where(positive, n_positive, n_negative)
    if not values:
        return Influenced(math.nan, influence)
    return Influenced(float(np.mean(values)), influence / len(values))


def _ranks(score: Floats) -> Floats:
    """From 1, ties sharing their mean rank (scipy.stats.rankdata, whose import takes long)."""
    _, place, times = np.unique(score, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(times) - (times - 1) / 2)[place])


def expected_calibration_error(confidence: Floats, right: Floats) -> float:
    """Σ_bins share · |accuracy − mean confidence| over 15 equal bins (Guo et al. 2017); both (n_cases,)."""
    place = np.clip(np.ceil(confidence * ECE_BINS).astype(np.int64) - 1, 0, ECE_BINS - 1)
    total = np.bincount(place, weights=right - confidence, minlength=ECE_BINS)
    return float(np.abs(total).sum() / len(confidence))


@dataclass(frozen=True)
class ProbabilityMetric:
    """A metric of one model, what kind of number it is and its name in tables."""

    compute: Callable[[Floats, Integers], Influenced]
    kind: Kind
    title: str
    limits: tuple[float, float]


PROBABILITY: Mapping[str, ProbabilityMetric] = {
    "auroc": ProbabilityMetric(auroc, "class average", "AUROC, one against the rest", (0.0, 1.0)),
    "brier": ProbabilityMetric(brier, "score", "Brier score", (0.0, 2.0)),
}
ECE, ECE_TITLE = "ece", "Expected calibration error"


def title_of(metric: str) -> str:
    """The name in tables of a metric that has one number a seed."""
    if metric in AGGREGATE:
        return AGGREGATE[metric].title
    return PROBABILITY[metric].title if metric in PROBABILITY else ECE_TITLE


def limits_of(metric: str) -> tuple[float, float]:
    """The least and greatest value of a metric; 0 and 1 of those that have one number a class."""
    if metric in AGGREGATE:
        return AGGREGATE[metric].limits
    return PROBABILITY[metric].limits if metric in PROBABILITY else (0.0, 1.0)
