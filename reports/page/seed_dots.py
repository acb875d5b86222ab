"""A metric of every seed, as one dot each."""

from dataclasses import dataclass

import altair as alt
import numpy as np

from reports.page.charts import colour, data, height_of, spec_of
from reports.page.confused_cases import Confusions, SideConfusion
from reports.page.estimates import MOST_ROWS
from reports.page.part import Chart
from reports.statistics.confusion_counts import ConfusionCounts, Floats
from reports.statistics.metrics import primary
from reports.statistics.metrics.metric import CountMetric


@dataclass(frozen=True)
class SeedValue:
    """A metric of one seed on one side, pooled as in the leaderboard."""

    backbone: str
    side: str
    seed: int
    value: float


def of_seeds(confusions: Confusions, seeds: dict[str, tuple[int, ...]], metric: CountMetric) -> tuple[SeedValue, ...]:
    """The dots of each backbone and side; seeds: name → those of its matrices, in order."""
    return tuple(
        SeedValue(name, side.side, seed, float(value))
        for name, sides in list(confusions.of_backbone.items())[:MOST_ROWS]
        for side in sides
        for seed, value in zip(sorted(seeds[name]), _values(side, metric), strict=True)
    )


def _values(side: SideConfusion, metric: CountMetric) -> Floats:
    counts = side.counts.astype(np.float64)
    tp = np.diagonal(counts, axis1=1, axis2=2)
    return metric.compute(ConfusionCounts(tp, counts.sum(1), counts.sum(2), np.zeros((len(counts), 0))))


def seed_dots(values: tuple[SeedValue, ...], metric: CountMetric) -> Chart:
    """A dot a seed and a line at their mean, for each backbone and side."""
    names = list(dict.fromkeys(one.backbone for one in values))
    sides = list(dict.fromkeys(one.side for one in values))
    rows = [{"row": one.backbone, "series": one.side, "seed": one.seed, "value": one.value} for one in values]
    title = metric.title
    base = alt.Chart(data(rows)).encode(
        y=alt.Y("row:N", sort=names, title=None, axis=alt.Axis(grid=True, tickBand="extent")),
        yOffset=alt.YOffset("series:N", sort=sides),
        color=colour(sides),
    )
    dots = base.mark_circle(size=55, opacity=0.75).encode(
        x=alt.X("value:Q", title=title, scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=6)),
        tooltip=[
            *(alt.Tooltip("row:N", title="backbone"), alt.Tooltip("series:N", title="side")),
            *(alt.Tooltip("seed:N", title="seed"), alt.Tooltip("value:Q", title=title, format=".3f")),
        ],
    )
    means = base.mark_tick(thickness=2, size=14).encode(x=alt.X("mean(value):Q"))
    return Chart(
        f"seeds-{metric.name.replace('_', '-')}",
        f"{title} of each seed",
        f"One dot for each seed and a line at their mean: {title} of each backbone, internally and at each site.",
        spec_of(alt.layer(dots, means).properties(height=height_of(names, sides))),
        wide=False,
        folded="" if metric.name == primary().name else f"Chart: {title}",
    )
