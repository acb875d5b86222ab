"""What a model says where it must say yes or no: events, thresholds set on internal cases, and how right its calls are.

A threshold is set where who deploys a model would set it: on the internal cases that the fold models of a seed did not
see, never on external ones. It is then locked: intervals are for further cases and seeds at these thresholds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from reports.statistics.analyse import analyse
from reports.statistics.analysis import Analysis
from reports.statistics.bootstrap import Draws
from reports.statistics.cases import INTERNAL, index_cases
from reports.statistics.cell import Cell
from reports.statistics.confusion_counts import Flags, Floats
from reports.statistics.estimate import IntervalChoice, Quantity, estimate
from reports.statistics.likelihood_ratios import Ratio, Share, ratio
from reports.statistics.metrics.of_counts import PRECISION, RECALL
from reports.statistics.operating_points import NEVER, Rule, thresholds_by_fold
from reports.statistics.pooling import Pooled, pool_predictions
from reports.statistics.probabilities import are_probabilities, probabilities_in
from reports.tables.operating_point import (
    LR_NEGATIVE,
    LR_POSITIVE,
    NPV,
    PPV,
    SENSITIVITY,
    SPECIFICITY,
    Event,
    OperatingPoint,
    PointsAsked,
    SidePoint,
)

NOT_CROSS_FITTED = "its thresholds were set on the same cases, so it has no value here"
_DIGITS = 9
_NEEDED = ["seed", "fold", "site", "case_id"]


def operating_points(
    predictions: pd.DataFrame,
    pooled: Pooled,
    folds: int,
    cases: pd.DataFrame,
    classes: Sequence[str],
    asked: PointsAsked,
    draws: Draws,
) -> tuple[list[OperatingPoint], list[str]]:
    """Of one row, from its predictions of complete seeds, and notes. folds: how many fold models a seed has."""
    kept = predictions[predictions["seed"].isin(pooled.seeds)]
    values = probabilities_in(kept, classes)
    if values is None or not are_probabilities(values).all():
        return [], [f"{pooled.name}: not every prediction has probabilities, so there are no operating points."]
    found, notes = list[OperatingPoint](), list[str]()
    label = dict(zip(cases["case_id"].astype(str), cases["label"].astype(str), strict=True))
    for event in asked.events:
        # rounded, so that .7 + .1 is .8
        score = values[:, [list(classes).index(name) for name in event.classes]].sum(1).round(_DIGITS)
        is_event = kept["case_id"].astype(str).map(label).isin(event.classes).to_numpy()
        scored = _Scored(kept[_NEEDED], score, is_event, event, folds)
        for rule in asked.rules:
            one = scored.at(rule, cases, pooled, asked.prevalences, draws)
            if isinstance(one, str):
                notes.append(f"{pooled.name}: {event.name} has no operating point by {rule.in_words}: {one}.")
            else:
                found.append(one)
    return found, notes


@dataclass(frozen=True)
class _Scored:
    """The predictions of a row, (n_predictions,), with the score of one event and whether the case has it."""

    table: pd.DataFrame
    score: Floats
    is_event: Flags
    event: Event
    folds: int

    def at(
        self, rule: Rule, cases: pd.DataFrame, pooled: Pooled, prevalences: Sequence[float], draws: Draws
    ) -> OperatingPoint | str:
        """At one rule, or why there is no threshold."""
        called = np.zeros(len(self.table), dtype=np.bool_)
        locked, inside = dict[int, float](), (self.table["site"] == INTERNAL).to_numpy()
        cross_fitted = not rule.learns or self.folds > 1
        for seed, rows in self.table.groupby("seed", sort=True).indices.items():
            internal, outside = rows[inside[rows]], rows[~inside[rows]]
            score, event = self.score[internal], self.is_event[internal]
            locked[int(seed)] = threshold = rule.threshold(score, event)
            fold = self.table["fold"].to_numpy()[internal]
            if math.isnan(threshold):
                return f"the internal cases of seed {seed} are all with it or all without"
            of_fold = thresholds_by_fold(rule, score, event, fold) if cross_fitted else dict.fromkeys(fold, threshold)
            if any(map(math.isnan, of_fold.values())):
                return f"without one fold of seed {seed} the others are all with it or all without"
            called[internal] = score >= [of_fold[one] for one in fold]
            called[outside] = self.score[outside] >= threshold
        found = self._analysed(called, cases, pooled, draws)
        thresholds = tuple(None if one == NEVER else one for one in locked.values())
        sides = {
            name: _on_side(
                *(found, name, self._number_of_cases(name), prevalences),
                refused="" if cross_fitted or name != INTERNAL else NOT_CROSS_FITTED,
            )
            for name in found.pooled.sides
        }
        gaps = {site: _gaps(found, site) for site in (found.sites if cross_fitted else ())}
        return OperatingPoint(self.event, rule, thresholds, sides, gaps)

    def _number_of_cases(self, side: str) -> tuple[int, int]:
        """With the event, and without."""
        there = (self.table["site"] == side).to_numpy()
        ids = self.table["case_id"]
        return ids[there & self.is_event].nunique(), ids[there & ~self.is_event].nunique()

    def _analysed(self, called: Flags, cases: pd.DataFrame, pooled: Pooled, draws: Draws) -> Analysis:
        """As predictions of two classes: the event, and what is none."""
        names = np.array([self.event.name, f"not {self.event.name}"], dtype=object)
        has = cases["label"].isin(self.event.classes).to_numpy()
        table = index_cases(cases.assign(label=names[np.where(has, 0, 1)]), names.tolist())
        two = self.table.assign(label=names[np.where(self.is_event, 0, 1)], predicted=names[np.where(called, 0, 1)])
        one, _ = pool_predictions(two, table, name=pooled.name, folds=self.folds)
        assert one is not None  # its seeds are the complete ones
        return analyse([one], names.tolist(), (), draws, bootstrap=False)[0]


def _quantity(found: Analysis, measure: str, side: str) -> Quantity:
    """Sensitivity and specificity are the recalls of both classes, PPV and NPV their precisions.

    A seed under which nobody is called has no PPV, so that there is no mean over seeds; NPV likewise.
    """
    code = 0 if measure in (SENSITIVITY, PPV) else 1
    if measure in (SENSITIVITY, SPECIFICITY):
        return found.of_class(RECALL, side, code)
    at_side = found.pooled.sides[side]
    if absent := [name for name, held in zip(found.classes, at_side.held, strict=True) if not held.any()]:
        return Quantity(None, (), PRECISION.kind, f"{side} has no case of {absent[0]}")
    without = int((at_side.whole.predicted[:, code] == 0).sum())
    if without:
        seeds = f"under {without} of {len(found.pooled.seeds)} seed(s)"
        return Quantity(None, (), PRECISION.kind, f"{found.classes[code]} is never predicted for {side} {seeds}")
    return found.of_class(PRECISION, side, code)


def _gaps(found: Analysis, site: str) -> dict[str, Cell]:
    choice = IntervalChoice()
    return {
        measure: estimate(_quantity(found, measure, INTERNAL) - _quantity(found, measure, site), choice)
        for measure in (SENSITIVITY, SPECIFICITY)
    }


def _on_side(
    found: Analysis, side: str, cases: tuple[int, int], prevalences: Sequence[float], *, refused: str
) -> SidePoint:
    """refused: why there are no numbers; empty where there are."""
    choice = IntervalChoice()
    if refused:
        nothing = Cell(None, reason=refused)
        names = (SENSITIVITY, SPECIFICITY, PPV, NPV, LR_POSITIVE, LR_NEGATIVE)
        return SidePoint(cases, dict.fromkeys(names, nothing), dict.fromkeys(prevalences, (nothing, nothing)))
    of = {name: _quantity(found, name, side) for name in (SENSITIVITY, SPECIFICITY, PPV, NPV)}
    measures = {name: estimate(quantity, choice) for name, quantity in of.items()}
    positive, negative = _likelihood_ratios(found, side, choice)
    measures[LR_POSITIVE], measures[LR_NEGATIVE] = _cell(positive), _cell(negative)
    return SidePoint(
        cases, measures, {share: _predictive(positive, negative, share / (1 - share)) for share in prevalences}
    )


def _likelihood_ratios(found: Analysis, side: str, choice: IntervalChoice) -> tuple[Ratio | str, Ratio | str]:
    """Sensitivity / (1 − specificity), and (1 − sensitivity) / specificity."""
    at_side = found.pooled.sides[side]
    sensitivity, specificity = (
        Share(_quantity(found, name, side), at_side.clusters[at_side.held[code]])
        for code, name in enumerate((SENSITIVITY, SPECIFICITY))
    )
    for one in (sensitivity, specificity):
        if one.quantity.replicates is None:
            why = one.quantity.reason or "undefined"
            return why, why
    return (
        ratio(sensitivity, specificity.complement(), choice),
        ratio(sensitivity.complement(), specificity, choice),
    )


def _cell(found: Ratio | str) -> Cell:
    return Cell(None, reason=found) if isinstance(found, str) else found.cell()


def _predictive(positive: Ratio | str, negative: Ratio | str, odds: float) -> tuple[Cell, Cell]:
    """PPV and NPV; NPV is 1 minus the share with the event among those who are not called."""
    ppv = Cell(None, reason=positive) if isinstance(positive, str) else positive.predictive_value(odds)
    if isinstance(negative, str):
        return ppv, Cell(None, reason=negative)
    missed = negative.predictive_value(odds)
    value, low, high = (None if one is None else 1 - one for one in (missed.value, missed.high, missed.low))
    return ppv, Cell(value, low, high, missed.method, missed.reason, missed.few_clusters)
