"""Scores of one set of predictions, by the same code as every table. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from reports.statistics.confusion_counts import count_confusions
from reports.statistics.metrics.of_counts import accuracy, macro_f1


@dataclass(frozen=True)
class Scores:
    """Shares between 0 and 1."""

    accuracy: float
    macro_f1: float


def score(labels: NDArray[np.int64], predicted: NDArray[np.int64], n_classes: int) -> Scores:
    """Scores of class numbers (n,) against class numbers (n,)."""
    one = np.zeros_like(labels)
    counts = count_confusions(one, one, labels, predicted, n_clusters=1, n_seeds=1, n_classes=n_classes).total()
    return Scores(accuracy(counts).item(), macro_f1(counts).item())


def scores_by_site(
    sites: Sequence[str], labels: NDArray[np.int64], predicted: NDArray[np.int64], n_classes: int
) -> dict[str, dict[str, float]]:
    """Accuracy and macro-F1 of one run by site; means over runs of a seed are not the pooled scores of tables."""
    names = np.array(sites)
    return {
        site: asdict(score(labels[names == site], predicted[names == site], n_classes)) for site in dict.fromkeys(sites)
    }


def class_numbers(names: Iterable[str], classes: tuple[str, ...]) -> NDArray[np.int64]:
    """Position of each name in `classes`."""
    position = {name: number for number, name in enumerate(classes)}
    return np.array([position[name] for name in names], dtype=np.int64)
