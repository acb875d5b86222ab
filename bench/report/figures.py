"""The charts of a page as files. Writes figures/<name>.svg and figures/<name>.png."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from bench.atomic import write_atomically, write_text
from reports.page.charts import figure_png, figure_svg
from reports.page.part import Chart

GROUPS = ("external", "gap", "classes", "comparisons", "seeds", "learning", "calibration")
"""How the names of the page's charts begin; others in the folder are left alone."""


def write_charts(root: Path, charts: Sequence[Chart]) -> list[Path]:
    """Write each chart twice; those of an earlier call that are not among them are removed."""
    folder = root / "figures"
    folder.mkdir(exist_ok=True)
    paths = []
    for chart in charts:
        svg = figure_svg(chart)
        picture = figure_png(svg)
        paths += [folder / f"{chart.name}.svg", folder / f"{chart.name}.png"]
        write_text(paths[-2], svg)
        write_atomically(paths[-1], partial(Path.write_bytes, data=picture))
    for path in folder.iterdir():
        if path.suffix in (".svg", ".png") and path.stem.partition("-")[0] in GROUPS and path not in paths:
            path.unlink()
    return paths
