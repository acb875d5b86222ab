"""The searches of a results folder as reports take them. Reads search/ and trials/; writes figures."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bench.atomic import write_atomically
from bench.data.cases import INTERNAL
from bench.report.entries import NOT_DETERMINISTIC
from bench.report.feature import Feature
from bench.report.leaderboard import RESAMPLING_SEED
from bench.search.metric import run_score
from bench.search.record import RecordedStage, RecordedTrial, SearchRecord, read_records
from bench.store.folder import ResultsFolder
from bench.store.runs import StoredRun
from reports import Entry, build_leaderboard
from reports.page.part import Section
from reports.search.charts import SearchCharts, TrialPoint, search_charts
from reports.search.selection import Range, mean_importance, selection_optimism, stability
from reports.search.sheet import draw_search
from reports.search.tables import NAMES, Counts, FlatSearch, NestedFold, NestedSearch, search_tables
from reports.statistics.cell import Cell
from reports.statistics.metrics import primary
from reports.tables.caveats import with_caveats
from reports.tables.table import Table
from studies.outcome import FEWEST_TRIALS

SEARCHED, GIVEN = "as searched", "given"


def tables_of_searches(folder: ResultsFolder) -> tuple[Table, ...]:
    """All tables of the searches of a folder; none where nothing was searched."""
    records = read_records(folder.root)
    nested = [_nested(folder, record) for record in records if record.nested]
    tables = search_tables(nested, [_flat(record) for record in records if not record.nested])
    fast = {record.name: (NOT_DETERMINISTIC,) for record in records if not record.deterministic}
    notes = [f"{name}: {NOT_DETERMINISTIC.text}." for name in fast]
    return tuple(with_caveats(table, fast, notes) for table in tables) if fast else tables


def _flat(record: SearchRecord) -> FlatSearch:
    stage = record.stages[0]
    best = _best(stage)
    assert best.value is not None
    return FlatSearch(
        record.name, record.metric, best.value, best.params, mean_importance([_importance(stage)]), _counts(record)
    )


def _nested(folder: ResultsFolder, record: SearchRecord) -> NestedSearch:
    chosen = {_place(stage): folder.trials.read(stage.outer_run or "") for stage in record.stages}
    given = {_place(stage): folder.trials.read(stage.default_run or "") for stage in record.stages}
    folds = tuple(
        NestedFold(
            *_place(stage),
            _best(stage).params,
            _best(stage).value or 0.0,
            run_score(record.metric, chosen[_place(stage)]),
            run_score(record.metric, given[_place(stage)]),
        )
        for stage in record.stages
    )
    seeds = sorted({fold.seed for fold in folds})
    in_order = sorted(folds, key=lambda fold: (fold.seed, fold.fold))
    inner = np.array([fold.inner for fold in in_order]).reshape(len(seeds), -1)
    outer = np.array([fold.outer for fold in in_order]).reshape(len(seeds), -1)
    cells, improvement, p, metric = _compared(folder, record, chosen, given)
    return NestedSearch(
        name=record.name,
        metric=record.metric,
        inner=float(inner.mean()),
        outer=cells[SEARCHED],
        optimism=selection_optimism(inner, outer, record.direction == "maximize"),
        default=cells[GIVEN],
        improvement=improvement,
        improvement_metric=metric,
        p=p,
        folds=folds,
        stability=tuple(
            stability(name, [_best(stage).params[name] for stage in record.stages], _range(part))
            for name, part in record.space.items()
        ),
        importance=mean_importance([_importance(stage) for stage in record.stages]),
        counts=_counts(record),
    )


Runs = dict[tuple[int, int], StoredRun]


def _compared(
    folder: ResultsFolder, record: SearchRecord, chosen: Runs, given: Runs
) -> tuple[dict[str, Cell], Cell, float | None, str]:
    """Pooled outer scores of both recipes and their paired difference, by the leaderboard's own statistics."""
    cases = [case for case in folder.cases() or [] if case.site == INTERNAL]
    frame = pd.DataFrame(
        [(case.case_id, case.site, case.label, case.group) for case in cases],
        columns=["case_id", "site", "label", "group"],
    )
    classes = next(iter(chosen.values())).record.spec.classes
    entries = [_entry(record, SEARCHED, chosen), _entry(record, GIVEN, given)]
    board = build_leaderboard(entries, frame, classes, rng=np.random.default_rng(RESAMPLING_SEED))
    rows = {row.recipe: row for row in board.rows}
    cells = {name: rows[name].cells.internal[record.metric] for name in (SEARCHED, GIVEN)}
    endpoints = {comparison.endpoint: comparison for comparison in board.comparisons}
    metric = record.metric if f"internal.{record.metric}" in endpoints else primary().name
    comparison = endpoints[f"internal.{metric}"]
    difference = comparison.difference
    if comparison.a != rows[SEARCHED].name:
        difference = difference.turned()
    return cells, difference, comparison.p, metric


