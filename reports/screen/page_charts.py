"""The charts of a screen on the page: accuracy against what it costs, and what nothing beats."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import altair as alt

from reports.page.charts import QUIET, colour, data, shape, spec_of
from reports.page.part import Chart
from reports.screen.summary import Screened, on_size_front, on_speed_front
from reports.statistics.cell import Cell
from reports.tables.wording import interval, listed

ON_FRONT, BEATEN = "front", "beaten"


@dataclass(frozen=True)
class Point:
    """A backbone in a chart: what it costs, on the horizontal axis, its accuracy, and whether it is on the front."""

    name: str
    cost: float
    accuracy: Cell
    series: str

    def row(self) -> dict[str, object]:
        """As the data of a chart."""
        cell = self.accuracy
        numbers = {"cost": self.cost, "accuracy": cell.value, "low": cell.low, "high": cell.high}
        return {"name": self.name, "series": self.series, "text": interval(cell, 3), **numbers}


def speed_points(rows: Sequence[Screened]) -> list[Point]:
    """By images a second, of those where they are known."""
    return _points(rows, [row.speed for row in rows], on_speed_front(rows))


def size_points(rows: Sequence[Screened]) -> list[Point]:
    """By millions of parameters."""
    return _points(rows, [row.parameters / 1e6 for row in rows], on_size_front(rows))


def screen_charts(rows: Sequence[Screened]) -> Iterator[Chart]:
    """A chart for each cost; none where fewer than two backbones can be drawn."""
    for name, title, axis, points in (
        ("speed", "Accuracy and speed", "Images a second (log scale)", speed_points(rows)),
        ("size", "Accuracy and size", "Parameters, millions (log scale)", size_points(rows)),
    ):
        if len(points) > 1:
            yield _chart(f"screen-{name}", title, axis, points)


def _points(rows: Sequence[Screened], costs: Sequence[float | None], on_it: Sequence[bool]) -> list[Point]:
    return [
        Point(row.name, cost, row.accuracy, ON_FRONT if known else BEATEN)
        for row, cost, known in zip(rows, costs, on_it, strict=True)
        if cost is not None and row.accuracy.value is not None
    ]


def _chart(name: str, title: str, axis: str, points: Sequence[Point]) -> Chart:
    series = [ON_FRONT, BEATEN] if any(point.series == BEATEN for point in points) else [ON_FRONT]
    rows = [one.row() for one in points]
    front = sorted((one for one in points if one.series == ON_FRONT), key=lambda one: one.cost)
    x = alt.X("cost:Q", title=axis, scale=alt.Scale(type="log", nice=False, padding=20))
    y = alt.Y("accuracy:Q", title="Accuracy", scale=alt.Scale(zero=False))
    bounds = alt.Y("low:Q", title="Accuracy")
    tooltip = [
        alt.Tooltip("name:N", title="backbone"),
        alt.Tooltip("cost:Q", title=axis, format=".3~s"),
        alt.Tooltip("text:N", title="accuracy"),
    ]
    known = alt.Chart(data([row for row in rows if row["low"] is not None]))
    line = alt.Chart(data([one.row() for one in front])).mark_line(strokeWidth=1, strokeDash=[3, 3], color=QUIET)
    marks = alt.Chart(data(rows)).mark_point(filled=True, size=60, opacity=1)
    layers = alt.layer(
        line.encode(x=x, y=y),
        known.mark_rule(strokeWidth=1.5).encode(x=x, y=bounds, y2="high:Q", color=colour(series)),
        marks.encode(x=x, y=y, color=colour(series), shape=shape(series), tooltip=tooltip),
    )
    best = listed([one.name for one in front])
    return Chart(
        name,
        title,
        f"Internal accuracy of each screened backbone with its interval against {axis.lower()}. On the front, which no "
        f"other beats in both: {best}. The numbers are in the table Screened backbones.",
        spec_of(layers.properties(height=260)),
        wide=False,
    )
