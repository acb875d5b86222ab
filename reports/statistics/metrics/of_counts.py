"""Metrics of confusion counts: their functions, then their entries.

Every one is a ratio of counts with value 0 where its denominator is 0.
"""

from collections.abc import Sequence

import numpy as np

from reports.statistics.confusion_counts import AnyFloats, ConfusionCounts, Floats
from reports.statistics.metrics.metric import ClassMetric, CountMetric, PairMetric


def _ratio(numerator: AnyFloats, denominator: AnyFloats) -> Floats:
    # The numerators are part of their denominators, hence 0 wherever these are.
    return np.asarray(numerator / np.where(denominator > 0, denominator, 1.0), dtype=np.float64)


def accuracy(counts: ConfusionCounts) -> Floats:
    """Share of right predictions, tr C / ΣC: (…, n_seeds)."""
    return _ratio(counts.tp.sum(-1), counts.truth.sum(-1))


def recall(counts: ConfusionCounts) -> Floats:
    """Share of the cases of a class that are predicted as it: (…, n_seeds, n_classes)."""
    return _ratio(counts.tp, counts.truth)


def precision(counts: ConfusionCounts) -> Floats:
    """Share of the predictions of a class that are right: (…, n_seeds, n_classes)."""
    return _ratio(counts.tp, counts.predicted)


def f1(counts: ConfusionCounts) -> Floats:
    """2 C_cc / (C_c· + C_·c) of pooled counts (Forman & Scholz 2010): (…, n_seeds, n_classes)."""
    return _ratio(2.0 * counts.tp, counts.predicted + counts.truth)


def macro_f1(counts: ConfusionCounts) -> Floats:
    """Mean F1 over the classes of the counts; a leaderboard gives those with cases: (…, n_seeds)."""
    return np.asarray(f1(counts).mean(-1))


def balanced_accuracy(counts: ConfusionCounts) -> Floats:
    """Mean recall over the classes that have cases, as in scikit-learn: (…, n_seeds)."""
    present = (counts.truth > 0).sum(-1).astype(np.float64)
    return _ratio(recall(counts).sum(axis=-1), present)


def kappa(counts: ConfusionCounts) -> Floats:
    """Cohen's (1960) kappa, (p_o − p_e) / (1 − p_e), agreement beyond what the class totals give: (…, n_seeds).

    0 where these leave no room for disagreement (scikit-learn gives NaN there).
    """
    n = counts.truth.sum(-1)
    by_chance = _ratio((counts.truth * counts.predicted).sum(-1), n**2)
    room = np.where(by_chance < 1, 1 - by_chance, 1.0)
    return np.asarray(np.where(by_chance < 1, (accuracy(counts) - by_chance) / room, 0.0))


def confused(counts: ConfusionCounts, pairs: Sequence[tuple[int, int]]) -> Floats:
    """Share of the cases of two classes taken for the other of the two: (…, n_seeds, n_pairs)."""
    first, second = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return _ratio(counts.confused, counts.truth[..., first] + counts.truth[..., second])


def f1_by_chance(drawn: Floats, held: Floats) -> Floats:
    """2 π_drawn π_held / (π_drawn + π_held) of each class, 0 where neither has it: (n_classes,).

    That is the F1 of the expected counts, which for few cases is a little more than the expected F1.
    """
    both = drawn + held
    return np.asarray(2 * drawn * held / np.where(both > 0, both, 1.0))


RECALL = ClassMetric(name="recall", title="Recall", kind="proportion", compute=recall)
PRECISION = ClassMetric(
    name="precision", title="Precision", kind="proportion", compute=precision, rests_on="predictions"
)

CLASS_METRICS = (
    ClassMetric(name="f1", title="F1", keeps_capital=True, kind="class F1", compute=f1, rests_on="both", headline=True),
    PRECISION,
    RECALL,
)

COUNT_METRICS = (
    CountMetric(
        name="accuracy",
        title="Accuracy",
        kind="proportion",
        compute=accuracy,
        chance=lambda drawn, held: float(drawn @ held),
        headline=True,
        share_right=True,
    ),
    CountMetric(
        name="macro_f1",
        title="Macro F1",
        kind="class average",
        compute=macro_f1,
        chance=lambda drawn, held: float(f1_by_chance(drawn, held)[held > 0].mean()),
        headline=True,
        primary=True,
    ),
    CountMetric(
        name="balanced_accuracy",
        title="Balanced accuracy",
        kind="class average",
        compute=balanced_accuracy,
        average_of=RECALL,
        chance=lambda drawn, held: float(drawn[held > 0].mean()),  # the recall of a class is how often it is guessed
    ),
    CountMetric(
        name="kappa",
        title="Cohen's kappa",
        keeps_capital=True,
        kind="score",
        compute=kappa,
        limits=(-1.0, 1.0),
        least_classes=2,
        chance=lambda drawn, held: 0.0,
    ),
)

CONFUSED = PairMetric(name="confused", title="Taken for each other", kind="proportion", compute=confused)