def _entry(record: SearchRecord, recipe: str, runs: Runs) -> Entry:
    tables = [run.predictions().assign(seed=seed, fold=fold) for (seed, fold), run in sorted(runs.items())]
    return Entry(
        backbone=record.backbone,
        weights=record.weights,
        recipe=recipe,
        parameters=next(iter(runs.values())).record.parameters,
        seconds_per_run=float(np.mean([run.record.seconds for run in runs.values()])),
        folds=len({fold for _, fold in runs}),
        predictions=pd.concat(tables, ignore_index=True),
    )


def _place(stage: RecordedStage) -> tuple[int, int]:
    assert stage.seed is not None
    assert stage.fold is not None
    return stage.seed, stage.fold


def _importance(stage: RecordedStage) -> Mapping[str, float]:
    """As recorded, where the study has enough complete trials; earlier releases recorded it of fewer."""
    complete = sum(trial.state == "complete" for trial in stage.trials)
    return stage.importance if complete >= FEWEST_TRIALS else {}


def _best(stage: RecordedStage) -> RecordedTrial:
    return next(trial for trial in stage.trials if trial.number == stage.best)


def _range(part: dict[str, Any] | Sequence[Any]) -> Range | None:
    return Range(part["low"], part["high"], part.get("log", False)) if isinstance(part, dict) else None


def _counts(record: SearchRecord) -> Counts:
    states = Counter(trial.state for stage in record.stages for trial in stage.trials)
    return Counts(states["complete"], states["pruned"], states["failed"])


def write_figures(root: Path, record: SearchRecord) -> list[Path]:
    """One sheet for each study."""
    folder = root / "figures"
    folder.mkdir(exist_ok=True)
    paths = []
    for stage in record.stages:
        paths.append(folder / f"search-{stage.study}.png")
        write_atomically(paths[-1], partial(draw_search, charts_of(record, stage)))
    return paths


def charts_of(record: SearchRecord, stage: RecordedStage) -> SearchCharts:
    """What the sheet of a study shows."""
    points = [
        TrialPoint(
            trial.number,
            trial.params,
            trial.value,
            trial.steps[max(trial.steps)] if trial.state == "pruned" and trial.steps else None,
        )
        for trial in stage.trials
    ]
    space = {name: part.get("log", False) if isinstance(part, dict) else part for name, part in record.space.items()}
    return search_charts(stage.study, record.metric, points, _importance(stage), space, record.direction == "maximize")


def search_section(folder: ResultsFolder) -> Section:
    """The section of the page: charts of the trials, and the tables."""
    from reports.search.page_charts import search_parts  # which the page alone needs, and altair with it

    records = read_records(folder.root)
    charts = [charts_of(record, stage) for record in records for stage in record.stages]
    intro = ("Scores of trials chose one of them; they are no estimate of how it does on other cases.",)
    return Section("search", "Search", intro, (*search_parts(charts), *(tables_of_searches(folder) if records else ())))


def _all_figures(folder: ResultsFolder) -> list[Path]:
    return [path for record in read_records(folder.root) for path in write_figures(folder.root, record)]


SEARCH = Feature(search_section, NAMES, tables_of_searches, _all_figures)
