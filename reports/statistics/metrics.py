"""Metrics as functions of confusion margins.

To add a metric, write one function and name it in `AGGREGATE` (one number a seed) or `PER_CLASS` (one number
a class and seed); intervals, gaps, tables and JSON follow. Every metric is a ratio of counts with value 0
where its denominator is 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from reports.statistics.confusion_counts import Counts, Floats, Margins

Kind = Literal["proportion", "class average", "class F1", "score"]


def _ratio(numerator: Counts, denominator: Counts) -> Floats:
    # The numerators are part of their denominators, hence 0 wherever these are.
    return np.asarray(numerator / np.where(denominator > 0, denominator, 1.0), dtype=np.float64)


def accuracy(margins: Margins) -> Floats:
    """Share of right predictions, tr C / ΣC: (…, n_seeds)."""
    return _ratio(margins.tp.sum(-1), margins.truth.sum(-1))


def class_recall(margins: Margins) -> Floats:
    """Share of the cases of a class that are predicted as it: (…, n_seeds, n_classes)."""
    return _ratio(margins.tp, margins.truth)


def class_precision(margins: Margins) -> Floats:
    """Share of the predictions of a class that are right: (…, n_seeds, n_classes)."""
    return _ratio(margins.tp, margins.predicted)


def class_f1(margins: Margins) -> Floats:
    """2 C_cc / (C_c· + C_·c) of pooled counts (Forman & Scholz 2010): (…, n_seeds, n_classes)."""
    return _ratio(2.0 * margins.tp, margins.predicted + margins.truth)


def macro_f1(margins: Margins) -> Floats:
    """Mean F1 over the classes of the margins, of which a leaderboard gives those with cases: (…, n_seeds)."""
    return np.asarray(class_f1(margins).mean(-1))


def balanced_accuracy(margins: Margins) -> Floats:
    """Mean recall over the classes that have cases, as in scikit-learn: (…, n_seeds)."""
    present = (margins.truth > 0).sum(-1).astype(np.float64)
    return _ratio(class_recall(margins).sum(axis=-1), present)


def kappa(margins: Margins) -> Floats:
    """Cohen's (1960) kappa, (p_o − p_e) / (1 − p_e), agreement beyond that of the margins: (…, n_seeds).

    0 where the margins leave no room for disagreement (scikit-learn gives NaN there).
    """
    n = margins.truth.sum(-1)
    chance = _ratio((margins.truth * margins.predicted).sum(-1), n**2)
    return np.asarray(np.where(chance < 1, (accuracy(margins) - chance) / np.where(chance < 1, 1 - chance, 1.0), 0.0))


def pair_confusion(margins: Margins, pairs: Sequence[tuple[int, int]]) -> Floats:
    """Share of the cases of two classes taken for the other of the two: (…, n_seeds, n_pairs)."""
    first, second = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return _ratio(margins.confused, margins.truth[..., first] + margins.truth[..., second])


@dataclass(frozen=True)
class Metric:
    """A metric, what kind of number it is (which decides its interval) and its name in tables.

    limits: its least and greatest value. rests_on: for a metric of one class, whether the cases of the class, its
    predictions or both enter. least_classes: a side with cases of fewer has no such number. average_of: the metric of
    one class, a proportion, of which it is the mean.
    """

    compute: Callable[[Margins], Floats]
    kind: Kind
    title: str
    rests_on: Literal["cases", "predictions", "both"] = "cases"
    limits: tuple[float, float] = (0.0, 1.0)
    least_classes: int = 1
    average_of: str | None = None


PRIMARY_METRIC = "macro_f1"
"""Internally, what backbones are ranked by."""

AGGREGATE: Mapping[str, Metric] = {
    "accuracy": Metric(accuracy, "proportion", "Accuracy"),
    "macro_f1": Metric(macro_f1, "class average", "Macro F1"),
    "balanced_accuracy": Metric(balanced_accuracy, "class average", "Balanced accuracy", average_of="recall"),
    "kappa": Metric(kappa, "score", "Cohen's kappa", limits=(-1.0, 1.0), least_classes=2),
}

PER_CLASS: Mapping[str, Metric] = {
    "f1": Metric(class_f1, "class F1", "F1", "both"),
    "precision": Metric(class_precision, "proportion", "Precision", "predictions"),
    "recall": Metric(class_recall, "proportion", "Recall"),
}
