"""Parquet tables of others, refused before they are unpacked where few bytes claim many cells. Reads files."""

from pathlib import Path
from typing import TYPE_CHECKING

from bench.errors import RequestError
from bench.plain_file import plain

if TYPE_CHECKING:
    import pandas as pd

ALWAYS = 10_000_000  # cells that any file may claim
DENSEST = 10  # cells a byte; rows of predictions that repeat all but the case have about 3


def read_bounded(path: Path) -> "pd.DataFrame":
    """The whole table.

    Raises:
        OSError: there is no such file.
        RequestError: it claims more cells than a table of its size has.
        Exception: of pandas or pyarrow, in dozens of kinds: it is damaged.
    """
    import pandas as pd
    from pyarrow.parquet import read_metadata

    size, about = plain(path).stat().st_size, read_metadata(path)
    groups = (about.row_group(number) for number in range(about.num_row_groups))
    cells = sum(group.column(place).num_values for group in groups for place in range(group.num_columns))
    if max(cells, about.num_rows) > max(ALWAYS, DENSEST * size):
        raise RequestError(
            f"{path} claims {max(cells, about.num_rows):,} cells in {size:,} bytes, as no real table does. Where they "
            f"are meant, write it as CSV."
        )
    return pd.read_parquet(path)
