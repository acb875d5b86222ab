"""Forest plots: a metric at each site that was held out, or at each level of subgroups, and what lies above them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import altair as alt

from reports.page.charts import QUIET, SERIES, data, height_of, spec_of
from reports.page.part import Chart
from reports.statistics.cell import Cell
from reports.statistics.metrics.metric import Metric
from reports.tables.hospitals import Hospitals
from reports.tables.subgroups import Subgroup
from reports.tables.wording import number

MEAN, NEXT, ALL = "Mean over sites", "Next hospital", "All cases"
Kind = Literal["site", "mean", "next"]


@dataclass(frozen=True)
class ForestLine:
    """A line of the plot. kind: a site or a level, what is over all of them, or the next site.

    value is None where there is only an interval, low and high where there is none.
    """

    label: str
    kind: Kind
    value: float | None
    low: float | None
    high: float | None

    @property
    def text(self) -> str:
        """`0.71 (0.65–0.77)`; of the next hospital its interval alone."""
        ends = "" if self.low is None else f"{number(self.low, 2)}–{number(self.high, 2)}"
        if self.value is None:
            return ends
        return f"{number(self.value, 2)} ({ends})" if ends else number(self.value, 2)


def forest_lines(of_row: Hospitals, metric: str) -> tuple[ForestLine, ...]:
    """The sites that have the metric, then the mean and the next hospital where they are known."""
    one = of_row.metrics[metric]
    lines = [
        ForestLine(site, "site", cell.value, cell.low, cell.high)
        for site, cell in one.sites.items()
        if cell.value is not None
    ]
    if (mean := one.synthesis.mean).value is not None:
        lines.append(ForestLine(MEAN, "mean", mean.value, mean.low, mean.high))
        lines.append(ForestLine(NEXT, "next", None, one.synthesis.next.low, one.synthesis.next.high))
    return tuple(lines)


def forest_plot(name: str, of_row: Hospitals, metric: Metric, place: int) -> Chart:
    """The plot of one backbone; place: its number, for the file's name."""
    lines = forest_lines(of_row, metric.name)
    return Chart(
        f"hospitals-{place}-{metric.name.replace('_', '-')}",
        f"{metric.title} at each site, {name}",
        f"Forest plot of {metric.in_sentence} of {name}: each site with its interval, the mean over sites, and the "
        "interval of the next hospital. The numbers are in the tables below.",
        _drawn(lines, metric.title),
        wide=False,
    )


def subgroup_lines(of_row: Mapping[str, Subgroup], whole: Cell, metric: str) -> tuple[ForestLine, ...]:
    """The levels that have the metric, attribute by attribute, then all cases."""
    lines = [
        ForestLine(f"{name} {level}", "site", cell.value, cell.low, cell.high)
        for name, one in of_row.items()
        for level, cell in one.metrics[metric].values.items()
        if cell.value is not None
    ]
    return (*lines, ForestLine(ALL, "mean", whole.value, whole.low, whole.high))


def subgroup_plot(name: str, of_row: Mapping[str, Subgroup], whole: Cell, metric: Metric, place: int) -> Chart:
    """The plot of one backbone; whole: the metric over all its internal cases; place: as in `forest_plot`."""
    return Chart(
        f"subgroups-{place}-{metric.name.replace('_', '-')}",
        f"{metric.title} in each subgroup, {name}",
        f"Forest plot of {metric.in_sentence} of {name}: each level of {', '.join(of_row)} with its interval, and all "
        "internal cases. The numbers are in the tables below.",
        _drawn(subgroup_lines(of_row, whole, metric.name), metric.title),
        wide=False,
    )


def _drawn(lines: Sequence[ForestLine], title: str) -> dict[str, object]:
    labels = [line.label for line in lines]
    values = [{**vars(line), "text": line.text} for line in lines]
    kinds = alt.Scale(domain=["site", "mean", "next"], range=[SERIES[0], SERIES[1], QUIET])
    base = alt.Chart(data(values)).encode(
        y=alt.Y("label:N", sort=labels, title=None, axis=alt.Axis(grid=True, tickBand="extent")),
        color=alt.Color("kind:N", scale=kinds, legend=None),
        tooltip=[alt.Tooltip("label:N", title="of"), alt.Tooltip("text:N", title=title)],
    )
    ends = {"x": alt.X("low:Q", title=title, scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=6)), "x2": "high:Q"}
    known = base.transform_filter("isValid(datum.low)")
    place = alt.X("value:Q", title=title)
    shapes = alt.Shape("kind:N", scale=alt.Scale(domain=["site", "mean"], range=["square", "diamond"]), legend=None)
    layers = (
        known.transform_filter("datum.kind != 'next'").mark_rule(strokeWidth=2).encode(**ends),
        known.transform_filter("datum.kind == 'next'").mark_rule(strokeWidth=6).encode(**ends),
        base.transform_filter("isValid(datum.value)")
        .mark_point(filled=True, opacity=1, size=70)
        .encode(x=place, shape=shapes),
    )
    return dict(spec_of(alt.layer(*layers).properties(height=height_of(labels))))
