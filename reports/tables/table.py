"""A table before it is drawn: typed columns and rows, for readers and for machines."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from reports.statistics.cell import Cell
from reports.statistics.metrics.metric import Metric

Kind = Literal["text", "flag", "cell", "number", "p"]
Shown = Literal["always", "filled", "never"]


@dataclass(frozen=True)
class Term:
    """A word of this program: `name` in JSON and on the command line, `title` for readers."""

    name: str
    title: str

    @classmethod
    def of(cls, metric: Metric) -> Term:
        """The term of a metric."""
        return cls(metric.name, metric.title)


Item: TypeAlias = "Cell | Term | str | bool | int | float | None"
"""What stands in a row; None where there is nothing."""


@dataclass(frozen=True)
class Column:
    """What a column holds. `name` is for machines (lower case, underscores), `title` for readers.

    kind: text (also yes or no), flag (readers see the title for yes and nothing for no), cell (`Cell` or None), number
    or p. digits: after the point, where readers see numbers. unit: what readers see them in (1e6: millions). shown:
    whether readers see the column at all; filled: only where something stands in it. reference: a number
    that the drawings in cells mark with a thin line. drawn: whether there are such drawings.
    """

    name: str
    title: str
    kind: Kind = "text"
    digits: int = 2
    unit: float = 1
    shown: Shown = "always"
    reference: float | None = None
    drawn: bool = True


@dataclass(frozen=True)
class Table:
    """Rows under columns. `name` is a file's name without its ending; `notes` are printed below.

    Raises ValueError on rows of another length than the columns and on cells outside of columns of cells.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Item, ...], ...]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"A row of table {self.name} has {len(row)} items, not {len(self.columns)}: {row}.")
            for column, item in zip(self.columns, row, strict=True):
                if item is not None and isinstance(item, Cell) != (column.kind == "cell"):
                    raise ValueError(f"Column {column.name} of table {self.name} is of {column.kind}s, not {item!r}.")

    def where(self, **items: Item) -> Table:
        """The rows that have these items in the columns of these names, without these columns."""
        of = {place: items[column.name] for place, column in enumerate(self.columns) if column.name in items}
        rows = (row for row in self.rows if all(row[place] == item for place, item in of.items()))
        return self._of_columns(tuple(rows), [place for place in range(len(self.columns)) if place not in of])

    def for_readers(self) -> Table:
        """Without the columns that only machines read."""
        kept = [
            place
            for place, column in enumerate(self.columns)
            if column.shown == "always"
            or (column.shown == "filled" and any(row[place] is not None for row in self.rows))
        ]
        return self._of_columns(self.rows, kept)

    def _of_columns(self, rows: tuple[tuple[Item, ...], ...], kept: list[int]) -> Table:
        return replace(
            self,
            columns=tuple(self.columns[place] for place in kept),
            rows=tuple(tuple(row[place] for place in kept) for row in rows),
        )
