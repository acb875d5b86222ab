"""Tables of a results folder as its files hold them. Reads Parquet."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, fields
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pandas as pd

from bench.data.cases import COLUMNS, PART, Case
from bench.data.parquet import read_bounded
from bench.errors import RequestError
from reports.draw.csv_table import csv_rows

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T")

STORED = ("mask",)
"""What is read of a case's extra columns once its experiment has begun: bench explain looks at lesions."""


def case_frame(cases: Sequence[Case]) -> pd.DataFrame:
    """The case table as a data frame: the columns of `Case` (`part` where some case has one), then those of `STORED`.

    What else a manifest says of its images, such as names, stays out of results.
    """
    rows = [asdict(case) for case in cases]
    extras = [name for name in STORED if any(name in case.extra for case in cases)]
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


def subgroups_of(frame: pd.DataFrame) -> pd.DataFrame:
    """A table of subgroups as it was written. Raises ValueError where it has no case ids, or one twice."""
    if "case_id" not in frame or frame["case_id"].duplicated().any():
        raise ValueError("it has no column case_id, or a case twice")
    return frame.astype("string")


def read_parquet(file: Path, parse: Callable[[pd.DataFrame], T], what: str, advice: str) -> T | None:
    """What `parse` makes of a file; None where there is none.

    Raises:
        RequestError: it is damaged: `what` says what it is then, as in "no case table", `advice` what to do.
    """
    if not file.exists():
        return None
    try:
        return parse(read_bounded(file))
    except Exception as error:  # pyarrow and pandas name a damaged file in dozens of ways
        said = " ".join(str(error).split()) or type(error).__name__
        raise RequestError(f"{file} is {what} ({said}). {advice}") from None


def parquet_bytes(frame: pd.DataFrame) -> bytes:
    """A data frame as a Parquet file."""
    buffer = BytesIO()
    frame.to_parquet(buffer, index=False)
    return buffer.getvalue()


def csv_of(rows: "Sequence[DataclassInstance]") -> str:
    """CSV with one line a row, and the fields as columns."""
    names = [field.name for field in fields(rows[0])]
    return csv_rows(names, ([getattr(row, name) for name in names] for row in rows))
