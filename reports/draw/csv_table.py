"""A table as CSV: full precision, a cell in five columns."""

import re
from collections.abc import Iterator

from reports.statistics.cell import Cell
from reports.tables.table import Column, Item, Table, Term

_PARTS = ("value", "low", "high", "method", "reason")
_EMPTY = Cell(None)
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_text(table: Table) -> str:
    """Comma-separated, quoted where needed, one header line, lines end in a line feed.

    A column of cells becomes NAME_value, NAME_low, NAME_high, NAME_method and NAME_reason. Numbers are the shortest
    text that reads back as the same float; what is not there is empty; yes and no are true and false. Text that
    spreadsheets would take for a formula stands behind an apostrophe.
    """
    lines = [[name for column in table.columns for name in _names(column)]]
    for row in table.rows:
        pairs = zip(row, table.columns, strict=True)
        lines.append([_written(part) for item, column in pairs for part in _parts(item, column)])
    return "".join(",".join(map(_quoted, line)) + "\n" for line in lines)


def _quoted(text: str) -> str:
    """As RFC 4180 has it; the module csv leaves carriage returns bare where lines end in a line feed."""
    return '"{}"'.format(text.replace('"', '""')) if re.search('[,"\r\n]', text) else text


def _names(column: Column) -> list[str]:
    return [f"{column.name}_{part}" for part in _PARTS] if column.kind == "cell" else [column.name]


def _parts(item: Item, column: Column) -> Iterator[Item]:
    if column.kind != "cell":
        yield item
        return
    cell = item if isinstance(item, Cell) else _EMPTY
    yield from (cell.value, cell.low, cell.high, cell.method, cell.reason)


def _written(item: Item) -> str:
    if item is None:
        return ""
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, Term):
        return item.name
    if isinstance(item, str):
        return harmless(item)
    return repr(item)


def harmless(text: str) -> str:
    """`text`, behind an apostrophe where spreadsheets would take it for a formula.

    The characters are those of OWASP's page "CSV Injection". A file or class may bear any name; numbers, which may
    begin with a minus, are not text and are not passed here.
    """
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
