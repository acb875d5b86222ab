"""The charts of a page as files. Writes figures/<name>.svg and figures/<name>.png."""

from collections.abc import Sequence
from pathlib import Path

from bench.store.files import FolderFiles
from reports.page.draw_figure import figure_png, figure_svg
from reports.page.part import Chart

GROUPS = ("external", "gap", "classes", "comparisons", "seeds", "learning", "calibration")
"""How the names of the page's charts begin; others in the folder are left alone."""


def write_charts(root: Path, charts: Sequence[Chart]) -> list[Path]:
    """Write each chart twice; those of an earlier call that are not among them are removed."""
    files, pictures = FolderFiles(root), dict[str, bytes | str]()
    for chart in charts:
        svg = figure_svg(chart)
        pictures |= {f"figures/{chart.name}.svg": svg, f"figures/{chart.name}.png": figure_png(svg)}
    paths = files.write_all(pictures)
    others = [path for path in root.glob("figures/*") if path.suffix in (".svg", ".png") and path not in paths]
    files.remove(f"figures/{path.name}" for path in others if path.stem.partition("-")[0] in GROUPS)
    return paths
