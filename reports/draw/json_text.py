"""A table as JSON: full precision, a cell as leaderboard.json has it."""

from __future__ import annotations

import json

from reports.draw.notation import RESEARCH_ONLY
from reports.statistics.cell import Cell, CellDict
from reports.tables.table import Item, Table, Term


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
