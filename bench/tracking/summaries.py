"""What the leaderboard says over all folds and seeds, as trackers are told it. Reads the folder."""

import json
from collections.abc import Iterator
from dataclasses import replace

from backbones.names import wherever
from bench.extras import missing_from
from bench.report.compiled import Compiled
from bench.report.ending import PAGE
from bench.report.leaderboard import JSON, MARKDOWN, about
from bench.tracking.tracker import Summary, name_of
from reports import Leaderboard
from reports.draw.csv_table import csv_text
from reports.draw.markdown_leaderboard import leaderboard_markdown
from reports.tables.all_tables import build_tables


def summary_of(compiled: Compiled, made_from: str, models: int) -> Summary:
    """Of the level that is ranked.

    Notes, which may name files, and subgroups, which are made of attributes of patients, stay in the folder; so do the
    parts of the page that show cases, paths and the command, and where backbones lie that are folders.
    """
    places = {one.backbone: wherever(one.backbone) for one in compiled.stored.entries}

    def told(text: str) -> str:
        for backbone, name in places.items():
            text = text.replace(backbone, name)
        return text

    ranked = compiled.groups.leaderboard if compiled.groups else compiled.leaderboard
    board = replace(ranked, notes=(), subgroups={})
    text = leaderboard_markdown(board, title_lines=about(compiled.stored))
    files = {
        MARKDOWN: text,
        JSON: json.dumps(board.to_dict(), indent=1, allow_nan=False) + "\n",
        **_page(board, compiled),
        **{f"tables/{table.name}.csv": csv_text(table) for table in build_tables(board)},
    }
    scores = {name_of(*map(told, place)) + ending: number for place, ending, number in _scores(board)}
    return Summary(made_from, models, scores, {name: told(content) for name, content in files.items()}, told(text))


def _page(board: Leaderboard, compiled: Compiled) -> dict[str, str]:
    """Nothing where what draws it, an extra, is not installed."""
    if missing_from("page"):
        return {}
    from bench.tracking.told_page import told_page

    return {PAGE: told_page(board, compiled)}


Score = tuple[tuple[str, ...], str, float]
"""The parts of its name, the name's ending, and the number."""


def _scores(board: Leaderboard) -> Iterator[Score]:
    """Row, side and metric with `_low` and `_high` where there is an interval; what another seed alone would change;
    and the rank."""
    for row in board.rows:
        if row.rank is not None:
            yield (row.name, "rank"), "", row.rank
        sides = {
            "internal": row.cells.internal,
            **{f"external {site}": cells for site, cells in row.cells.external.items()},
            **{f"gap {site}": cells for site, cells in row.cells.gap.items()},
        }
        for side, cells in sides.items():
            for metric, cell in cells.items():
                for ending, number in (("", cell.value), ("_low", cell.low), ("_high", cell.high)):
                    if number is not None:
                        yield (row.name, side, metric), ending, number
    for name, floors in board.noise_floor.items():
        for metric, floor in floors.items():
            yield (name, "noise_floor", metric), "", floor.floor_s
