"""One backbone's row: what comes in, and all its cells."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from reports.statistics.analysis import Analysis, shared_name
from reports.statistics.cases import INTERNAL
from reports.statistics.cell import Cell, CellDict
from reports.statistics.estimate import IntervalChoice, Quantity, estimate
from reports.statistics.metrics import headline, metrics_of
from reports.statistics.metrics.metric import ClassMetric, CountMetric, ProbabilityMetric, ReferencedMetric
from reports.statistics.metrics.of_counts import CONFUSED
from reports.statistics.ranking import Standing
from reports.tables.caveats import Caveat
from reports.tables.training_populations import TrainingDraws

Key = tuple[str, str, str]


@dataclass(frozen=True)
class Entry:
    """One backbone's predictions, as they come from storage.

    predictions: columns seed, fold, site ('internal' or an external name), case_id, label and predicted, one row
    per prediction, and p_<class> for each class where probabilities are known. seconds_per_run: wall time of
    training and evaluating one fold. It and `parameters` are None where predictions were imported. draws: what the same
    settings predict with training cases that were drawn anew. adaptation: how models met external images, empty where
    they did so as they were trained; baseline: the key of the entry that is the same without it, None where there is
    none.
    """

    backbone: str
    weights: str
    recipe: str
    parameters: int | None
    seconds_per_run: float | None
    folds: int
    predictions: pd.DataFrame
    caveats: tuple[Caveat, ...] = ()
    draws: TrainingDraws | None = None
    adaptation: str = ""
    baseline: Key | None = None

    @property
    def key(self) -> Key:
        """Backbone, weights and recipe, which tell entries, and the rows made from them, apart."""
        return self.backbone, self.weights, self.recipe

    @property
    def full_name(self) -> str:
        """What its row is called where several entries have the same backbone."""
        return f"{self.backbone} ({self.recipe}, {self.weights})"


@dataclass(frozen=True)
class SidedCells:
    """Cells of some metrics: internal[METRIC], external[SITE][METRIC] and gap[SITE][METRIC]."""

    internal: Mapping[str, Cell]
    external: Mapping[str, Mapping[str, Cell]]
    gap: Mapping[str, Mapping[str, Cell]]

    def to_dict(self) -> dict[str, object]:
        return {
            "internal": _plain(self.internal),
            "external": {site: _plain(cells) for site, cells in self.external.items()},
            "gap": {site: _plain(cells) for site, cells in self.gap.items()},
        }


@dataclass(frozen=True)
class GapSplit:
    """A gap's two parts: with the internal class mix at both sides, and what the site's own mix adds."""

    appearance: Cell
    prevalence: Cell

    def to_dict(self) -> dict[str, CellDict]:
        return {"appearance": self.appearance.to_dict(), "prevalence": self.prevalence.to_dict()}


@dataclass(frozen=True)
class SharedClasses:
    """The classes that internal and a site both hold, where one lacks some, and class averages over these alone.

    Their gap stands among the row's cells: internal minus external.
    """

    classes: tuple[str, ...]
    internal: Mapping[str, float]
    external: Mapping[str, float]

    def to_dict(self) -> dict[str, object]:
        return {"classes": list(self.classes), "internal": dict(self.internal), "external": dict(self.external)}


@dataclass(frozen=True)
class Row:
    """One backbone of the leaderboard. `name` is its backbone, with recipe and weights if not unique.

    gap_split: site → metric → its parts. shared: site → averages over the classes that it shares, of sites with other
    classes. clusters: side → (cases, clusters). confusion_pairs: the two class names → cells of `CONFUSED`,
    the share of their cases taken for the other class. rank: None where not ranked.
    """

    name: str
    backbone: str
    weights: str
    recipe: str
    parameters: int | None
    seconds_per_run: float | None
    seeds: tuple[int, ...]
    folds: int
    cells: SidedCells
    gap_split: Mapping[str, Mapping[str, GapSplit]]
    shared: Mapping[str, SharedClasses]
    per_class: Mapping[str, SidedCells]
    confusion_pairs: Mapping[tuple[str, str], SidedCells]
    clusters: Mapping[str, tuple[int, int]]
    rank: int | None
    ties: tuple[str, ...]
    caveats: tuple[Caveat, ...]

    @property
    def key(self) -> tuple[str, str, str]:
        """Backbone, weights and recipe, which tell entries, and the rows made from them, apart."""
        return self.backbone, self.weights, self.recipe

    @property
    def sites(self) -> tuple[str, ...]:
        return tuple(self.cells.external)

    def to_dict(self) -> dict[str, object]:
        return {
            "name": self.name,
            "backbone": self.backbone,
            "weights": self.weights,
            "recipe": self.recipe,
            "seeds": len(self.seeds),
            "seed_list": list(self.seeds),
            "folds": self.folds,
            "runs": len(self.seeds) * self.folds,
            **self.cells.to_dict(),
            "gap_split": {
                site: {metric: split.to_dict() for metric, split in splits.items()}
                for site, splits in self.gap_split.items()
            },
            "shared_classes": {site: one.to_dict() for site, one in self.shared.items()},
            "rank": self.rank,
            "ties": list(self.ties),
            "stamps": [one.text for one in self.caveats],
            "parameters": self.parameters,
            "seconds_per_run": self.seconds_per_run,
            "clusters": {
                side: {"cases": cases, "clusters": clusters} for side, (cases, clusters) in self.clusters.items()
            },
            "per_class": {name: cells.to_dict() for name, cells in self.per_class.items()},
            "confusion_pairs": [
                {"classes": list(pair), **cells.to_dict()} for pair, cells in self.confusion_pairs.items()
            ],
        }


def build_row(one: Analysis, entry: Entry, standing: Standing, choice: IntervalChoice) -> Row:
    """The row of one backbone, from its quantities."""
    return Row(
        name=one.pooled.name,
        backbone=entry.backbone,
        weights=entry.weights,
        recipe=entry.recipe,
        parameters=entry.parameters,
        seconds_per_run=entry.seconds_per_run,
        seeds=one.pooled.seeds,
        folds=entry.folds,
        cells=_with_referenced(one, _cells(one, choice)),
        gap_split={
            site: {metric.name: _split(one, metric, site, choice) for metric in headline()} for site in one.sites
        },
        shared={site: _shared(one, site) for site in one.sites if 0 < len(one.shared[site]) < len(one.classes)},
        per_class={name: _class_cells(one, code, choice) for code, name in enumerate(one.classes)},
        confusion_pairs={
            (one.classes[a], one.classes[b]): _pair_cells(one, position, choice)
            for position, (a, b) in enumerate(one.pairs)
        },
        clusters={name: (side.n_cases, len(side.clusters)) for name, side in one.pooled.sides.items()},
        rank=standing.rank,
        ties=standing.ties,
        caveats=entry.caveats,
    )


def _sided(
    sites: Sequence[str],
    on_side: Callable[[str], Mapping[str, Quantity]],
    gap: Callable[[str], Mapping[str, Quantity]],
    choice: IntervalChoice,
) -> SidedCells:
    def cells(quantities: Mapping[str, Quantity]) -> dict[str, Cell]:
        return {metric: estimate(one, choice) for metric, one in quantities.items()}

    return SidedCells(
        internal=cells(on_side(INTERNAL)),
        external={site: cells(on_side(site)) for site in sites},
        gap={site: cells(gap(site)) for site in sites},
    )


def _split(one: Analysis, metric: CountMetric, site: str, choice: IntervalChoice) -> GapSplit:
    shifts = (one.appearance_shift(metric, site), one.prevalence_shift(metric, site))
    return GapSplit(*(estimate(shift, choice) for shift in shifts))


def _shared(one: Analysis, site: str) -> SharedClasses:
    averages = [name for name, metric in metrics_of(CountMetric).items() if metric.kind == "class average"]
    internal, external = (
        {metric: one.sides[side].of(shared_name(metric, site)).value for metric in averages}
        for side in (INTERNAL, site)
    )
    return SharedClasses(tuple(one.classes[code] for code in one.shared[site]), internal, external)


def _cells(one: Analysis, choice: IntervalChoice) -> SidedCells:
    """Metrics of counts, and of probabilities where there are any."""
    metrics: dict[str, CountMetric | ProbabilityMetric] = {**metrics_of(CountMetric)}
    if one.pooled.probabilities:
        metrics |= metrics_of(ProbabilityMetric)
    return _sided(
        one.sites,
        lambda side: {name: one.on_side(metric, side) for name, metric in metrics.items()},
        lambda site: {name: one.gap(metric, site) for name, metric in metrics.items()},
        choice,
    )


def _with_referenced(one: Analysis, cells: SidedCells) -> SidedCells:
    """With the metrics that have a reference instead of an interval, and no gap."""
    if not one.pooled.probabilities:
        return cells
    metrics = metrics_of(ReferencedMetric)

    def on_side(side: str) -> dict[str, Cell]:
        values = {name: one.referenced[name][side] for name in metrics}
        return {name: Cell(value, reason=metrics[name].remark(ideal)) for name, (value, ideal) in values.items()}

    no_gap = {name: Cell(None, reason=metric.no_gap) for name, metric in metrics.items()}
    return SidedCells(
        {**cells.internal, **on_side(INTERNAL)},
        {site: {**of_site, **on_side(site)} for site, of_site in cells.external.items()},
        {site: {**of_site, **no_gap} for site, of_site in cells.gap.items()},
    )


def _class_cells(one: Analysis, code: int, choice: IntervalChoice) -> SidedCells:
    on = {
        side: {name: one.of_class(metric, side, code) for name, metric in metrics_of(ClassMetric).items()}
        for side in (INTERNAL, *one.sites)
    }
    return _sided(one.sites, on.__getitem__, lambda site: _minus(on[INTERNAL], on[site]), choice)


def _pair_cells(one: Analysis, position: int, choice: IntervalChoice) -> SidedCells:
    def on_side(side: str) -> dict[str, Quantity]:
        return {CONFUSED.name: one.confusion(position, side)}

    return _sided(one.sites, on_side, lambda site: _minus(on_side(INTERNAL), on_side(site)), choice)


def _minus(a: Mapping[str, Quantity], b: Mapping[str, Quantity]) -> dict[str, Quantity]:
    return {metric: a[metric] - b[metric] for metric in a}


def _plain(cells: Mapping[str, Cell]) -> dict[str, CellDict]:
    return {metric: cell.to_dict() for metric, cell in cells.items()}
