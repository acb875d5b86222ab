"""The tables of a search."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reports.search.selection import Choice, Stability
from reports.statistics.cell import Cell
from reports.statistics.metrics import METRICS
from reports.tables.caveats import TUNED
from reports.tables.table import Column, Item, Table, Term

NAMES = ("search_nested", "search_folds", "search_stability", "search_flat", "search_importance")
_SEARCH = Column("search", "Search")
_METRIC = Column("metric", "Metric")


@dataclass(frozen=True)
class Counts:
    """How the trials of one or more studies ended."""

    complete: int
    pruned: int
    failed: int


@dataclass(frozen=True)
class NestedFold:
    """What one outer fold came to. `inner` selected the parameters; `outer` judges them, `default` the given recipe."""

    seed: int
    fold: int
    params: Mapping[str, Choice]
    inner: float
    outer: float
    default: float


@dataclass(frozen=True)
class NestedSearch:
    """A nested search of one backbone. Cells: pooled outer scores, and their paired difference with its p-value."""

    name: str
    metric: str
    inner: float
    outer: Cell
    optimism: Cell
    default: Cell
    improvement: Cell
    improvement_metric: str
    p: float | None
    folds: tuple[NestedFold, ...]
    stability: tuple[Stability, ...]
    importance: Mapping[str, float]
    counts: Counts


@dataclass(frozen=True)
class FlatSearch:
    """A flat search: its best score chose the trial, so it is no estimate of anything else."""

    name: str
    metric: str
    best: float
    params: Mapping[str, Choice]
    importance: Mapping[str, float]
    counts: Counts


def search_tables(nested: Sequence[NestedSearch], flat: Sequence[FlatSearch]) -> tuple[Table, ...]:
    """All tables of the searches of a results folder; those without rows are left out."""
    tables = (_nested(nested), _folds(nested), _stability(nested), _flat(flat), _importance([*nested, *flat]))
    return tuple(table for table in tables if table.rows)


def _nested(searches: Sequence[NestedSearch]) -> Table:
    return Table(
        "search_nested",
        "Nested search, on cases that it did not see",
        (
            _SEARCH,
            _METRIC,
            Column("outer", "Outer score", "cell"),
            Column("inner", "Selected inner score", "number"),
            Column("optimism", "Selection optimism", "cell", 3),
            Column("default", "Given recipe", "cell"),
            Column("improvement", "Improvement", "cell", 3),
            Column("improvement_metric", "Improvement in"),
            Column("p", "p", "p"),
        ),
        tuple(
            (
                *(one.name, Term.of(METRICS[one.metric]), one.outer, one.inner, one.optimism, one.default),
                *(one.improvement, Term.of(METRICS[one.improvement_metric]), one.p),
            )
            for one in searches
        ),
        (
            "Outer score: pooled over outer folds, each predicted by the recipe that a study inside its training part "
            "chose. Selection optimism: selected inner score minus outer score of the same fold, averaged; interval by "
            "the corrected resampled t over outer folds. It is confounded with training size: inner folds train on "
            "fewer cases, which lowers inner scores, so that a low value does not show that selecting did no harm. "
            "Improvement: outer score minus that of the given recipe in the same folds, with the leaderboard's paired "
            "interval and the p of the paired jackknife t.",
        ),
    )


def _folds(searches: Sequence[NestedSearch]) -> Table:
    names = sorted({name for one in searches for fold in one.folds for name in fold.params})
    return Table(
        "search_folds",
        "What each outer fold chose",
        (
            _SEARCH,
            Column("seed", "Seed", "number"),
            Column("fold", "Fold", "number"),
            *(Column(f"chosen_{name}", name) for name in names),
            Column("inner", "Inner score", "number", 3),
            Column("outer", "Outer score", "number", 3),
            Column("default", "Given recipe", "number", 3),
        ),
        tuple(
            (
                *(one.name, fold.seed, fold.fold),
                *(_text(fold.params.get(name)) for name in names),
                *(fold.inner, fold.outer, fold.default),
            )
            for one in searches
            for fold in one.folds
        ),
    )


def _stability(searches: Sequence[NestedSearch]) -> Table:
    return Table(
        "search_stability",
        "How far the outer folds agree",
        (
            _SEARCH,
            Column("parameter", "Parameter"),
            Column("typical", "Typical"),
            Column("lowest", "Lowest"),
            Column("highest", "Highest"),
            Column("spread", "Spread of the range", "number"),
            Column("agreement", "Folds with the same", "number"),
            Column("at_edge", "At an end of the range"),
        ),
        tuple(
            (
                *(one.name, part.parameter, _text(part.typical), _text(part.lowest), _text(part.highest)),
                *(part.spread, part.agreement, None if part.at_edge is None else f"{part.at_edge} of {part.folds}"),
            )
            for one in searches
            for part in one.stability
        ),
        (
            "Spread: from the lowest to the highest choice, as a share of the range searched on its scale. A choice at "
            "an end says that the range may be too narrow.",
        ),
    )


def _flat(searches: Sequence[FlatSearch]) -> Table:
    return Table(
        "search_flat",
        "Flat search",
        (
            _SEARCH,
            _METRIC,
            Column("best", "Best inner score", "number", 3),
            Column("chosen", "Chosen"),
            Column("complete", "Complete", "number"),
            Column("pruned", "Pruned", "number"),
            Column("failed", "Failed", "number"),
        ),
        tuple(
            (
                *(one.name, Term.of(METRICS[one.metric]), one.best),
                ", ".join(f"{name} {_text(value)}" for name, value in one.params.items()),
                *(one.counts.complete, one.counts.pruned, one.counts.failed),
            )
            for one in searches
        ),
        (f"Best inner score: {TUNED}, so it is no estimate of performance; rows run with the recipe are not ranked.",),
    )


def _importance(searches: Sequence[NestedSearch | FlatSearch]) -> Table:
    return Table(
        "search_importance",
        "What the score depended on",
        (_SEARCH, Column("parameter", "Parameter"), Column("importance", "Importance", "number")),
        tuple((one.name, name, share) for one in searches for name, share in one.importance.items()),
        (
            "Share of the variance of the score over the space, by fANOVA, of studies of at least 20 complete trials; "
            "mean over those of a nested search.",
        ),
    )


def _text(value: Choice | None) -> Item:
    if value is None:
        return None
    return f"{value:.3g}" if isinstance(value, float) else str(value)
