"""The charts of a search as one sheet. Writes a PNG."""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from reports.draw.notation import RESEARCH_ONLY
from reports.draw.shown import as_drawn
from reports.search.charts import SearchCharts, Slice
from reports.statistics.metrics import METRICS

BLUE, ORANGE, GREY = "#0072b2", "#d55e00", "#767676"  # Okabe and Ito: colour-blind safe


def draw_search(charts: SearchCharts, file: Path) -> None:
    """History and importance above, a slice for each parameter below."""
    columns = max(2, len(charts.slices))
    figure = Figure(figsize=(max(9.0, 3.2 * columns), 7), layout="constrained")
    FigureCanvasAgg(figure)
    upper, lower = figure.subfigures(2, 1, squeeze=False)[:, 0]
    history, importance = upper.subplots(1, 2, width_ratios=(2, 1))
    _history(history, charts)
    _importance(importance, charts)
    for axes, part in zip(lower.subplots(1, columns, squeeze=False)[0], charts.slices, strict=False):
        _slice(axes, part)
    for axes in lower.axes[len(charts.slices) :]:
        axes.set_axis_off()
    lower.axes[0].set_ylabel(METRICS[charts.metric].title)
    figure.suptitle(f"Search {as_drawn(charts.study)}. {RESEARCH_ONLY}", fontsize=10)
    figure.savefig(file, dpi=110, format="png")


def _history(axes: Axes, charts: SearchCharts) -> None:
    history = charts.history
    axes.scatter(history.numbers, history.scores, s=18, color=BLUE, label="complete")
    axes.step(history.numbers, history.best, where="post", color=ORANGE, label="best so far")
    if history.pruned:
        numbers, reached = zip(*history.pruned, strict=True)
        axes.scatter(numbers, reached, s=18, marker="x", color=GREY, label="pruned (last seen)")
    axes.set_xlabel("trial")
    axes.set_ylabel(METRICS[charts.metric].title)
    axes.set_title("History", fontsize=10)
    axes.legend(fontsize=8)


def _importance(axes: Axes, charts: SearchCharts) -> None:
    axes.set_title("Importance (fANOVA)", fontsize=10)
    if not charts.importance:
        axes.set_axis_off()
        axes.text(0.5, 0.5, "not known: too few complete trials", ha="center", fontsize=8)
        return
    names = list(charts.importance)[::-1]
    axes.barh(names, [charts.importance[name] for name in names], color=BLUE)
    axes.set_xlim(0, 1)


def _slice(axes: Axes, part: Slice) -> None:
    if part.choices:
        places = [part.choices.index(str(value)) for value in part.values]
        axes.scatter(places, part.scores, s=18, color=BLUE)
        axes.set_xticks(range(len(part.choices)), list(map(as_drawn, part.choices)))
    else:
        axes.scatter([float(value) for value in part.values], part.scores, s=18, color=BLUE)
        if part.log:
            axes.set_xscale("log")
            axes.xaxis.set_minor_formatter(NullFormatter())  # labels between the decades run into each other
    axes.set_title(as_drawn(part.parameter), fontsize=10)
