"""The rows of a manifest, and how to refuse some of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from bench.data.manifest_table import FIRST_ROW, rows_where, shown_rows
from bench.data.options import ReadOptions
from bench.errors import RequestError


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
        """Raise `RequestError` with the first ten numbers of the wrong rows, as a spreadsheet counts."""
        if rows := rows_where(wrong):
            path = self.cells("path")[rows[0] - FIRST_ROW]
            raise RequestError(
                f"{len(rows)} row(s) of {self.file} {what}: row(s) {shown_rows(rows)}; the first is for {path!r}. "
                f"{advice}"
            )
