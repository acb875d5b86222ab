"""The charts of searches on the page."""

from collections.abc import Iterator, Sequence

import altair as alt

from reports.page.charts import colour, data, height_of, shape, spec_of
from reports.page.part import Chart
from reports.search.charts import SearchCharts
from reports.statistics.metrics import METRICS

MOST_STUDIES = 6


def search_parts(searches: Sequence[SearchCharts]) -> Iterator[Chart]:
    """History and importance of each study, of the first six."""
    for number, charts in enumerate(searches[:MOST_STUDIES], start=1):
        if charts.history.numbers or charts.history.pruned:
            yield _history(charts, number)
        if charts.importance:
            yield _importance(charts, number)


def _history(charts: SearchCharts, number: int) -> Chart:
    history, title = charts.history, METRICS[charts.metric].title
    found = [
        *({"series": "complete", "trial": n, "score": s} for n, s in zip(history.numbers, history.scores, strict=True)),
        *({"series": "pruned (last seen)", "trial": n, "score": s} for n, s in history.pruned),
    ]
    best = [
        {"trial": n, "score": s, "series": "best so far"} for n, s in zip(history.numbers, history.best, strict=True)
    ]
    series = list(dict.fromkeys(str(one["series"]) for one in (*found, *best)))
    x = alt.X("trial:Q", title="Trial", axis=alt.Axis(tickMinStep=1, format="d"))
    y = alt.Y("score:Q", title=title, scale=alt.Scale(zero=False))
    points = alt.Chart(data(found)).mark_point(filled=True, size=50, opacity=1)
    steps = (
        alt.Chart(data(best)).mark_line(interpolate="step-after", strokeWidth=2).encode(x=x, y=y, color=colour(series))
    )
    tooltip = [
        alt.Tooltip("trial:Q"),
        alt.Tooltip("series:N", title="state"),
        alt.Tooltip("score:Q", title=title, format=".3f"),
    ]
    layers = alt.layer(steps, points.encode(x=x, y=y, color=colour(series), shape=shape(series), tooltip=tooltip))
    return Chart(
        f"search-{number}-history",
        f"Trials of {charts.study}",
        f"{title} of each trial of {charts.study}, and the best so far.",
        spec_of(layers.properties(height=220)),
        wide=False,
    )


def _importance(charts: SearchCharts, number: int) -> Chart:
    rows = [{"parameter": name, "share": share} for name, share in charts.importance.items()]
    shares = ", ".join(f"{name} {share:.2f}" for name, share in charts.importance.items())
    bars = (
        alt.Chart(data(rows))
        .mark_bar()
        .encode(
            y=alt.Y("parameter:N", sort=list(charts.importance), title=None),
            x=alt.X("share:Q", title="Importance (fANOVA)", scale=alt.Scale(domain=[0, 1])),
            tooltip=[alt.Tooltip("parameter:N"), alt.Tooltip("share:Q", title="importance", format=".2f")],
        )
    )
    return Chart(
        f"search-{number}-importance",
        f"What the score of {charts.study} depended on",
        f"Share of the variance of the score by parameter: {shares}.",
        spec_of(bars.properties(height=height_of(list(charts.importance)))),
        wide=False,
    )
