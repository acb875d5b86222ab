"""Reliability: how often predictions of a given confidence are right."""

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt
import numpy as np
import pandas as pd

from reports.page.charts import QUIET, colour, data, spec_of
from reports.page.part import Chart
from reports.statistics.cases import INTERNAL
from reports.statistics.probabilities import are_probabilities, probabilities_in

BINS = 10


@dataclass(frozen=True)
class ReliabilityBin:
    """Predictions of one side whose confidence lies in one tenth: their mean confidence, accuracy and share."""

    side: str
    confidence: float
    accuracy: float
    share: float


def reliability(predictions: pd.DataFrame, classes: Sequence[str]) -> tuple[ReliabilityBin, ...]:
    """Of single models, each prediction counting once; empty where probabilities are missing or none."""
    probabilities = probabilities_in(predictions, classes)
    if probabilities is None or not are_probabilities(probabilities).all():
        return ()
    confidence = probabilities.max(1)
    right = (predictions["label"].astype(str) == predictions["predicted"].astype(str)).to_numpy(dtype=np.float64)
    sites = predictions["site"].astype(str).to_numpy()
    place = np.clip(np.ceil(confidence * BINS).astype(np.int64) - 1, 0, BINS - 1)
    found = []
    for side in sorted(set(sites), key=lambda site: (site != INTERNAL, site)):
        here = sites == side
        number = np.bincount(place[here], minlength=BINS)
        sums = [np.bincount(place[here], values[here], minlength=BINS) for values in (confidence, right)]
        found += [
            ReliabilityBin(
                side, float(sums[0][b] / number[b]), float(sums[1][b] / number[b]), float(number[b] / here.sum())
            )
            for b in np.flatnonzero(number)
        ]
    return tuple(found)


def reliability_diagram(backbone: str, bins: Sequence[ReliabilityBin], number: int) -> Chart:
    """Accuracy against confidence, and the diagonal of perfect calibration; number: its place, for the file's name."""
    sides = list(dict.fromkeys(one.side for one in bins))
    rows = [
        {
            **{"series": one.side, "confidence": round(one.confidence, 4)},
            "accuracy": round(one.accuracy, 4),
            "share": one.share,
        }
        for one in bins
    ]
    unit = alt.Scale(domain=[0, 1])
    diagonal = (
        alt.Chart(data([{"confidence": 0, "accuracy": 0}, {"confidence": 1, "accuracy": 1}]))
        .mark_line(strokeDash=[4, 4], strokeWidth=1, color=QUIET)
        .encode(x=alt.X("confidence:Q", scale=unit), y=alt.Y("accuracy:Q", scale=unit))
    )
    curve = (
        alt.Chart(data(rows))
        .mark_line(strokeWidth=1.5)
        .encode(
            x=alt.X("confidence:Q", scale=unit, title="Confidence"), y=alt.Y("accuracy:Q", scale=unit, title="Accuracy")
        )
        .encode(color=colour(sides))
    )
    dots = curve.mark_circle(opacity=0.9).encode(
        size=alt.Size("share:Q", legend=None, scale=alt.Scale(range=[20, 260])),
        tooltip=[
            alt.Tooltip("series:N", title="side"),
            alt.Tooltip("confidence:Q", format=".2f"),
            *(alt.Tooltip("accuracy:Q", format=".2f"), alt.Tooltip("share:Q", title="of predictions", format=".0%")),
        ],
    )
    return Chart(
        f"calibration-{number}",
        f"Reliability, {backbone}",
        f"Accuracy of {backbone} against its confidence, internally and at each site, in ten bins; larger dots hold "
        "more predictions. On the diagonal a model is as often right as it is confident.",
        spec_of(alt.layer(diagonal, curve, dots).properties(height=240)),
        wide=False,
        folded="Charts: accuracy against confidence",
    )
