"""What guessing would reach: classes drawn at random by their internal shares, whatever the image shows. Pure."""

from __future__ import annotations

import numpy as np

from reports.statistics.cases import INTERNAL, Cases
from reports.statistics.cell import Cell
from reports.statistics.confusion_counts import Floats

NAME = "Guessing by class shares"
MEANING = (
    f"{NAME}: the expected value of predicting each case's class at random, each class as often as it is internally; "
    "for metrics of probabilities, of giving these shares as probabilities."
)
NEAR = "not clearly better than guessing"
"""What limits a row of which `clearly_better` does not hold."""


def chance(cases: Cases) -> dict[str, dict[str, float]]:
    """Side → metric → expected value, for each aggregate metric; internal first."""
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

    Both (n_classes,), summing to 1. Averages over classes are over those that the side holds. F1 is that of the
    expected counts, which for few cases is a little more than the expected F1. The Brier score is that of `drawn` given
    as probabilities for every case, AUROC and average precision (one against the rest) those of any constant.
    """
    there = held > 0
    accuracy = float(drawn @ held)
    return {
        "accuracy": accuracy,
        "macro_f1": float(class_f1(drawn, held)[there].mean()),
        "balanced_accuracy": float(drawn[there].mean()),  # the recall of a class is how often it is guessed
        "kappa": 0.0,
        "auroc": 0.5,
        "average_precision": float(held[there].mean()),
        "brier": 1.0 + float(drawn @ drawn) - 2.0 * accuracy,
    }


def class_f1(drawn: Floats, held: Floats) -> Floats:
    """2 π_drawn π_held / (π_drawn + π_held) of each class, 0 where neither has it: (n_classes,)."""
    both = drawn + held
    return np.asarray(2 * drawn * held / np.where(both > 0, both, 1.0))


def clearly_better(cell: Cell, guessing: float) -> bool:
    """Whether the interval of a metric of which more is better lies above guessing; False where there is none."""
    return cell.low is not None and cell.low > guessing
