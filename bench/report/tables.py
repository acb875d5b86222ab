"""The tables of a leaderboard as files. Writes tables/<name>.<csv, tex, json or md>, and tables/all.tex."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from bench.atomic import write_text
from reports.draw.latex_table import latex_document
from reports.tables.all_tables import NAMES
from reports.tables.table import Table


def write_tables(
    root: Path, tables: Sequence[Table], ending: str, draw: Callable[[Table], str], others: Iterable[str]
) -> list[Path]:
    """Write each table, and for LaTeX a document that holds them all. Call only under the lock.

    Those of an earlier call that are not among them are removed; `others` are names beside those of a leaderboard.
    """
    folder = root / "tables"
    folder.mkdir(exist_ok=True)
    for name in {*NAMES, *others} - {table.name for table in tables}:
        (folder / f"{name}.{ending}").unlink(missing_ok=True)
    paths = [folder / f"{table.name}.{ending}" for table in tables]
    for path, table in zip(paths, tables, strict=True):
        write_text(path, draw(table))
    if ending == "tex":
        paths.append(folder / "all.tex")
        write_text(paths[-1], latex_document([table.name for table in tables]))
    return paths
