"""The files of predictions as one table of checked cells. Reads files."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from bench.data.manifest.columns import as_meant_in
from bench.data.manifest.table import FIRST_ROW, read_table
from bench.data.names import as_meant, normal, visible
from bench.data.passed_over import PassedOver
from bench.errors import RequestError
from bench.external.rows import refuse_rows
from bench.store.records import IMPORTED

REQUIRED = ("backbone", "seed", "site", "case_id", "label")
OPTIONAL = ("fold", "group", "predicted", "weights", "recipe")
PROBABILITY = "p_"
NAMES = ("seed", "fold", "site", "label", "group", "predicted", "backbone", "weights", "recipe")
NO_FOLD = -1
_WHOLE = re.compile(r"\d{1,18}(\.0*)?")


def read_predictions(files: Sequence[Path], account: PassedOver) -> pd.DataFrame:
    """Rows of all files, in their order.

    Columns of `REQUIRED` and `OPTIONAL` and every p_<class> are texts, empty where a cell or column is missing;
    seed and fold are whole numbers (`NO_FOLD` where none is given); file and row say where a row stands. Names are read
    as they are meant, which is counted in `account`.

    Raises:
        RequestError: a file that is no table, a column that is missing, a cell that is empty or no number.
    """
    table = as_meant_in(
        pd.concat([_read(file, account) for file in files], ignore_index=True).fillna(""), NAMES, account
    )
    _refuse_different_classes(table, files)
    for column in REQUIRED:
        refuse_rows(table, (table[column] == "").to_numpy(), f"have no {column}", "Fill them in.")
    for column, empty in (("seed", None), ("fold", NO_FOLD)):
        numbers = {text: _whole(text, empty) for text in table[column].unique()}
        wrong = table[column].map({text: number is None for text, number in numbers.items()}).to_numpy(dtype=bool)
        refuse_rows(table, wrong, f"have a {column} that is no whole number from 0 on", "Number them 0, 1, 2, …")
        table[column] = table[column].map(numbers).astype(np.int64)
    return table.assign(**{name: table[name].replace("", IMPORTED) for name in ("weights", "recipe")})


def class_columns(table: pd.DataFrame) -> list[str]:
    """Classes that have a column p_<class>, in its order."""
    return [name.removeprefix(PROBABILITY) for name in table.columns if name.startswith(PROBABILITY)]


def _read(file: Path, account: PassedOver) -> pd.DataFrame:
    if not file.is_file():
        raise RequestError(f"No such file: {file}. Check the spelling.")
    table = read_table(file)
    given = list(table.columns)
    table.columns = [_class_as_meant(name) for name in given]
    for before, after in zip(given, table.columns, strict=True):
        if before != after:
            account.add("changed", "column(s) of a class read as it is meant", as_meant(before, after))
    if repeated := sorted({name for name in table.columns if list(table.columns).count(name) > 1}):
        raise RequestError(f"{file} has several columns that all mean {', '.join(repeated)}. Leave one of each.")
    absent = [name for name in REQUIRED if name not in table]
    if absent:
        raise RequestError(
            f"{file} has no column {', '.join(map(repr, absent))}; it has {visible(', '.join(table.columns))}. Each "
            f"row is one prediction and needs {', '.join(REQUIRED)}, and predicted or p_<class> for each class."
        )
    if "predicted" not in table and not class_columns(table):
        raise RequestError(
            f"{file} has neither a column predicted nor columns p_<class>. Add the class that was predicted, or the "
            f"probability of each class."
        )
    if PROBABILITY in table:
        raise RequestError(f"{file} has a column {PROBABILITY!r} that names no class. Call it p_<class>.")
    if table.empty:
        raise RequestError(f"{file} has a header but no rows.")
    wanted = [*REQUIRED, *OPTIONAL, *(PROBABILITY + name for name in class_columns(table))]
    rows = np.arange(len(table)) + FIRST_ROW
    return table.reindex(columns=wanted, fill_value="").assign(file=str(file), row=rows)


def _class_as_meant(name: str) -> str:
    """Classes in the names of columns are read as labels are."""
    return PROBABILITY + normal(name.removeprefix(PROBABILITY)) if name.startswith(PROBABILITY) else name


def _refuse_different_classes(table: pd.DataFrame, files: Sequence[Path]) -> None:
    """A class without a column in one of the files would have no probability there."""
    every = class_columns(table)
    for file in files:
        part = table[table["file"] == str(file)]
        without = [name for name in every if not (part[PROBABILITY + name] != "").any()]
        if 0 < len(without) < len(every):
            raise RequestError(
                f"{file} has no probabilities for {visible(', '.join(without))}, which another file or column has. "
                f"Give a column p_<class> for every class, or none at all."
            )


def _whole(text: str, empty: int | None) -> int | None:
    """The number that a cell holds; also 3.0, which pandas writes where a column had gaps."""
    if not text:
        return empty
    return int(text.partition(".")[0]) if _WHOLE.fullmatch(text) else None
