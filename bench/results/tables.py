"""The tables of a leaderboard as files. Writes tables/<name>.csv or tables/<name>.tex."""

from collections.abc import Callable, Sequence
from pathlib import Path

from bench.results.atomic import write_text
from reports.search_tables import NAMES as OF_SEARCHES
from reports.table import Table
from reports.tables import NAMES


def write_tables(root: Path, tables: Sequence[Table], ending: str, draw: Callable[[Table], str]) -> list[Path]:
    """Write each table; those of an earlier call that are not among them are removed. Call only under the lock."""
    folder = root / "tables"
    folder.mkdir(exist_ok=True)
    for name in {*NAMES, *OF_SEARCHES} - {table.name for table in tables}:
        (folder / f"{name}.{ending}").unlink(missing_ok=True)
    paths = [folder / f"{table.name}.{ending}" for table in tables]
    for path, table in zip(paths, tables, strict=True):
        write_text(path, draw(table))
    return paths
