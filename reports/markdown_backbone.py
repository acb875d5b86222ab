"""The Markdown of one backbone: its metrics, the parts of its gaps, its classes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from reports.analysis import CONFUSED
from reports.footnotes import Footnotes, escaped, markdown_table
from reports.probability_metrics import title_of
from reports.row import Row, SidedCells


def backbone_section(row: Row, notes: Footnotes) -> Iterator[str]:
    """All tables of a row, block by block."""
    yield f"## {escaped(row.name)}"
    titles = {metric: title_of(metric) for metric in row.cells.internal}
    if not row.sites:
        yield markdown_table(
            ["Metric", "Internal"],
            ([titles[metric], notes.write(cell)] for metric, cell in row.cells.internal.items()),
        )
    for site in row.sites:
        yield f"### Generalization gap, {escaped(site)}"
        lines = ([title, *_sides(row.cells, site, metric, notes)] for metric, title in titles.items())
        yield markdown_table(["Metric", "Internal", "External", "Gap"], lines)
        yield markdown_table(
            ["Gap, split", "Appearance shift", "Prevalence shift"],
            (
                [titles[metric], notes.write(split.appearance), notes.write(split.prevalence)]
                for metric, split in row.gap_split[site].items()
            ),
        )
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


def _sides(cells: SidedCells, site: str, metric: str, notes: Footnotes) -> list[str]:
    return [
        notes.write(cell) for cell in (cells.internal[metric], cells.external[site][metric], cells.gap[site][metric])
    ]
