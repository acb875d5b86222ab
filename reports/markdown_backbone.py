"""The Markdown of one backbone: its metrics, the parts of its gaps, its classes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from reports import row_tables
from reports.analysis import CONFUSED
from reports.draw_markdown import drawn
from reports.footnotes import Footnotes, escaped, markdown_table
from reports.leaderboard import Leaderboard
from reports.row import Row, SidedCells


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
    yield "### F1 of each class"
    yield _by_side("Class", row.sites, row.per_class.items(), "f1", notes)
    yield from notes.flush()
    if row.confusion_pairs:
        yield "### Classes taken for each other"
        named = ((f"{a} ↔ {b}", cells) for (a, b), cells in row.confusion_pairs.items())
        yield _by_side("Share of both classes' cases", row.sites, named, CONFUSED, notes)
        yield from notes.flush()


def _by_side(
    first: str, sites: Sequence[str], rows: Iterable[tuple[str, SidedCells]], metric: str, notes: Footnotes
) -> str:
    lines = []
    for name, cells in rows:
        line = [escaped(name), notes.write(cells.internal[metric])]
        for site in sites:
            line += [notes.write(cells.external[site][metric]), notes.write(cells.gap[site][metric])]
        lines.append(line)
    return markdown_table(
        [first, "Internal", *(title for site in sites for title in (escaped(site), f"Gap {escaped(site)}"))],
        lines,
    )
