"""The page of a results folder. Reads it, writes report.html and figures/."""

import importlib.metadata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from bench.atomic import write_text
from bench.cache import Caches
from bench.errors import BenchError
from bench.explain.page_section import explain_section
from bench.nondeterminism.report import nondeterminism_tables
from bench.report.compiled import Compiled
from bench.report.entries import Stored, read_stored
from bench.report.figures import write_charts
from bench.report.leaderboard import about
from bench.report.sections import data_section, labels_section, reproduce_section
from bench.search.figures import charts_of
from bench.search.record import read_records
from bench.search.report import tables_of_searches
from bench.store.folder import ResultsFolder
from bench.store.runs import StoredRun
from reports import Entry, Leaderboard
from reports.page.answer import answer
from reports.page.board_sections import board_sections
from reports.page.draw_figure import VEGA_LITE
from reports.page.draw_page import page_html, vega_scripts
from reports.page.limits import limits
from reports.page.model_sections import model_sections
from reports.page.part import Page, Section, in_order
from reports.search.page import search_parts

NAME = "report.html"


@dataclass(frozen=True)
class WrittenPage:
    """The page and the figures beside it."""

    page: Path
    figures: tuple[Path, ...]


def write_page(folder: ResultsFolder, compiled: Compiled | None, caches: Caches) -> WrittenPage:
    """Draw the page of what was compiled; None: no run is ranked. Call only while holding the folder's lock.

    Raises:
        BenchError: a search or a study of nondeterminism has left no data to speak of.
    """
    page = page_of(folder, compiled, caches) if compiled else page_without_runs(folder)
    figures = write_charts(folder.root, page.charts)
    path = folder.root / NAME
    write_text(path, page_html(page, _scripts(caches)))
    return WrittenPage(path, tuple(figures))


def page_of(folder: ResultsFolder, compiled: Compiled, caches: Caches) -> Page:
    """The page before it is drawn; writes nothing."""
    return Page(
        title=f"Report on {folder.root.resolve().name}",
        subtitle=about(compiled.stored),
        lead=answer(compiled.leaderboard),
        sections=in_order(list(_sections(folder, compiled, caches))),
    )


def page_without_runs(folder: ResultsFolder) -> Page:
    """Of a folder where something was searched or repeated, and nothing was run that could be ranked."""
    stored = read_stored(folder)
    if stored is None:
        raise BenchError(f"{folder.root} has no cases.parquet or folds.parquet, so there is no page. Restore them.")
    return Page(
        title=f"Report on {folder.root.resolve().name}",
        subtitle=about(stored),
        lead=("No model is ranked here: no run of bench run or bench import is stored.",),
        sections=in_order(
            [
                _search(folder),
                _nondeterminism(folder),
                data_section(folder, stored.cases, tuple(stored.experiment.class_order or ())),
                reproduce_section(folder, stored),
            ]
        ),
    )


def _sections(folder: ResultsFolder, compiled: Compiled, caches: Caches) -> Iterator[Section]:
    """From all sources; a source without anything gives a section without parts, which the page leaves out.

    A further source is one more line here; its place on the page is in `reports.page.part.ORDER`.
    """
    leaderboard, stored = compiled.leaderboard, compiled.stored
    classes = tuple(stored.experiment.class_order or ())
    entries = _by_row(leaderboard, stored)
    histories = {name: _history(runs) for name, (_, runs) in entries.items()}
    yield from board_sections(leaderboard)
    yield from model_sections(leaderboard, {name: entry for name, (entry, _) in entries.items()}, histories)
    yield _search(folder)
    yield _nondeterminism(folder)
    yield explain_section(folder)
    yield labels_section(stored, leaderboard, caches)
    yield data_section(folder, stored.cases, classes)
    yield reproduce_section(folder, stored)
    yield limits(leaderboard, synthetic=stored.experiment.uses_phantom and not stored.imported, warning=stored.warning)


def _by_row(leaderboard: Leaderboard, stored: Stored) -> dict[str, tuple[Entry, list[StoredRun]]]:
    """What each row of the leaderboard was made from."""
    made = {
        (entry.backbone, entry.weights, entry.recipe): (entry, runs)
        for entry, runs in zip(stored.entries, stored.runs, strict=True)
    }
    return {row.name: made[row.backbone, row.weights, row.recipe] for row in leaderboard.rows}


def _history(runs: list[StoredRun]) -> pd.DataFrame:
    """Columns seed, fold and those of history.parquet; empty where nothing was trained here."""
    tables = [
        table.assign(seed=run.record.spec.seed, fold=run.record.spec.fold)
        for run in runs
        if (table := run.history()) is not None
    ]
    kept = [table for table in tables if len(table)]
    return pd.concat(kept, ignore_index=True) if kept else pd.DataFrame()


def _search(folder: ResultsFolder) -> Section:
    records = read_records(folder.root)
    charts = [charts_of(record, stage) for record in records for stage in record.stages]
    intro = ("Scores of trials chose one of them; they are no estimate of how it does on other cases.",)
    return Section("search", "Search", intro, (*search_parts(charts), *(tables_of_searches(folder) if records else ())))


def _nondeterminism(folder: ResultsFolder) -> Section:
    intro = ("Whether one seed, repeated, gives the same bits, and how much each source of randomness adds.",)
    return Section("nondeterminism", "Nondeterminism", intro, nondeterminism_tables(folder))


def _scripts(caches: Caches) -> str:
    """Made once for each version of vl-convert, which takes seconds, then kept in the cache."""
    path = caches.scripts / f"vega-{VEGA_LITE}-{importlib.metadata.version('vl-convert-python')}.js"
    if not path.exists():
        write_text(path, vega_scripts())
    return path.read_text(encoding="utf-8")
