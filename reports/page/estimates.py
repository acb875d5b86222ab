"""Charts of estimates with their intervals: one line for each row and series."""

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt

from reports.page.charts import QUIET, Drawable, colour, data, height_of, shape, spec_of
from reports.page.part import Chart
from reports.statistics.cases import INTERNAL
from reports.statistics.cell import Cell
from reports.statistics.metrics import of_each_class
from reports.statistics.metrics.metric import Metric
from reports.tables.leaderboard import Leaderboard
from reports.tables.row import Row
from reports.tables.wording import interval, listed, number

MOST_ROWS = 40


@dataclass(frozen=True)
class Estimate:
    """A cell in a chart. row: its line; series: its colour and shape."""

    row: str
    series: str
    cell: Cell


def on_sides(leaderboard: Leaderboard, metric: Metric) -> tuple[Estimate, ...]:
    """A metric of each backbone internally and at each site."""
    return tuple(
        Estimate(row.name, side, cells[metric.name])
        for row in leaderboard.rows[:MOST_ROWS]
        for side, cells in ((INTERNAL, row.cells.internal), *row.cells.external.items())
        if metric.name in cells and cells[metric.name].value is not None
    )


@dataclass(frozen=True)
class Guess:
    """What guessing by class shares reaches; label says on which sides, where they differ."""

    value: float
    label: str


def of_guessing(leaderboard: Leaderboard, metric: Metric) -> tuple[Guess, ...]:
    """A line for each value that guessing reaches, to a hundredth, on the sides that backbones predict."""
    sides = list(dict.fromkeys(one.series for one in on_sides(leaderboard, metric)))
    at: dict[str, list[str]] = {}
    for side in sides:
        if metric.name in leaderboard.chance[side]:
            at.setdefault(number(leaderboard.chance[side][metric.name], 2), []).append(side)
    return tuple(
        Guess(
            leaderboard.chance[there[0]][metric.name],
            f"guessing {value}" if len(at) == 1 else f"guessing {value}, {listed(there)}",
        )
        for value, there in at.items()
    )


def of_gap(leaderboard: Leaderboard, site: str, metric: Metric) -> tuple[Estimate, ...]:
    """The gap of each backbone at a site, and its parts where it is split."""
    found = []
    for row in leaderboard.rows[:MOST_ROWS]:
        if site not in row.sites:
            continue
        parts = {"gap": row.cells.gap[site].get(metric.name)}
        if (split := row.gap_split.get(site, {}).get(metric.name)) is not None:
            parts |= {"appearance shift": split.appearance, "prevalence shift": split.prevalence}
        found += [Estimate(row.name, name, cell) for name, cell in parts.items() if cell and cell.value is not None]
    return tuple(found)


def of_classes(row: Row, metric: str) -> tuple[Estimate, ...]:
    """A metric of each class of one backbone, on each side; of many classes those with the lowest internal values."""
    by_value = sorted(row.per_class, key=lambda name: row.per_class[name].internal[metric].value or 0.0)
    kept = set(by_value[:MOST_ROWS])
    return tuple(
        Estimate(name, side, cells[metric])
        for name, sided in row.per_class.items()
        if name in kept
        for side, cells in ((INTERNAL, sided.internal), *sided.external.items())
        if cells[metric].value is not None
    )


def internal_against_external(leaderboard: Leaderboard, metric: Metric) -> Chart:
    """A dumbbell a backbone: its internal and external values, connected where there is one site."""
    title = metric.title
    return Chart(
        f"external-{metric.name.replace('_', '-')}",
        f"{title}, internal against external",
        f"{title} of each backbone with its interval, internally and at each external site, and what guessing by class "
        "shares would reach. The numbers are in the table of the leaderboard.",
        _drawn(on_sides(leaderboard, metric), title, connected=True, guesses=of_guessing(leaderboard, metric)),
    )


def gap_parts(leaderboard: Leaderboard, site: str, metric: Metric, number: int) -> Chart:
    """The gap of each backbone at a site and what it is made of; number: that of the site, for the file's name."""
    title = metric.title
    return Chart(
        f"gap-{number}-{metric.name.replace('_', '-')}",
        f"{title} lost at {site}, and its parts",
        f"The gap in {title} of each backbone at {site}, its appearance and its prevalence shift, with intervals. The "
        "numbers are in the table below.",
        _drawn(of_gap(leaderboard, site, metric), f"{title}, internal minus {site}", zero=True),
    )


def each_class(row: Row, number: int) -> Chart:
    """The metric of each class of one backbone; number: its place, for the file's name."""
    metric = of_each_class()
    return Chart(
        f"classes-{number}",
        f"{metric.title} of each class, {row.name}",
        f"{metric.title} of each class with its interval, internally and at each site, of {row.name}. The numbers are "
        "in the table of classes.",
        _drawn(of_classes(row, metric.name), metric.title),
        wide=False,
    )


def _drawn(
    estimates: Sequence[Estimate],
    title: str,
    *,
    zero: bool = False,
    connected: bool = False,
    guesses: Sequence[Guess] = (),
) -> dict[str, object]:
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
    place = alt.X("value:Q", title=title, scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=6))
    layers: list[alt.Chart] = [base.mark_point(filled=True, opacity=1, size=70).encode(x=place, shape=shape(series))]
    if any(one.cell.low is not None for one in estimates):
        known = base.transform_filter("isValid(datum.low)")
        layers.insert(0, known.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q"), x2="high:Q"))
    if connected and len(series) == 2:
        line = alt.Chart(data(values)).mark_line(strokeWidth=1, strokeDash=[3, 3], color=QUIET)
        by_row = line.encode(x=place, y=alt.Y("row:N", sort=rows), yOffset=alt.YOffset("series:N", sort=series))
        layers.insert(0, by_row.encode(detail="row:N", order="place:Q"))
    if zero:
        layers.insert(0, alt.Chart(data([{"zero": 0}])).mark_rule(strokeWidth=1, color=QUIET).encode(x="zero:Q"))
    if guesses:
        layers = [*_guessing(guesses), *layers]
    chart: Drawable = alt.layer(*layers).properties(height=height_of(rows, series))
    return dict(spec_of(chart))


def _guessing(guesses: Sequence[Guess]) -> list[alt.Chart]:
    """Dashed lines behind all, each with its label above the next one's."""
    lines = alt.Chart(data([vars(one) for one in guesses])).mark_rule(strokeWidth=1, strokeDash=[2, 2], color=QUIET)
    texts = [
        alt.Chart(data([vars(one)]))
        .mark_text(align="left", baseline="bottom", dx=3, color=QUIET, fontSize=10)
        .encode(x="value:Q", y=alt.value(-2 - 11 * place), text="label:N")
        for place, one in enumerate(guesses)
    ]
    return [lines.encode(x="value:Q"), *texts]
