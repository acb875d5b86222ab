"""What a metric is: one declaration that answers all that the program asks of it, so that nothing asks for its name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from reports.statistics.confusion_counts import ConfusionCounts, Floats, Integers, count_confusions
from reports.statistics.probabilities import Probabilities

Kind = Literal["proportion", "class average", "class F1", "score"]
"""What sort of number it is, which decides its interval and how many clusters that needs."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A number that says how well a model does.

    name: in JSON and on the command line. title: in tables and charts; keeps_capital: also inside a sentence, as names
    and abbreviations do. limits: its least and greatest value. chance: what guessing reaches where class c is guessed
    with probability drawn[c] and a share held[c] of the cases is of it, both (n_classes,); None where it is not known.
    """

    name: str
    title: str
    kind: Kind
    keeps_capital: bool = False
    limits: tuple[float, float] = (0.0, 1.0)
    higher_is_better: bool = True
    chance: Callable[[Floats, Floats], float] | None = None

    @property
    def in_sentence(self) -> str:
        """The title as it stands in the middle of a sentence."""
        return self.title if self.keeps_capital else self.title[0].lower() + self.title[1:]


@dataclass(frozen=True, kw_only=True)
class CountMetric(Metric):
    """A metric of confusion counts, one number a seed.

    compute: counts (…, n_seeds, n_classes) → (…, n_seeds). least_classes: a side with fewer has no such number.
    average_of: the proportion of one class of which it is the mean. headline: it stands in the leaderboard, backbones
    are compared by it, and its gaps are split into their parts. primary: backbones are ranked by it; more of it is
    better. share_right: it is the share of cases that are predicted right, so McNemar's test and the sample gain are
    of it.
    """

    compute: Callable[[ConfusionCounts], Floats]
    least_classes: int = 1
    average_of: ClassMetric | None = None
    headline: bool = False
    primary: bool = False
    share_right: bool = False

    def score(self, probabilities: Floats, label: Integers) -> float:
        """Of one model, which predicts the most probable class: (n_cases, n_classes) and (n_cases,)."""
        one, n_classes = np.zeros_like(label), probabilities.shape[1]
        predicted = probabilities.argmax(axis=1)
        counts = count_confusions(one, one, label, predicted, n_clusters=1, n_seeds=1, n_classes=n_classes)
        return float(self.compute(counts.total()).item())


@dataclass(frozen=True, kw_only=True)
class ClassMetric(Metric):
    """A metric of confusion counts, one number a class and seed.

    compute: counts → (…, n_seeds, n_classes). rests_on: whether the cases of the class, its predictions or both enter.
    headline: it stands for the class on the page.
    """

    compute: Callable[[ConfusionCounts], Floats]
    rests_on: Literal["cases", "predictions", "both"] = "cases"
    headline: bool = False


@dataclass(frozen=True, kw_only=True)
class PairMetric(Metric):
    """A metric of confusion counts, one number a pair of classes and seed.

    compute: counts, pairs of class codes → (…, n_seeds, n_pairs).
    """

    compute: Callable[[ConfusionCounts, Sequence[tuple[int, int]]], Floats]


@dataclass(frozen=True)
class LeftOut:
    """A metric of one model, NaN where it is undefined, and the same without each cluster.

    value: (n_terms,), whose mean the metric is: one a class for class averages, else one. without: (n_clusters,
    n_terms).
    """

    value: Floats
    without: Floats


@dataclass(frozen=True, kw_only=True)
class ProbabilityMetric(Metric):
    """A metric of predicted probabilities, of one model on the cases that it did not see.

    compute: probabilities (n_cases, n_classes), labels and clusters (n_cases,), codes from 0. calibration: what the
    section on calibration says of it, where it stands there; short: its name in the title there.
    """

    compute: Callable[[Floats, Integers, Integers], LeftOut]
    calibration: str | None = None
    short: str = ""

    def score(self, probabilities: Floats, label: Integers) -> float:
        """Of one model: (n_cases, n_classes) and (n_cases,)."""
        found = self.compute(probabilities.astype(np.float64), label, np.zeros_like(label))
        return float(np.nanmean(found.value))


@dataclass(frozen=True, kw_only=True)
class ReferencedMetric(Metric):
    """A metric of predicted probabilities that has no interval: beside it stands what it would be by chance alone.

    compute: predictions of one side, whether fold models are pooled, a generator → value and reference. remark: what
    a cell says of the reference; no_gap: why a gap is not given. calibration, short: as of `ProbabilityMetric`.
    """

    compute: Callable[[Probabilities, bool, np.random.Generator], tuple[float, float]]
    remark: Callable[[float], str]
    no_gap: str
    calibration: str | None = None
    short: str = ""
