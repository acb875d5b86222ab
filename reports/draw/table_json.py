"""A table as JSON values, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from reports.statistics.cell import Cell
from reports.tables.table import Column, Item, Table, Term

_CELL, _TERM = "cell", "term"


def table_to_json(table: Table) -> dict[str, Any]:
    """Columns as their fields, a cell as {"cell": …}, a term as {"term": …}, all else as it is."""
    return {**asdict(table), "rows": [[_to_json(item) for item in row] for row in table.rows]}


def table_from_json(content: Mapping[str, Any]) -> Table:
    """The inverse of `table_to_json`; KeyError, TypeError or ValueError where it is none."""
    return Table(
        content["name"],
        content["title"],
        tuple(Column(**column) for column in content["columns"]),
        tuple(tuple(_from_json(item) for item in row) for row in content["rows"]),
        tuple(content["notes"]),
    )


def _to_json(item: Item) -> Any:
    if isinstance(item, Cell):
        return {_CELL: asdict(item)}
    return {_TERM: asdict(item)} if isinstance(item, Term) else item


def _from_json(item: Any) -> Item:
    if isinstance(item, Mapping):
        return Cell(**item[_CELL]) if _CELL in item else Term(**item[_TERM])
    found: Item = item
    return found
