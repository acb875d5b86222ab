"""Tables as Markdown with footnotes, and names of users as Markdown shows them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from tabulate import tabulate

from reports.draw.notation import MARK_MEANINGS, RESEARCH_ONLY, mark, plain
from reports.draw.shown import shown
from reports.statistics.cell import Cell
from reports.tables.table import Column, Item, Table
from reports.tables.wording import interval

_LETTERS = "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ"
_SPECIAL = re.compile(r"[\\`*<>\[\]|#~]|(?<![^\W_])_|_(?![^\W_])")


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


class Footnotes:
    """Writes cells and gathers what their marks mean, to be printed under each table."""

    def __init__(self) -> None:
        self._reasons: dict[str, str] = {}
        self._unprinted: dict[str, str] = {}

    def write(self, cell: Cell, digits: int = 2) -> str:
        """`0.61 (0.57–0.65)` with † or ‡ and a letter for its reason; a dash where there is no number."""
        sign = mark(cell)
        if sign:
            self._unprinted[sign] = MARK_MEANINGS[sign]
        return interval(cell, digits) + sign + (self._letter(cell.reason) if cell.reason else "")

    def flush(self) -> list[str]:
        """The notes used since the last flush, as one block."""
        lines = [f"{sign} {meaning}." for sign, meaning in self._unprinted.items()]
        self._unprinted = {}
        return ["  \n".join(lines)] if lines else []

    def _letter(self, reason: str) -> str:
        position = len(self._reasons)
        new = _LETTERS[position] if position < len(_LETTERS) else f"[{position + 1}]"
        letter = self._reasons.setdefault(reason, new)
        self._unprinted[letter] = escaped(reason)
        return letter


def markdown_table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return str(tabulate([list(row) for row in rows], headers, tablefmt="github", disable_numparse=True))


def escaped(name: str) -> str:
    """A name given by the user, so that Markdown shows it as it is (an underscore inside a word needs no care)."""
    return _SPECIAL.sub(r"\\\g<0>", shown(" ".join(name.split())))
