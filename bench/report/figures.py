"""The charts of a page as files. Writes figures/<name>.svg and figures/<name>.png."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from bench.atomic import write_atomically, write_text
from bench.errors import BenchError
from reports.page.draw_figure import figure_png, figure_svg
from reports.page.part import Chart

GROUPS = ("external", "gap", "classes", "comparisons", "seeds", "learning", "calibration")
"""How the names of the page's charts begin; others in the folder are left alone."""


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
