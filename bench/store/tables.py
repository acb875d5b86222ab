"""Tables of a results folder as its files hold them. Reads and writes Parquet and CSV."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pandas as pd

from bench.atomic import write_atomically, write_text
from bench.data.cases import COLUMNS, PART, Case
from bench.errors import RequestError
from reports.draw.csv_table import csv_rows

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T")


def case_frame(cases: Sequence[Case]) -> pd.DataFrame:
    """The case table as a data frame: the columns of `Case` (`part` where some case has one), then the extra ones."""
    rows = [asdict(case) for case in cases]
    extras = list(dict.fromkeys(name for case in cases for name in case.extra))
    for row in rows:
        extra = row.pop("extra")
        row.update({name: extra.get(name) for name in extras})
    parts = [PART] if any(case.part is not None for case in cases) else []
    frame = pd.DataFrame(rows, columns=[*COLUMNS, *parts, *extras])
    return frame.astype(dict.fromkeys(["group", *extras], "string") | dict.fromkeys(parts, "Int64"))


def cases_of(frame: pd.DataFrame) -> list[Case]:
    """The inverse of `case_frame`."""
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    extras = [name for name in frame.columns if name not in (*COLUMNS, PART)]
    return [
        Case(
            **{name: row[name] for name in COLUMNS},
            part=row.get(PART),
            extra={name: row[name] for name in extras if row[name] is not None},
        )
        for row in rows
    ]


def read_parquet(file: Path, parse: Callable[[pd.DataFrame], T], what: str, advice: str) -> T | None:
    """What `parse` makes of a file; None where there is none.

    Raises:
        RequestError: it is damaged: `what` says what it is then, as in "no case table", `advice` what to do.
    """
    if not file.exists():
        return None
    try:
        return parse(pd.read_parquet(file))
    except (KeyError, ValueError, OSError) as error:
        raise RequestError(f"{file} is {what} ({error}). {advice}") from None


def write_parquet(file: Path, frame: pd.DataFrame) -> None:
    """Replace a file."""
    write_atomically(file, lambda temporary: frame.to_parquet(temporary, index=False))


def write_rows(file: Path, rows: "Sequence[DataclassInstance]") -> None:
    """Replace a CSV file by one line a row, with the fields as columns; no file where there are no rows."""
    if not rows:
        file.unlink(missing_ok=True)
        return
    file.parent.mkdir(exist_ok=True)
    names = [field.name for field in fields(rows[0])]
    write_text(file, csv_rows(names, ([getattr(row, name) for name in names] for row in rows)))
