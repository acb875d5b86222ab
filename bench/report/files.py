"""Tables and charts as files. Writes into tables/ (csv, tex, json or md, and all.tex) and figures/ (svg and png)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bench.errors import BenchError
from bench.store.files import FolderFiles
from reports.draw.latex_table import latex_document
from reports.page.part import Chart
from reports.tables.all_tables import NAMES
from reports.tables.level_tables import LEVEL_NAMES
from reports.tables.table import Table

if TYPE_CHECKING:  # tables need no renderer of charts, which is an extra
    from reports.page.drawing import Drawing

GROUPS = (
    *("overview", "external", "gap", "hospitals", "subgroups", "classes", "comparisons", "seeds", "learning"),
    "calibration",
)
"""How the names of the page's charts begin; others in the folder are left alone."""


def write_tables(
    root: Path, tables: Sequence[Table], ending: str, draw: Callable[[Table], str], others: Iterable[str]
) -> list[Path]:
    """Write each table, and for LaTeX a document that holds them all. Call only under the lock.

    Those of an earlier call that are not among them are removed; `others` are names beside those of a leaderboard.
    """
    files = FolderFiles(root)
    files.remove(
        f"tables/{name}.{ending}" for name in {*NAMES, *LEVEL_NAMES, *others} - {table.name for table in tables}
    )
    texts = {f"tables/{table.name}.{ending}": draw(table) for table in tables}
    if ending == "tex":
        texts["tables/all.tex"] = latex_document([table.name for table in tables])
    return files.write_all(texts)


def drawings(charts: Sequence[Chart]) -> "dict[str, Drawing]":
    """Each chart drawn, by its name; writes nothing. Raises BenchError where the renderer refuses one."""
    return {chart.name: _drawn(chart) for chart in charts}


def write_charts(root: Path, drawn: "Mapping[str, Drawing]") -> list[Path]:
    """Write each drawing twice; those of an earlier call that are not among them are removed."""
    from reports.page.charts import figure_png

    files, pictures = FolderFiles(root), dict[str, bytes | str]()
    for name, drawing in drawn.items():
        pictures |= {f"figures/{name}.svg": drawing.file, f"figures/{name}.png": figure_png(drawing.file)}
    paths = files.write_all(pictures)
    others = [path for path in root.glob("figures/*") if path.suffix in (".svg", ".png") and path not in paths]
    files.remove(f"figures/{path.name}" for path in others if path.stem.partition("-")[0] in GROUPS)
    return paths


def _drawn(chart: Chart) -> "Drawing":
    from reports.page.drawing import draw

    try:
        return draw(chart)
    except (RuntimeError, ValueError) as error:
        why = (str(error).splitlines() or [type(error).__name__])[0]
        raise BenchError(
            f"The chart {chart.name} could not be drawn: {why}. The leaderboard is stored; rename classes, sites "
            f"or backbones with odd signs, and give bench report again."
        ) from None
