"""Learning curves: every seed is a line."""

from dataclasses import dataclass

import altair as alt
import pandas as pd

from reports.page.charts import colour, data, spec_of
from reports.page.part import Chart
from reports.statistics.metrics import primary

MOST_EPOCHS = 60
_MOST_TICKS = 10
_FEWEST_RUNS, _LEAST = 3, 0.01
FOLDED = "Charts: learning curves"
SCORE = f"val_{primary().name}"
TITLES = {SCORE: f"{primary().title} of the held-out fold", "loss": "Cross-entropy"}
"""The quantities that curves are drawn of."""
_SERIES = {
    SCORE: {SCORE: "held-out fold"},
    "loss": {"train_loss": "training", "val_loss": "held-out fold"},
}


@dataclass(frozen=True)
class CurvePoint:
    """Mean over the folds of one seed after an epoch; epochs count from 1."""

    series: str
    seed: int
    epoch: int
    value: float


def curve_points(history: pd.DataFrame, quantity: str) -> tuple[CurvePoint, ...]:
    """Of one backbone. history: columns seed, fold, epoch (from 0) and those of `EpochRecord`.

    Where there are more than 60 epochs, 60 evenly spread ones are kept, the last among them.
    """
    epochs = sorted(history["epoch"].unique())
    kept = {epochs[(place + 1) * len(epochs) // MOST_EPOCHS - 1] for place in range(MOST_EPOCHS)}
    chosen = history[history["epoch"].isin(kept)] if len(epochs) > MOST_EPOCHS else history
    means = chosen.groupby(["seed", "epoch"], sort=True)
    return tuple(
        CurvePoint(title, int(seed), int(epoch) + 1, float(value))
        for column, title in _SERIES[quantity].items()
        for (seed, epoch), value in means[column].mean().dropna().items()
    )


def learning_curve(backbone: str, history: pd.DataFrame, quantity: str, number: int) -> Chart:
    """The curves of one backbone; number: its place, for the file's name."""
    points = curve_points(history, quantity)
    series = list(dict.fromkeys(point.series for point in points))
    title = TITLES[quantity]
    epochs = sorted({point.epoch for point in points})
    ticks = epochs if len(epochs) <= _MOST_TICKS else epochs[:: -(-len(epochs) // _MOST_TICKS)]
    rows = [{**vars(point), "line": f"{point.series} {point.seed}", "value": round(point.value, 4)} for point in points]
    lines = (
        alt.Chart(data(rows))
        .mark_line(opacity=0.8, strokeWidth=1.5, point={"size": 18})
        .encode(
            x=alt.X("epoch:Q", title="Epoch", axis=alt.Axis(values=ticks, format="d"), scale=alt.Scale(zero=False)),
            y=alt.Y("value:Q", title=title, scale=alt.Scale(zero=False)),
            color=colour(series),
            detail="line:N",
            tooltip=[
                *(alt.Tooltip("series:N", title="of"), alt.Tooltip("seed:N", title="seed")),
                *(alt.Tooltip("epoch:Q", title="epoch"), alt.Tooltip("value:Q", title=title, format=".3f")),
            ],
        )
    )
    return Chart(
        f"learning-{number}-{quantity.removeprefix('val_').replace('_', '-')}",
        f"{title}, {backbone}",
        f"{title} of {backbone} by epoch: one line for each seed, the mean over its folds.",
        spec_of(lines.properties(height=200)),
        wide=False,
        folded=FOLDED,
    )


@dataclass(frozen=True)
class Rise:
    """What a backbone gained over its last epochs: the mean over runs of the score after the last one minus that
    after the first of them. epochs: how many these are, and of how many."""

    gained: float
    epochs: int
    of: int


def scored_on_the_way(history: pd.DataFrame) -> bool:
    """Whether held-out cases were scored after more than one epoch."""
    return SCORE in history and history.loc[history[SCORE].notna(), "epoch"].nunique() > 1


def still_rising(history: pd.DataFrame) -> Rise | None:
    """Over the last third of the epochs, of the held-out score; None where runs do not rise by a hundredth there and
    by twice the standard error of their mean."""
    if SCORE not in history or history.empty:
        return None
    scores = history.pivot_table(index=["seed", "fold"], columns="epoch", values=SCORE)
    last = scores.shape[1] // 3
    if last < 1 or len(scores) < _FEWEST_RUNS:
        return None
    gains = (scores.iloc[:, -1] - scores.iloc[:, -1 - last]).dropna()
    gained, error = float(gains.mean()), float(gains.std(ddof=1) / len(gains) ** 0.5)
    return Rise(gained, last, scores.shape[1]) if gained >= _LEAST and gained > 2 * error else None
