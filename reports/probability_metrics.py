"""Metrics of predicted probabilities, of one model on the cases that it did not see.

They do not pool over models with different offsets, so each is computed per fold model and averaged. To add one, write
a function that returns its value and how much each case moves it, and name it in `PROBABILITY`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from reports.margins import Flags, Floats, Integers
from reports.metrics import AGGREGATE, Kind

ECE_BINS = 15
_EDGE = 1e-6  # probabilities stored as float32 belong to the bin that they were meant for


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
    positive = label == np.arange(probabilities.shape[1])[:, None]
    n_positive = positive.sum(1)
    n_negative = len(label) - n_positive
    both = (n_positive > 0) & (n_negative > 0)
    if not both.any():
        return Influenced(math.nan, np.zeros(len(label)))
    positive, n_positive, n_negative = positive[both], n_positive[both, None], n_negative[both, None]
    below = _below(probabilities.T[both], positive)
    share = np.where(positive, below / n_negative, 1 - below / n_positive)
    areas = np.array([of_class[cases].mean() for of_class, cases in zip(share, positive, strict=True)])
    influence = ((share - areas[:, None]) / np.where(positive, n_positive, n_negative)).sum(0)
    return Influenced(float(areas.mean()), influence / len(areas))


def _below(score: Floats, positive: Flags) -> Floats:
    """How many cases of the other side have a lower score, ties counting half; all (n_classes, n_cases).

    positive: the cases of the class, the others being the other side. The numbers of cases before the first and before
    the last tie of a case, averaged, count what is lower and half of what is tied.
    """
    n_classes, n = score.shape
    rows = np.arange(n_classes)[:, None]
    order = np.argsort(score, axis=1)
    ordered = score[rows, order]
    before = np.zeros((n_classes, n + 1), dtype=np.int64)  # positive cases among the first so many
    np.cumsum(positive[rows, order], axis=1, out=before[:, 1:])
    changes, place = ordered[:, 1:] != ordered[:, :-1], np.arange(1, n)
    first, last = np.zeros((n_classes, n), dtype=np.int64), np.full((n_classes, n), n)
    np.maximum.accumulate(np.where(changes, place, 0), axis=1, out=first[:, 1:])
    last[:, :-1] = np.minimum.accumulate(np.where(changes, place, n)[:, ::-1], axis=1)[:, ::-1]
    positives = before[rows, first] + before[rows, last]
    found = np.empty((n_classes, n))
    found[rows, order] = np.where(positive[rows, order], first + last - positives, positives) / 2
    return found


def expected_calibration_error(confidence: Floats, right: Floats) -> float:
    """Σ_bins share · |accuracy − mean confidence| over 15 equal bins (Guo et al. 2017); both (n_cases,)."""
    place = np.clip(np.ceil(confidence * ECE_BINS - _EDGE).astype(np.int64) - 1, 0, ECE_BINS - 1)
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
