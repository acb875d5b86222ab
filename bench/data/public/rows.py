"""What the tables of public sets have in common: columns of 0 and 1, and rows that are refused. Reads tables."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from bench.data.manifest_table import read_table, rows_where, shown_rows
from bench.errors import RequestError


def table_with(file: Path, columns: Sequence[str]) -> pd.DataFrame:
    """A table of texts that has `columns`.

    Raises:
        RequestError: no such file, no table, or a column is missing.
    """
    if not file.is_file():
        raise RequestError(f"There is no {file}. Is the path the folder that the set was unpacked into?")
    table = read_table(file)
    absent = [name for name in columns if name not in table]
    if absent:
        raise RequestError(f"{file} has no column {', '.join(absent)}; it has {', '.join(table.columns[:12])}.")
    return table


def refuse_rows(file: Path, what: str, wrong: Iterable[bool]) -> None:
    """Raise `RequestError` with the first ten numbers of the wrong rows, as a spreadsheet counts."""
    if rows := rows_where(wrong):
        raise RequestError(f"{len(rows)} row(s) of {file} {what}: row(s) {shown_rows(rows)}. Download the table again.")


def flags(file: Path, table: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Columns of 0 and 1 as truth values; an empty cell is 0.

    Raises:
        RequestError: a cell is something else.
    """
    chosen = table[list(columns)].replace({"": "0", "0.0": "0", "1.0": "1"})
    refuse_rows(
        file, f"hold something else than 0 or 1 under {', '.join(columns)}", ~chosen.isin(["0", "1"]).all(axis=1)
    )
    return chosen == "1"
