"""Tables as Markdown, in the look of the leaderboard."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reports.draw.footnotes import Footnotes, escaped, markdown_table
from reports.draw.notation import RESEARCH_ONLY, plain
from reports.statistics.cell import Cell
from reports.tables.table import Column, Item, Table


def tables_markdown(tables: Iterable[Table]) -> str:
    """All tables under the line on research use, each below its title."""
    blocks = [RESEARCH_ONLY, *(block for table in tables for block in _blocks(table))]
    return "\n\n".join(blocks) + "\n"


def table_markdown(table: Table) -> str:
    """One table below its title."""
    return "\n\n".join(_blocks(table)) + "\n"


def drawn(table: Table, notes: Footnotes) -> str:
    """The columns and rows of a table alone; `notes` gathers what the marks in them mean."""
    table = table.for_readers()
    rows = (
        [_written(item, column, notes) for item, column in zip(row, table.columns, strict=True)] for row in table.rows
    )
    return markdown_table([escaped(column.title) for column in table.columns], rows)


def _blocks(table: Table) -> Iterator[str]:
    notes = Footnotes()
    yield f"## {escaped(table.title)}"
    yield drawn(table, notes)
    yield from notes.flush()
    yield from map(escaped, table.notes)


def _written(item: Item, column: Column, notes: Footnotes) -> str:
    return notes.write(item, column.digits) if isinstance(item, Cell) else escaped(plain(item, column))
