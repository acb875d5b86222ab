"""What guessing would reach: classes drawn at random by their internal shares, whatever the image shows."""

import numpy as np

from reports.statistics.cases import INTERNAL, Cases
from reports.statistics.cell import Cell
from reports.statistics.confusion_counts import Floats
from reports.statistics.metrics import METRICS


def chance(cases: Cases) -> dict[str, dict[str, float]]:
    """Side → metric → expected value, for each metric of which it is known; internal first."""
    n_classes = len(cases.classes)
    counts = {
        site: np.bincount(cases.label[cases.site == code], minlength=n_classes)
        for code, site in enumerate(cases.site_names)
    }
    if INTERNAL not in counts:
        return {}
    drawn = counts[INTERNAL] / counts[INTERNAL].sum()
    sides = [INTERNAL, *(site for site in cases.site_names if site != INTERNAL)]
    return {side: chance_of(drawn, counts[side] / counts[side].sum()) for side in sides}


def chance_of(drawn: Floats, held: Floats) -> dict[str, float]:
    """The metrics of guesses that are class c with probability drawn[c], on cases of which a share held[c] is of it.

    Both (n_classes,), summing to 1. Averages over classes are over those that the side holds; metrics of probabilities
    are those of giving `drawn` for every case.
    """
    return {name: metric.chance(drawn, held) for name, metric in METRICS.items() if metric.chance is not None}


def clearly_better(cell: Cell, guessing: float, *, higher_is_better: bool = True) -> bool:
    """Whether the interval of a metric lies on the better side of guessing; False where there is none."""
    if cell.low is None or cell.high is None:
        return False
    return cell.low > guessing if higher_is_better else cell.high < guessing
