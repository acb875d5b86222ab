"""How estimates are drawn: a line for each row and series, with intervals, and what may lie behind them."""

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt

from reports.page.charts import QUIET, Drawable, colour, data, height_of, shape, spec_of
from reports.page.part import Spec
from reports.statistics.cell import Cell
from reports.tables.wording import interval


@dataclass(frozen=True)
class Estimate:
    """A cell in a chart. row: its line; series: its colour and shape."""

    row: str
    series: str
    cell: Cell


@dataclass(frozen=True)
class Guess:
    """What guessing by class shares reaches; label says on which sides, where they differ."""

    value: float
    label: str


@dataclass(frozen=True)
class Band:
    """The range of a row that is drawn behind its estimates."""

    row: str
    low: float
    high: float


def dumbbells(
    estimates: Sequence[Estimate],
    title: str,
    *,
    zero: bool = False,
    connected: bool = False,
    guesses: Sequence[Guess] = (),
    bands: Sequence[Band] = (),
    hundred: bool = False,
    line: int = 15,
) -> Spec:
    """The specification. zero: a line there; connected: from side to side of a row, where there are two.

    hundred: shares are written as so many of a hundred, also at each dot; line: pixels of each row and series.
    """
    rows = list(dict.fromkeys(one.row for one in estimates))
    series = list(dict.fromkeys(one.series for one in estimates))
    values = [
        {
            **{"row": one.row, "series": one.series, "value": one.cell.value, "low": one.cell.low},
            **{"high": one.cell.high, "text": interval(one.cell, 3), "place": series.index(one.series)},
        }
        for one in estimates
    ]
    base = alt.Chart(data(values)).encode(
        y=alt.Y("row:N", sort=rows, title=None, axis=alt.Axis(grid=True, tickBand="extent")),
        yOffset=alt.YOffset("series:N", sort=series),
        color=colour(series),
        tooltip=[
            alt.Tooltip("row:N", title="of"),
            alt.Tooltip("series:N", title="what"),
            alt.Tooltip("text:N", title=title),
        ],
    )
    axis = alt.Axis(tickCount=6, labelExpr="format(datum.value * 100, '.0f')") if hundred else alt.Axis(tickCount=6)
    place = alt.X("value:Q", title=title, scale=alt.Scale(zero=False), axis=axis)
    layers: list[alt.Chart] = [base.mark_point(filled=True, opacity=1, size=70).encode(x=place, shape=shape(series))]
    if any(one.cell.low is not None for one in estimates):
        known = base.transform_filter("isValid(datum.low)")
        layers.insert(0, known.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q"), x2="high:Q"))
    if hundred:
        written = base.transform_calculate(written="format(datum.value * 100, '.0f')")
        layers.append(written.mark_text(dy=-10, fontSize=12, fontWeight="bold").encode(x=place, text="written:N"))
    if connected and len(series) == 2:
        dashed = alt.Chart(data(values)).mark_line(strokeWidth=1, strokeDash=[3, 3], color=QUIET)
        by_row = dashed.encode(x=place, y=alt.Y("row:N", sort=rows), yOffset=alt.YOffset("series:N", sort=series))
        layers.insert(0, by_row.encode(detail="row:N", order="place:Q"))
    if zero:
        layers.insert(0, alt.Chart(data([{"zero": 0}])).mark_rule(strokeWidth=1, color=QUIET).encode(x="zero:Q"))
    behind = [*([_bands(bands, rows)] if bands else []), *_guessing(guesses)]
    chart: Drawable = alt.layer(*behind, *layers).properties(height=height_of(rows, series, line))
    return spec_of(chart)


def _bands(bands: Sequence[Band], rows: Sequence[str]) -> alt.Chart:
    drawn = alt.Chart(data([vars(one) for one in bands])).mark_bar(color=QUIET, opacity=0.25)
    placed: alt.Chart = drawn.encode(x="low:Q", x2="high:Q", y=alt.Y("row:N", sort=list(rows)))
    return placed


def _guessing(guesses: Sequence[Guess]) -> list[alt.Chart]:
    """Dashed lines behind all, each with its label above the next one's."""
    if not guesses:
        return []
    lines = alt.Chart(data([{"value": one.value} for one in guesses])).mark_rule(
        strokeWidth=1, strokeDash=[2, 2], color=QUIET
    )
    texts = [
        alt.Chart(data([{"value": one.value, "guess": one.label}]))
        .mark_text(align="left", baseline="bottom", dx=3, color=QUIET, fontSize=10)
        .encode(x="value:Q", y=alt.value(-2 - 11 * place), text="guess:N")
        for place, one in enumerate(guesses)
    ]
    return [lines.encode(x="value:Q"), *texts]
