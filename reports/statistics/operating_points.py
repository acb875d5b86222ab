"""Where a score becomes a call: rules that set a threshold on cases whose truth is known. Pure.

A case is called where its score is at or above the threshold. Thresholds are scores that occur, or `NEVER`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reports.statistics.confusion_counts import TIE, Flags, Floats

NEVER = math.inf
"""The threshold at which no case is called."""
FORMS = "sensitivity:SHARE, specificity:SHARE, youden, cost:MISSED:FALSE[:PREVALENCE] or a number from 0 to 1"


@dataclass(frozen=True)
class Rule:
    """How a threshold is chosen. text: as `parse` reads it; kind: its first part, "fixed" for a number."""

    text: str
    kind: str
    numbers: tuple[float, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Rule:
        """Raises ValueError, with the forms there are, on another text."""
        kind, *parts = text.strip().split(":")
        try:
            numbers = tuple(map(float, parts))
            if not parts and kind != "youden":
                kind, numbers = "fixed", (float(kind),)
        except ValueError:
            raise ValueError(f"{text!r} is no rule for a threshold: {FORMS}") from None
        rule = cls(text.strip(), kind, numbers)
        if why := rule._why_not():
            raise ValueError(f"{text!r}: {why}")
        return rule

    def _why_not(self) -> str:
        shares = self.numbers[2:] if self.kind == "cost" else self.numbers
        if self.kind in ("sensitivity", "specificity") and len(self.numbers) == 1:
            return "" if 0 < self.numbers[0] <= 1 else "a share lies above 0 and up to 1"
        if self.kind == "cost" and len(self.numbers) in (2, 3):
            positive = all(0 < cost < math.inf for cost in self.numbers[:2])
            inside = all(0 < share < 1 for share in shares)
            return "" if positive and inside else "costs are above 0, and a prevalence lies between 0 and 1"
        if self.kind == "fixed":
            return "" if 0 <= self.numbers[0] <= 1 else "a threshold lies from 0 to 1"
        return "" if self.kind == "youden" and not self.numbers else f"no rule for a threshold: {FORMS}"

    @property
    def learns(self) -> bool:
        """Whether the threshold is chosen on cases, so that these cannot judge it."""
        return self.kind != "fixed"

    @property
    def in_words(self) -> str:
        """For readers."""
        if self.kind in ("sensitivity", "specificity"):
            return f"{self.kind} ≥ {self.numbers[0]:g}"
        if self.kind == "cost":
            missed, false, *prevalence = self.numbers
            return f"cost {missed:g}:{false:g}" + "".join(f" at prevalence {share:g}" for share in prevalence)
        return "Youden" if self.kind == "youden" else f"threshold {self.numbers[0]:g}"

    def threshold(self, score: Floats, event: Flags) -> float:
        """The threshold on these cases, (n_cases,) each; NaN where they do not hold both.

        sensitivity: the highest that keeps it; specificity: the lowest that keeps it. youden (1950): the highest of
        sensitivity + specificity; cost: the least expected cost π·C_missed·(1 − sensitivity) +
        (1 − π)·C_false·(1 − specificity), with π the prevalence given or that of these cases. Of equals the lowest.
        """
        if self.kind == "fixed":
            return self.numbers[0]
        if event.all() or not event.any():
            return math.nan
        thresholds, sensitivity, specificity = operating_curve(score, event)
        if self.kind == "sensitivity":
            return float(thresholds[np.flatnonzero(sensitivity >= self.numbers[0] - TIE)[0]])
        if self.kind == "specificity":
            return float(thresholds[np.flatnonzero(specificity >= self.numbers[0] - TIE)[-1]])
        missed, false, prevalence = 1.0, 1.0, 0.5
        if self.kind == "cost":
            missed, false = self.numbers[:2]
            prevalence = self.numbers[2] if len(self.numbers) > 2 else float(event.mean())
        loss = prevalence * missed * (1 - sensitivity) + (1 - prevalence) * false * (1 - specificity)
        return float(thresholds[np.flatnonzero(loss <= loss.min() + TIE)[-1]])


def operating_curve(score: Floats, event: Flags) -> tuple[Floats, Floats, Floats]:
    """Every threshold from `NEVER` down, and sensitivity and specificity there: (n_thresholds,) each."""
    order = np.argsort(-score, kind="stable")
    found, last = score[order], np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)
    called = np.cumsum(event[order])[last], np.cumsum(~event[order])[last]
    sensitivity, false = (np.append(0.0, of / of[-1]) for of in called)
    return np.append(NEVER, found[last]), sensitivity, 1 - false


def thresholds_by_fold(rule: Rule, score: Floats, event: Flags, fold: Sequence[int]) -> dict[int, float]:
    """For each fold the threshold that the cases of all others give; NaN where these do not hold both."""
    folds = np.asarray(fold)
    return {int(one): rule.threshold(score[folds != one], event[folds != one]) for one in np.unique(folds)}
