"""Tables and charts as files. Writes into tables/ (csv, tex, json or md, and all.tex) and figures/ (svg and png)."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

from bench.atomic import write_atomically, write_text
from bench.errors import BenchError
from reports.draw.latex_table import latex_document
from reports.page.charts import figure_png, figure_svg
from reports.page.part import Chart
from reports.tables.all_tables import NAMES
from reports.tables.table import Table

GROUPS = ("external", "gap", "classes", "comparisons", "seeds", "learning", "calibration")
"""How the names of the page's charts begin; others in the folder are left alone."""


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


def write_charts(root: Path, charts: Sequence[Chart]) -> list[Path]:
    """Write each chart twice; those of an earlier call that are not among them are removed."""
    folder = root / "figures"
    folder.mkdir(exist_ok=True)
    paths = []
    for chart in charts:
        svg, picture = _drawn(chart)
        paths += [folder / f"{chart.name}.svg", folder / f"{chart.name}.png"]
        write_text(paths[-2], svg)
        write_atomically(paths[-1], partial(Path.write_bytes, data=picture))
    for path in folder.iterdir():
        if path.suffix in (".svg", ".png") and path.stem.partition("-")[0] in GROUPS and path not in paths:
            path.unlink()
    return paths


def _drawn(chart: Chart) -> tuple[str, bytes]:
    """Raises BenchError where the renderer refuses it."""
    try:
        svg = figure_svg(chart)
        return svg, figure_png(svg)
    except (RuntimeError, ValueError) as error:
        why = (str(error).splitlines() or [type(error).__name__])[0]
        raise BenchError(
            f"The chart {chart.name} could not be drawn: {why}. The leaderboard is stored; rename classes, sites "
            f"or backbones with odd signs, and give bench report again."
        ) from None
