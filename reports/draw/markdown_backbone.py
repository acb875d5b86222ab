"""The Markdown of one backbone: its metrics, the parts of its gaps, its classes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reports.draw.footnotes import Footnotes, escaped
from reports.draw.markdown_tables import drawn
from reports.tables import row_tables
from reports.tables.leaderboard import Leaderboard
from reports.tables.row import Row


def backbone_section(leaderboard: Leaderboard, row: Row, notes: Footnotes) -> Iterator[str]:
    """All tables of a row, block by block."""
    alone, known = replace(leaderboard, rows=(row,)), tuple(row.cells.internal)
    sided, split = row_tables.metrics(alone, known), row_tables.gap_split(alone, known)
    yield f"## {escaped(row.name)}"
    if not row.sites:
        yield drawn(sided.where(backbone=row.name), notes)
    for site in row.sites:
        yield f"### Generalization gap, {escaped(site)}"
        yield drawn(sided.where(backbone=row.name, site=site), notes)
        yield drawn(split.where(backbone=row.name, site=site), notes)
    yield from notes.flush()
    for table in (row_tables.f1_of_classes(row), row_tables.taken_for_each_other(row)):
        if table.rows:
            yield f"### {escaped(table.title)}"
            yield drawn(table, notes)
            yield from notes.flush()
