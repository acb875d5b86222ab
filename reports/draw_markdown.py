"""Tables as Markdown, in the look of the leaderboard."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reports.cell import Cell
from reports.footnotes import Footnotes, escaped, markdown_table
from reports.notation import RESEARCH_ONLY, plain
from reports.table import Column, Item, Table


def tables_markdown(tables: Iterable[Table]) -> str:
    """All tables under the line on research use, each below its title."""
    blocks = [RESEARCH_ONLY, *(block for table in tables for block in _blocks(table))]
    return "\n\n".join(blocks) + "\n"


def table_markdown(table: Table) -> str:
    """One table below its title."""
    return "\n\n".join(_blocks(table)) + "\n"


def _blocks(table: Table) -> Iterator[str]:
    notes = Footnotes()
    rows = [
        [_written(item, column, notes) for item, column in zip(row, table.columns, strict=True)] for row in table.rows
    ]
    yield f"## {escaped(table.title)}"
    headers = [escaped(column.title) for column in table.columns]
    yield markdown_table(headers, rows)
    yield from notes.flush()
    if table.note:
        yield escaped(table.note)


def _written(item: Item, column: Column, notes: Footnotes) -> str:
    return notes.write(item, column.digits) if isinstance(item, Cell) else escaped(plain(item, column))
