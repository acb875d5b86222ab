"""The tables of a leaderboard as files. Writes tables/<name>.<csv, tex, json or md>, and tables/all.tex."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from bench.store.files import FolderFiles
from reports.draw.latex_table import latex_document
from reports.tables.all_tables import NAMES
from reports.tables.table import Table


def write_tables(
    root: Path, tables: Sequence[Table], ending: str, draw: Callable[[Table], str], others: Iterable[str]
) -> list[Path]:
    """Write each table, and for LaTeX a document that holds them all. Call only under the lock.

    Those of an earlier call that are not among them are removed; `others` are names beside those of a leaderboard.
    """
    files = FolderFiles(root)
    files.remove(f"tables/{name}.{ending}" for name in {*NAMES, *others} - {table.name for table in tables})
    texts = {f"tables/{table.name}.{ending}": draw(table) for table in tables}
    if ending == "tex":
        texts["tables/all.tex"] = latex_document([table.name for table in tables])
    return files.write_all(texts)
