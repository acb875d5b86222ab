"""The score of one model on the cases that it did not see, by the same code as every table. Pure."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bench.plan.spec import EpochRecord
from reports.margins import count_margins
from reports.metrics import AGGREGATE
from reports.probability_metrics import PROBABILITY


def direction(metric: str) -> Literal["maximize", "minimize"]:
    """Whether more is better."""
    return "minimize" if metric == "brier" else "maximize"


def unit_score(metric: str, labels: NDArray[np.int64], probabilities: NDArray[np.float32]) -> float:
    """`metric` of probabilities (n_cases, n_classes) against class numbers (n_cases,)."""
    if metric in PROBABILITY:
        return float(PROBABILITY[metric].compute(probabilities.astype(np.float64), labels).value)
    one = np.zeros_like(labels)
    n_classes = probabilities.shape[1]
    counted = count_margins(
        one, one, labels, probabilities.argmax(axis=1), n_clusters=1, n_seeds=1, n_classes=n_classes
    )
    return float(AGGREGATE[metric].compute(counted.total()).item())


def epoch_score(metric: str, record: EpochRecord) -> float:
    """What stands in for `metric` under way: accuracy for itself, the loss for the Brier score, else macro F1."""
    if metric == "accuracy":
        return record.val_accuracy
    return record.val_loss if metric == "brier" else record.val_macro_f1
