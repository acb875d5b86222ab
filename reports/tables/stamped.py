"""What limits the rows of a table, written into it for machines and for readers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from reports.tables.table import Column, Table

_NAMING = ("backbone", "a", "b", "search")


def stamped(table: Table, stamps: Mapping[str, Sequence[str]], notes: Sequence[str]) -> Table:
    """With a last column of what limits the backbones (or the search) that each row names, and these further notes."""
    named = [column.name for column in table.columns]
    naming = [named.index(name) for name in (("name",) if "name" in named else _NAMING) if name in named]
    of_rows = (
        dict.fromkeys(stamp for place in naming for stamp in stamps.get(str(row[place]), ())) for row in table.rows
    )
    return replace(
        table,
        columns=(*table.columns, Column("stamps", "Stamps", shown="never")),
        rows=tuple((*row, "; ".join(found) or None) for row, found in zip(table.rows, of_rows, strict=True)),
        notes=(*table.notes, *notes),
    )
