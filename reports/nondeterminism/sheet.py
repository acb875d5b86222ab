"""The charts of nondeterminism: what they show, and their drawing as one sheet. Writes a PNG."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from reports.draw.notation import RESEARCH_ONLY
from reports.draw.shown import as_drawn
from reports.nondeterminism.components import deviation
from reports.nondeterminism.summary import TITLES, Study
from reports.statistics.cell import Cell
from reports.statistics.metrics import primary


@dataclass(frozen=True)
class SpreadBars:
    """The standard deviation of a metric by source, at one site."""

    site: str
    names: tuple[str, ...]
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class NondeterminismCharts:
    """The sheet of one backbone: sd of the primary metric, and churn, by source and site, and relative L2 by step."""

    backbone: str
    spread: tuple[SpreadBars, ...]
    churn: Mapping[str, Mapping[str, float]]
    curves: Mapping[str, Sequence[tuple[int, float]]]


def nondeterminism_charts(study: Study) -> NondeterminismCharts:
    """What the sheet of a study shows; curves keep the steps at which runs differ."""
    designs = [design for design in study.designs if design.runs > 1]
    spread = tuple(
        SpreadBars(
            site,
            tuple(_title(design.name) for design in designs),
            tuple(deviation(design.mean_squares(site)[primary().name]) for design in designs),
        )
        for site in study.sites
    )
    churn = {site: {_title(one.name): one.churn(site) or 0.0 for one in designs} for site in study.sites}
    curves = {
        _title(name): [(step, value) for step, value in curve if value > 0] for name, curve in study.curves.items()
    }
    return NondeterminismCharts(study.backbone, spread, churn, {name: curve for name, curve in curves.items() if curve})


def _title(name: str) -> str:
    return TITLES.get(name, name)


COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#767676")  # Okabe and Ito
MARKERS = "osD^vP*"
WIDEST = 0.5  # the interval of two runs goes far beyond what a score can spread


def draw_nondeterminism(charts: NondeterminismCharts, file: Path) -> None:
    """Spread, churn and curves side by side."""
    figure = Figure(figsize=(13, 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    spread, churn, curves = figure.subplots(1, 3)
    _spread(spread, charts)
    _churn(churn, charts)
    _curves(curves, charts)
    figure.suptitle(f"Nondeterminism of {as_drawn(charts.backbone)}. {RESEARCH_ONLY}", fontsize=10)
    figure.savefig(file, dpi=110, format="png")


def _spread(axes: Axes, charts: NondeterminismCharts) -> None:
    for number, bars in enumerate(charts.spread):
        places = np.arange(len(bars.names)) + 0.16 * (number - (len(charts.spread) - 1) / 2)
        for place, cell in zip(places, bars.cells, strict=True):
            axes.plot([cell.low or 0, cell.high or 0], [place, place], color=COLOURS[number % len(COLOURS)])
        values = [cell.value or 0.0 for cell in bars.cells]
        marker, colour = MARKERS[number % len(MARKERS)], COLOURS[number % len(COLOURS)]
        axes.plot(values, places, marker, color=colour, label=as_drawn(bars.site))
    names = charts.spread[0].names if charts.spread else ()
    axes.set_yticks(range(len(names)), list(map(as_drawn, names)))
    axes.invert_yaxis()
    axes.set_xlim(0, min(WIDEST, axes.get_xlim()[1]))
    axes.set_title(f"sd of {primary().in_sentence} by what varies, with 95 % interval", fontsize=10)
    axes.legend(fontsize=8)


def _churn(axes: Axes, charts: NondeterminismCharts) -> None:
    height = 0.8 / max(1, len(charts.churn))
    for number, (site, shares) in enumerate(charts.churn.items()):
        places = np.arange(len(shares)) + height * (number - (len(charts.churn) - 1) / 2)
        axes.barh(places, list(shares.values()), height, color=COLOURS[number % len(COLOURS)], label=as_drawn(site))
        axes.set_yticks(range(len(shares)), list(map(as_drawn, shares)))
    axes.invert_yaxis()
    axes.set_title("Churn: predictions that differ between two runs", fontsize=10)
    axes.legend(fontsize=8)


def _curves(axes: Axes, charts: NondeterminismCharts) -> None:
    for number, (name, curve) in enumerate(charts.curves.items()):
        steps, values = zip(*curve, strict=True)
        marker, colour = MARKERS[number % len(MARKERS)], COLOURS[number % len(COLOURS)]
        axes.plot(steps, values, marker=marker, color=colour, label=as_drawn(name))
    axes.set_title("Relative L2 distance of the weights of two runs", fontsize=10)
    axes.set_xlabel("step")
    if not charts.curves:
        axes.set_axis_off()
        axes.text(0.5, 0.5, "no two runs differ", ha="center", fontsize=9)
        return
    axes.set_xscale("log")
    axes.set_yscale("log")
    taken = sorted({step for curve in charts.curves.values() for step, _ in curve})
    axes.set_xticks(taken, list(map(str, taken)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.legend(fontsize=8)
