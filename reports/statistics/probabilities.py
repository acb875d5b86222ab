"""Predicted probabilities: in which columns they are, whether they are valid, and those of one side as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.statistics.confusion_counts import Flags, Floats, Integers

if TYPE_CHECKING:
    import pandas as pd  # the command line names metrics, and does not wait for pandas

_SUM_TOLERANCE = 1e-2  # probabilities of half precision


def probability_columns(classes: Sequence[str]) -> list[str]:
    """The columns of a table of predictions that hold the probability of each class."""
    return [f"p_{name}" for name in classes]


def probabilities_in(table: pd.DataFrame, classes: Sequence[str]) -> Floats | None:
    """The probabilities of each row, (n_rows, n_classes); None where a column is missing."""
    columns = probability_columns(classes)
    return table[columns].to_numpy(dtype=np.float64) if set(columns) <= set(table.columns) else None


def are_probabilities(rows: Floats) -> Flags:
    """Which rows (…, n_classes) are finite, not negative and sum to 1: (…)."""
    known = np.where(np.isfinite(rows), rows, -1.0)
    return np.asarray((known >= 0).all(-1) & (np.abs(known.sum(-1) - 1) <= _SUM_TOLERANCE))


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
