"""What the leaderboard says over all folds and seeds, as trackers are told it. Reads the folder and the cache."""

import json
from collections.abc import Iterator
from dataclasses import replace

from bench.cache import Caches
from bench.report.compiled import Compiled
from bench.report.leaderboard import JSON, MARKDOWN, about
from bench.report.page import NAME, html_of
from bench.tracking.tracker import Summary, name_of
from reports import Leaderboard
from reports.draw.csv_table import csv_text
from reports.draw.markdown_leaderboard import leaderboard_markdown
from reports.page.answer import answer
from reports.page.board_sections import board_sections
from reports.page.limits import limits
from reports.page.part import Page, in_order
from reports.statistics.cell import Cell
from reports.tables.all_tables import build_tables


def summary_of(compiled: Compiled, made_from: str, models: int, caches: Caches) -> Summary:
    """Of the level that is ranked.

    Notes, which may name files, and subgroups, which are made of attributes of patients, stay in the folder; so do the
    parts of the page that show cases, paths and the command.
    """
    ranked = compiled.groups.leaderboard if compiled.groups else compiled.leaderboard
    board = replace(ranked, notes=(), subgroups={})
    text = leaderboard_markdown(board, title_lines=about(compiled.stored))
    files = {
        MARKDOWN: text,
        JSON: json.dumps(board.to_dict(), indent=1, allow_nan=False) + "\n",
        NAME: html_of(_page(board, compiled), caches),
        **{f"tables/{table.name}.csv": csv_text(table) for table in build_tables(board)},
    }
    return Summary(made_from, models, dict(_scores(board)), files, text)


def _page(board: Leaderboard, compiled: Compiled) -> Page:
    stored = compiled.stored
    return Page(
        title="Report",
        subtitle=about(stored),
        lead=answer(board),
        sections=in_order(
            [
                *board_sections(board),
                limits(board, synthetic=stored.experiment.uses_phantom and not stored.imported, warning=stored.warning),
            ]
        ),
    )


def _scores(board: Leaderboard) -> Iterator[tuple[str, float]]:
    """`resnet18/internal/macro_f1` with its `_low` and `_high`; the same of each external site and gap; what another
    seed alone would change (`noise_floor`); and the rank."""
    for row in board.rows:
        if row.rank is not None:
            yield name_of(row.name, "rank"), row.rank
        for metric, cell in row.cells.internal.items():
            yield from _of_cell(cell, row.name, "internal", metric)
        for site, cells in row.cells.external.items():
            for metric, cell in cells.items():
                yield from _of_cell(cell, row.name, f"external {site}", metric)
        for site, cells in row.cells.gap.items():
            for metric, cell in cells.items():
                yield from _of_cell(cell, row.name, f"gap {site}", metric)
    for name, floors in board.noise_floor.items():
        for metric, floor in floors.items():
            yield name_of(name, "noise_floor", metric), floor.floor_s


def _of_cell(cell: Cell, *place: str) -> Iterator[tuple[str, float]]:
    for ending, number in (("", cell.value), ("_low", cell.low), ("_high", cell.high)):
        if number is not None:
            yield name_of(*place) + ending, number
