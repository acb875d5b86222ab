"""A manifest's table under our names for its columns, its cells as they are meant, and how rows are refused."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from bench.data.manifest.lookalikes import Guessed, are_paths, columns_like
from bench.data.manifest.table import refuse_rows
from bench.data.names import as_meant, normal
from bench.data.options import MANIFEST_COLUMNS, ReadOptions
from bench.data.passed_over import PassedOver
from bench.errors import RequestError

NAMES = ("label", "group", "site", "split", "part", "case_id")


@dataclass(frozen=True)
class Manifest:
    """A table with our names for its columns; all cells are text."""

    file: Path
    table: pd.DataFrame
    options: ReadOptions

    @cached_property
    def home(self) -> Path:
        """Where its paths begin.

        Raises:
            RequestError: `--root` is no folder.
        """
        root = self.options.root
        if root is not None and not root.is_dir():
            raise RequestError(f"No such folder: {root} (--root). Check the spelling.")
        return (root or self.file.parent).resolve()

    def cells(self, name: str) -> list[str]:
        """A column, empty texts where there is none."""
        return list(self.table[name]) if name in self.table else [""] * len(self.table)

    def refuse_rows(self, what: str, wrong: Iterable[bool], advice: str = "Mend them.") -> None:
        """Raise `RequestError` with the numbers of the wrong rows, if there are any."""
        flags = list(wrong)
        if any(flags):
            refuse_rows(self.file, what, flags, advice, self.cells("path"))


def named(file: Path, table: pd.DataFrame, options: ReadOptions) -> pd.DataFrame:
    """`table` with our names; a column that has one of them though another is meant becomes `NAME (given)`.

    The cells of `NAMES` are read as they are meant, which is counted in `options.passed_over`.

    Raises:
        RequestError: a column is missing, there are no rows, or paths and labels are exchanged.
    """
    absent = [options.column(name) for name in ("path", "label") if options.column(name) not in table]
    absent += [wanted for wanted in options.columns.values() if wanted not in table and wanted not in absent]
    if absent:
        raise RequestError(
            f"{file} has no column {', '.join(map(repr, absent))}; it has {', '.join(table.columns)}. Rename it, or "
            f"say what it is called: --column path=NAME (or label, {', '.join(MANIFEST_COLUMNS[2:])})."
            f"{_guesses(table, options)}"
        )
    if table.empty:
        raise RequestError(f"{file} has a header but no rows.")
    path, label = options.column("path"), options.column("label")
    if are_paths(list(table[label])):
        raise RequestError(
            f"Column {label!r} of {file}, taken for the labels, holds names of image files, such as "
            f"{next(filter(None, table[label]))!r}; column {path!r}, taken for the paths, holds "
            f"{next(filter(None, table[path]), '')!r}. Are they exchanged? Give --column path={label} --column "
            f"label={path}, or the column that holds the classes."
        )
    meant = {options.column(name): name for name in MANIFEST_COLUMNS if name in options.columns}
    plain = {name: name for name in MANIFEST_COLUMNS if name not in options.columns and name not in meant}
    renamed = {**plain, **meant}
    shadowed = {name: f"{name} (given)" for name in table.columns if name not in renamed and name in MANIFEST_COLUMNS}
    return as_meant_in(table.rename(columns={**shadowed, **renamed}), NAMES, options.passed_over)


def as_meant_in(table: pd.DataFrame, columns: Sequence[str], account: PassedOver) -> pd.DataFrame:
    """`table` with the names in `columns`, those that it has, as they are meant; changes are counted in `account`."""
    changed = {}
    for column in (name for name in columns if name in table):
        meant = {cell: normal(cell) for cell in table[column].unique()}
        different = [cell for cell in table[column] if meant[cell] != cell]
        if different:
            changed[column] = table[column].map(meant)
            account.add(
                "changed",
                f"cell(s) of the column {column} read as they are meant (whole numbers without .0, NFC, nothing "
                f"without width)",
                as_meant(different[0], meant[different[0]]),
                number=len(different),
            )
    return table.assign(**changed)


def _guesses(table: pd.DataFrame, options: ReadOptions) -> str:
    """The line to type where columns look like what is missing."""
    known = list(options.columns.values())
    needed: tuple[Guessed, ...] = ("path", "label")
    missing = [name for name in needed if options.column(name) not in table]
    found = {name: columns_like(name, table, known) for name in missing}
    given = " ".join(f"--column {ours}={theirs[0]}" for ours, theirs in found.items() if theirs)
    return f" By what is in them: {given}." if given else ""
