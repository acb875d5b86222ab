"""The rows of a manifest, and how to refuse some of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from bench.data.manifest_table import FIRST_ROW
from bench.data.options import ReadOptions
from bench.errors import RequestError

SHOWN = 10


@dataclass(frozen=True)
class Manifest:
    """A table with our names for its columns; all cells are text."""

    file: Path
    table: pd.DataFrame
    options: ReadOptions

    def cells(self, name: str) -> list[str]:
        """A column, empty texts where there is none."""
        return list(self.table[name]) if name in self.table else [""] * len(self.table)

    def refuse_rows(self, what: str, wrong: Iterable[bool]) -> None:
        """Raise `RequestError` with the first ten numbers of the wrong rows, as a spreadsheet counts."""
        rows = [number + FIRST_ROW for number, bad in enumerate(wrong) if bad]
        if rows:
            path = self.cells("path")[rows[0] - FIRST_ROW]
            shown = ", ".join(map(str, rows[:SHOWN])) + (f" and {len(rows) - SHOWN} more" if len(rows) > SHOWN else "")
            raise RequestError(
                f"{len(rows)} row(s) of {self.file} {what}: row(s) {shown}; the first is for {path!r}. Mend them."
            )
