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

    size, cells = plain(path).stat().st_size, _claimed(path)
    if cells > max(ALWAYS, DENSEST * size):
        raise RequestError(
            f"{path} claims {cells:,} cells in {size:,} bytes, as no real table does. Where they are meant, write it "
            f"as CSV."
        )
    return pd.read_parquet(path)


def _claimed(path: Path) -> int:
    """How many cells the file says that it has.

    One row of each group is read first. Where what is said of a column makes no sense, that raises, whereas pyarrow's
    `column` ends the process: its C++ throws to nobody.
    """
    from pyarrow.parquet import ParquetFile

    with ParquetFile(path) as file:
        about, cells = file.metadata, 0
        for number in range(about.num_row_groups):
            next(file.iter_batches(batch_size=1, row_groups=[number]), None)
            group = about.row_group(number)
            cells += sum(group.column(place).num_values for place in range(group.num_columns))
        return max(cells, int(about.num_rows))
