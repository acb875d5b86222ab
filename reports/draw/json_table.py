"""A table as JSON: a text for other programs, and values that can be read back into a table."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from reports.draw.notation import RESEARCH_ONLY
from reports.statistics.cell import Cell, CellDict
from reports.tables.table import Column, Item, Table, Term

_CELL, _TERM = "cell", "term"


def json_text(table: Table) -> str:
    """An object with the keys use, name, title, columns (name, title, kind), rows and notes, ending in a line feed.

    Each row is an object by column: numbers with all their digits, yes and no as true and false, what is not there as
    null, a number with an interval as {value, low, high, method, reason}.
    """
    content = {
        "use": RESEARCH_ONLY,
        "name": table.name,
        "title": table.title,
        "columns": [{"name": one.name, "title": one.title, "kind": one.kind} for one in table.columns],
        "rows": [
            {column.name: _plain(item) for column, item in zip(table.columns, row, strict=True)} for row in table.rows
        ],
        "notes": list(table.notes),
    }
    return json.dumps(content, indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def _plain(item: Item) -> CellDict | str | float | None:
    if isinstance(item, Cell):
        return item.to_dict()
    return item.name if isinstance(item, Term) else item


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
