"""The page of a results folder. Reads it, writes report.html and figures/."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from bench.cache import Caches
from bench.errors import BenchError
from bench.report.compiled import Compiled
from bench.report.ending import PAGE
from bench.report.entries import read_stored
from bench.report.feature import Feature
from bench.report.files import drawings, write_charts
from bench.report.leaderboard import about
from bench.report.pictures import samples_section, with_pictures
from bench.report.sections import data_section, labels_section, limits_section, reproduce_section
from bench.store.folder import ResultsFolder
from bench.store.runs import StoredRun
from reports import Entry, Leaderboard
from reports.page.answer import answer
from reports.page.board_sections import board_sections
from reports.page.draw_page import page_html
from reports.page.levels import ABOUT_GROUPS, levels_section
from reports.page.model_sections import model_sections
from reports.page.overview import overview
from reports.page.part import Page, Section, in_order
from reports.page.plain_words import plain_words
from reports.page.training import training_section


@dataclass(frozen=True)
class WrittenPage:
    """The page and the figures beside it."""

    page: Path
    figures: tuple[Path, ...]


def write_page(
    folder: ResultsFolder, compiled: Compiled | None, features: Sequence[Feature], caches: Caches
) -> WrittenPage:
    """Draw the page of what was compiled; None: no run is ranked. Call only while holding the folder's lock.

    features: those that have left something in the folder.

    Raises:
        BenchError: a search or a study of nondeterminism has left no data to speak of.
    """
    page = page_of(folder, compiled, features, caches) if compiled else page_without_runs(folder, features)
    drawn = drawings(page.charts)
    figures = write_charts(folder.root, drawn)
    path = folder.root / PAGE
    folder.files.write(PAGE, page_html(page, drawn))
    return WrittenPage(path, tuple(figures))


def page_of(folder: ResultsFolder, compiled: Compiled, features: Sequence[Feature], caches: Caches) -> Page:
    """The page before it is drawn; writes nothing."""
    groups = compiled.groups
    leaderboard = groups.leaderboard if groups else compiled.leaderboard
    return Page(
        title=f"Report on {folder.root.resolve().name}",
        subtitle=(*about(compiled.stored), *([ABOUT_GROUPS] if groups else [])),
        lead=answer(leaderboard),
        sections=in_order(list(_sections(folder, compiled, features, caches))),
        said=plain_words(leaderboard),
        picture=overview(leaderboard),
    )


def html_of(page: Page) -> str:
    """The text of a page's file. Raises BenchError where the renderer refuses a chart."""
    return page_html(page, drawings(page.charts))


def page_without_runs(folder: ResultsFolder, features: Sequence[Feature]) -> Page:
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
                *(feature.section(folder) for feature in features),
                data_section(folder, stored.cases, tuple(stored.experiment.class_order or ())),
                reproduce_section(folder, stored),
            ]
        ),
    )


def _sections(
    folder: ResultsFolder, compiled: Compiled, features: Sequence[Feature], caches: Caches
) -> Iterator[Section]:
    """From all sources; a source without anything gives a section without parts, which the page leaves out.

    Its place on the page is in `reports.page.part.ORDER`.
    """
    stored, groups = compiled.stored, compiled.groups
    classes = tuple(stored.experiment.class_order or ())
    leaderboard = groups.leaderboard if groups else compiled.leaderboard
    entries = _by_row(leaderboard, groups.entries if groups else stored.entries, stored.runs)
    histories = {name: _history(runs) for name, (_, runs) in entries.items()}
    yield from board_sections(leaderboard)
    yield training_section(leaderboard)
    if groups:
        yield levels_section(leaderboard, compiled.leaderboard)
    for section in model_sections(leaderboard, {name: entry for name, (entry, _) in entries.items()}, histories):
        yield with_pictures(section, stored, caches)
    yield samples_section(stored, caches)
    for feature in features:
        yield feature.section(folder)
    yield labels_section(stored, compiled.leaderboard, caches)
    yield data_section(folder, stored.cases, classes)
    yield reproduce_section(folder, stored)
    yield limits_section(stored, leaderboard)


def _by_row(
    leaderboard: Leaderboard, entries: Sequence[Entry], runs: Sequence[list[StoredRun]]
) -> dict[str, tuple[Entry, list[StoredRun]]]:
    """What each row of the leaderboard was made from."""
    made = {entry.key: (entry, of_entry) for entry, of_entry in zip(entries, runs, strict=True)}
    return {row.name: made[row.key] for row in leaderboard.rows}


def _history(runs: list[StoredRun]) -> pd.DataFrame:
    """Columns seed, fold and those of history.parquet; empty where nothing was trained here."""
    tables = [
        table.assign(seed=run.record.spec.seed, fold=run.record.spec.fold)
        for run in runs
        if (table := run.history()) is not None
    ]
    kept = [table for table in tables if len(table)]
    return pd.concat(kept, ignore_index=True) if kept else pd.DataFrame()
