"""CSV, the one way to it: a table in full precision, rows of others, and tables that are read again as they are."""

import re
from collections.abc import Iterable, Iterator, Sequence

from reports.statistics.cell import Cell
from reports.tables.table import Column, Item, Table, Term

_PARTS = ("value", "low", "high", "method", "reason")
_EMPTY = Cell(None)
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_text(table: Table) -> str:
    """A table of ours: a column of cells becomes NAME_value, NAME_low, NAME_high, NAME_method and NAME_reason."""
    names = [name for column in table.columns for name in _names(column)]
    return csv_rows(
        names,
        (
            [part for item, column in zip(row, table.columns, strict=True) for part in _parts(item, column)]
            for row in table.rows
        ),
    )


def csv_rows(names: Sequence[str], rows: Iterable[Sequence[Item]]) -> str:
    """Comma-separated, quoted where needed, one header line, lines end in a line feed.

    Numbers are the shortest text that reads back as the same float; what is not there is empty; yes and no are true and
    false. Text that spreadsheets would take for a formula stands behind an apostrophe.
    """
    return csv_as_it_is([harmless(name) for name in names], ([_written(item) for item in row] for row in rows))


def csv_as_it_is(names: Sequence[str], rows: Iterable[Sequence[str]], separator: str = ",") -> str:
    """The same of texts that programs read again, as a manifest; what looks like a formula stays what it was."""
    special = re.compile(f'[{separator}"\r\n]')

    def quoted(text: str) -> str:
        """As RFC 4180 has it; the module csv leaves carriage returns bare where lines end in a line feed."""
        return '"{}"'.format(text.replace('"', '""')) if special.search(text) else text

    return "".join(separator.join(map(quoted, line)) + "\n" for line in (names, *rows))


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


def as_meant(text: str) -> str:
    """The inverse of `harmless`."""
    return text[1:] if text[:1] == "'" and text[1:].startswith(_FORMULA_STARTS) else text
