"""What selecting by inner scores did: by how much they promised too much, and how far the choices agree.

A nested search selects inside each outer training part by its inner folds, and is judged on the outer fold.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from reports.statistics.cell import Cell
from reports.statistics.confusion_counts import Floats
from reports.statistics.corrected_t import corrected_interval

METHOD = "corrected t"
NOT_KNOWN = "fewer than two folds, or all differences equal: its spread is not known"


def selection_optimism(inner: Floats, outer: Floats, higher_is_better: bool = True) -> Cell:
    """Selected inner score minus outer score, (n_seeds, n_outer_folds) each; positive: the inner score promised more.

    The interval is that of the corrected resampled t (Nadeau & Bengio 2003): outer training parts share cases, so
    their differences are no independent sample. Where less is better, outer minus inner.
    """
    differences = (inner - outer) if higher_is_better else (outer - inner)
    bounds = corrected_interval(differences)
    if bounds is None:
        return Cell(float(differences.mean()), reason=NOT_KNOWN)
    return Cell(float(differences.mean()), *bounds, METHOD)


@dataclass(frozen=True)
class Range:
    """The numbers between which a parameter was searched, on a logarithmic scale or not."""

    low: float
    high: float
    log: bool = False

    def place(self, value: float) -> float:
        """Where a value lies, between 0 and 1 on the scale searched."""
        low, high, at = (np.log(x) if self.log else x for x in (self.low, self.high, value))
        return float((at - low) / (high - low))


Choice = str | int | float | bool


@dataclass(frozen=True)
class Stability:
    """How far the folds agree on one parameter.

    typical: the median (geometric on a logarithmic scale) or the most frequent choice. spread: the distance from the
    lowest to the highest as a share of the range searched, None for choices. agreement: the share of folds that chose
    the most frequent value. at_edge: how many folds chose an end of the range (within a fiftieth of it).
    """

    parameter: str
    typical: Choice
    lowest: Choice | None
    highest: Choice | None
    spread: float | None
    agreement: float
    at_edge: int | None
    folds: int


def stability(parameter: str, chosen: Sequence[Choice], searched: Range | None) -> Stability:
    """How far the folds agree, from the values that they chose; `searched` is None for one of some choices."""
    value, times = Counter(chosen).most_common(1)[0]
    agreement = times / len(chosen)
    if searched is None:
        return Stability(parameter, value, None, None, None, agreement, None, len(chosen))
    numbers = np.array([float(number) for number in chosen])
    places = [searched.place(number) for number in numbers]
    median = float(np.exp(np.median(np.log(numbers))) if searched.log else np.median(numbers))
    edge = sum(place < 0.02 or place > 0.98 for place in places)
    low, high = min(chosen, key=float), max(chosen, key=float)
    return Stability(parameter, median, low, high, max(places) - min(places), agreement, edge, len(chosen))


def mean_importance(stages: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The mean over studies of each parameter's share, those that have one; the largest first."""
    known = [stage for stage in stages if stage]
    names = dict.fromkeys(name for stage in known for name in stage)
    means = {name: float(np.mean([stage.get(name, 0.0) for stage in known])) for name in names}
    return dict(sorted(means.items(), key=lambda item: -item[1]))
