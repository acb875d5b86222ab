"""Which cases stand in which cell of the confusion matrices."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from reports.page.image import Image
from reports.statistics.cases import INTERNAL
from reports.statistics.checks import codes
from reports.statistics.confusion_counts import Floats, Integers
from reports.statistics.probabilities import probabilities_in

MOST_CASES, MOST_CELLS = 40, 400
"""Of a cell, and of a matrix: all cells of up to 20 classes, the most frequent ones of more."""
MOST_LISTED = 150_000
"""Cases that a page lists in all its cells together; they are its largest part."""


@dataclass(frozen=True)
class ListedCase:
    """A case in a cell. case: its place in `Confusions.cases`; share: of its predictions; probability: their mean."""

    case: int
    share: float
    probability: float | None


@dataclass(frozen=True)
class ConfusionCell:
    """Cases of class `truth` predicted as `predicted`: the most frequent first, and how many more there are."""

    truth: int
    predicted: int
    cases: tuple[ListedCase, ...]
    more: int


@dataclass(frozen=True)
class SideConfusion:
    """One matrix. counts: (n_seeds, n_classes, n_classes), truth before prediction, summed over the fold models.

    predictions: how many each case has in one seed (1 internally, externally one a fold model).
    """

    side: str
    counts: Integers
    predictions: int
    cells: tuple[ConfusionCell, ...]

    @property
    def mean(self) -> Floats:
        """Cases a seed, averaged over seeds and fold models: (n_classes, n_classes)."""
        return np.asarray(self.counts.mean(0) / self.predictions, dtype=np.float64)


@dataclass(frozen=True)
class Confusions:
    """The matrices of all backbones, by name and in the order of the leaderboard. cases: all ids that cells name.

    pictures: of some of the cases, by their place in `cases`.
    """

    classes: tuple[str, ...]
    cases: tuple[str, ...]
    of_backbone: Mapping[str, tuple[SideConfusion, ...]]
    pictures: Mapping[int, Image] = field(default_factory=dict)


def gather(predictions: Mapping[str, tuple[pd.DataFrame, Sequence[int]]], classes: Sequence[str]) -> Confusions:
    """Count and list the predictions of each backbone, of the seeds given with them.

    predictions: name → columns seed, fold, site, case_id, label, predicted and, if known, p_<class>. Each cell lists up
    to 40 cases, fewer where there are so many cells that 150,000 do not reach.
    """
    ids = pd.Index(sorted({case for table, _ in predictions.values() for case in table["case_id"].unique()}))
    matrices = sum(table["site"].nunique() for table, _ in predictions.values())
    budget = MOST_LISTED // max(1, matrices)
    return Confusions(
        tuple(classes),
        tuple(map(str, ids)),
        {name: _sides(table, seeds, ids, classes, budget) for name, (table, seeds) in predictions.items()},
    )


def _sides(
    table: pd.DataFrame, seeds: Sequence[int], ids: pd.Index, classes: Sequence[str], budget: int
) -> tuple[SideConfusion, ...]:
    table = table[table["seed"].isin(list(seeds))]
    sites = sorted(map(str, table["site"].unique()), key=lambda site: (site != INTERNAL, site))
    return tuple(_side(site, table[table["site"] == site], seeds, ids, classes, budget) for site in sites)


def _side(
    site: str, table: pd.DataFrame, seeds: Sequence[int], ids: pd.Index, classes: Sequence[str], budget: int
) -> SideConfusion:
    n, known = len(classes), pd.Index(list(classes))
    seed = np.searchsorted(sorted(seeds), table["seed"].to_numpy())
    truth, predicted = codes(table["label"], known), codes(table["predicted"], known)
    counts = np.bincount((seed * n + truth) * n + predicted, minlength=len(seeds) * n * n).reshape(-1, n, n)
    probabilities = probabilities_in(table, classes)
    probability = np.nan if probabilities is None else probabilities[np.arange(len(table)), predicted]
    found = {"truth": truth, "predicted": predicted, "case": codes(table["case_id"], ids), "probability": probability}
    models = 1 if site == INTERNAL else int(table["fold"].nunique())
    return SideConfusion(site, counts, models, _cells(pd.DataFrame(found), budget))


def _cells(predictions: pd.DataFrame, budget: int) -> tuple[ConfusionCell, ...]:
    """predictions: columns truth, predicted, case (codes) and probability, a row for each model and case."""
    cell = ["truth", "predicted"]
    predictions["share"] = 1 / predictions.groupby("case")["case"].transform("size")
    of_case = predictions.groupby([*cell, "case"])
    cases = of_case.agg(
        times=("share", "size"), share=("share", "sum"), probability=("probability", "mean")
    ).reset_index()
    cases = cases.sort_values(["share", "probability", "case"], ascending=[False, False, True])
    most_frequent = cases.groupby(cell)["times"].sum().nlargest(MOST_CELLS)
    most = min(MOST_CASES, max(1, budget // len(most_frequent)))
    shown = cases.groupby(cell).head(most)
    listed: dict[tuple[int, int], list[ListedCase]] = defaultdict(list)
    for truth, predicted, case, share, mean in shown[[*cell, "case", "share", "probability"]].to_numpy().tolist():
        listed[int(truth), int(predicted)].append(ListedCase(int(case), share, None if math.isnan(mean) else mean))
    number = cases.groupby(cell).size()
    return tuple(
        ConfusionCell(truth, predicted, tuple(listed[truth, predicted]), max(0, int(number[truth, predicted]) - most))
        for truth, predicted in sorted(most_frequent.index)
    )


def most_confused(confusions: Confusions, most: int) -> tuple[int, ...]:
    """Places in `cases` of those that stand first in cells of wrong predictions: the first of each cell, then the
    second of each, and so on, backbone by backbone in their order."""
    cells = [
        [one.case for one in cell.cases]
        for sides in confusions.of_backbone.values()
        for side in sides
        for cell in side.cells
        if cell.truth != cell.predicted
    ]
    in_turn = (cell[place] for place in range(MOST_CASES) for cell in cells if place < len(cell))
    return tuple(dict.fromkeys(in_turn))[:most]
