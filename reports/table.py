"""A table before it is drawn: typed columns and rows, for readers and for machines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from reports.cell import Cell

Kind = Literal["text", "cell", "number", "p"]


@dataclass(frozen=True)
class Term:
    """A word of ours: `name` as JSON and the command line have it, `title` as papers do."""

    name: str
    title: str


Item: TypeAlias = "Cell | Term | str | bool | int | float | None"
"""What stands in a row; None where there is nothing."""


@dataclass(frozen=True)
class Column:
    """What a column holds. `name` is for machines (lower case, underscores), `title` for readers.

    kind: text (also yes or no), cell (`Cell` or None), number or p. digits: after the point, where readers see numbers.
    """

    name: str
    title: str
    kind: Kind = "text"
    digits: int = 2


@dataclass(frozen=True)
class Table:
    """Rows under columns. `name` is a file's name without its ending; `note` is printed below.

    Raises ValueError on rows of another length than the columns and on cells outside of columns of cells.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Item, ...], ...]
    note: str = ""

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"A row of table {self.name} has {len(row)} items, not {len(self.columns)}: {row}.")
            for column, item in zip(self.columns, row, strict=True):
                if item is not None and isinstance(item, Cell) != (column.kind == "cell"):
                    raise ValueError(f"Column {column.name} of table {self.name} is of {column.kind}s, not {item!r}.")
