"""Predictions of repeated runs: their scores, and how often two of them disagree.

A run here is one seed with all its folds. `predicted` is (n_runs, n_models, n_cases) class codes, −1 where a run does
not predict a case: internally one model a case, its out-of-fold one; at an external site every fold model.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from reports.statistics.confusion_counts import ConfusionCounts, Floats, Integers, count_confusions
from reports.statistics.metrics import headline, of_each_class


@dataclass(frozen=True)
class Side:
    """The cases of one site with their predictions; labels (n_cases,), predicted (n_runs, n_models, n_cases)."""

    labels: Integers
    predicted: Integers
    n_classes: int

    def scores(self) -> dict[str, Floats]:
        """The headline metrics of each run, (n_runs,), of predictions pooled over models as the leaderboard does."""
        counts = self._counts()
        return {metric.name: metric.compute(counts) for metric in headline()}

    def of_each_class(self) -> Floats:
        """The metric of each class in each run: (n_runs, n_classes)."""
        return of_each_class().compute(self._counts())

    def _counts(self) -> ConfusionCounts:
        run, model, case = np.nonzero(self.predicted >= 0)
        return count_confusions(
            np.zeros_like(run),
            run,
            self.labels[case],
            self.predicted[run, model, case],
            n_clusters=1,
            n_seeds=len(self.predicted),
            n_classes=self.n_classes,
        ).total()


def churn(predicted: Integers) -> float | None:
    """Mean over pairs of runs of P(ŷ_A ≠ ŷ_B), over the predictions that both have (Milani Fard et al. 2016).

    None below two runs, or where no two share a case.
    """
    shares = [share for a, b in combinations(predicted, 2) if (share := disagreement(a, b)) is not None]
    return float(np.mean(shares)) if shares else None


def disagreement(a: Integers, b: Integers) -> float | None:
    """P(ŷ_A ≠ ŷ_B) of two runs, each (n_models, n_cases); None where they share no case."""
    both = (a >= 0) & (b >= 0)
    return float((a != b)[both].mean()) if both.any() else None


def flip_rates(predicted: Integers) -> Floats:
    """For each case the share of pairs of runs that predict it differently, averaged over models: (n_cases,).

    NaN where no two runs predict the case. Their mean is the churn where every run predicts every case.
    """
    differ, pairs = np.zeros(predicted.shape[-1]), np.zeros(predicted.shape[-1])
    for a, b in combinations(predicted, 2):
        both = (a >= 0) & (b >= 0)
        differ += ((a != b) & both).sum(0)
        pairs += both.sum(0)
    with np.errstate(invalid="ignore"):
        return np.asarray(differ / np.where(pairs > 0, pairs, np.nan))


def worst(rates: Mapping[str, Floats], most: int) -> list[int]:
    """The cases whose predictions flip most, on the mean over sources; those that never flip are not among them."""
    found = np.nan_to_num(np.stack(list(rates.values())))
    order = np.lexsort((-found.max(axis=0), -found.mean(axis=0)))[:most]
    return [int(case) for case in order if found[:, case].any()]
