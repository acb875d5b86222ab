"""Folds that each hold a case of every class, wherever there are such folds. Pure."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bench.data.cases import Case
from bench.folds.draw import draw_folds, group_codes, nearest_valid, split
from bench.folds.table import NEVER_HELD_OUT, FoldOfCase, check_folds
from bench.seeds import derive

CANDIDATES = 20
MOST_GROUPS = 500


def draw_complete_folds(
    cases: Sequence[Case], seed: int, *, folds: int = 5, holdout: float | None = None
) -> FoldOfCase:
    """As `draw_folds`; where patients are known and that leaves a fold without a class, a better draw if there is one.

    1. What `draw_folds` gives, where every fold holds every class.
    2. Of `CANDIDATES` further draws under seeds derived from `seed`, those that are complete: the one with the smallest
       `imbalance`, the first of equals.
    3. With up to `MOST_GROUPS` groups: the complete folds that move the fewest cases of 1 (whole-number programming).
    4. What `draw_folds` gives: a class may be missing in a fold, but in no training part.

    Raises:
        RequestError: as `draw_folds`, where no folds exist that can be trained on.
    """
    drawn = draw_folds(cases, seed, folds=folds, holdout=holdout)
    labels, groups = np.array([case.label for case in cases]), group_codes(cases)
    first = np.array([drawn[case.case_id] for case in cases])
    if all(case.group is None for case in cases) or is_complete(first, labels):
        return drawn
    parts, number = (round(1 / holdout), 1) if holdout else (folds, folds)
    candidates = (
        split(labels, groups, parts, holdout, derive(seed, "split", "complete", attempt))
        for attempt in range(CANDIDATES)
    )
    complete = [one for one in candidates if is_complete(one, labels)]
    found: NDArray[np.int64] | None = None
    if complete:
        found = min(complete, key=lambda one: imbalance(one, labels, 1 / parts))
    elif int(groups.max()) < MOST_GROUPS:
        found = nearest_valid(first, labels, groups, number, least=1)
    if found is None:
        return drawn
    fold_of = {case.case_id: int(fold) for case, fold in zip(cases, found, strict=True)}
    check_folds(cases, fold_of)
    return fold_of


def is_complete(fold_of: NDArray[np.int64], labels: NDArray[np.str_]) -> bool:
    """Whether every fold holds every class, and so does what a hold-out split never holds out; both (n_cases,)."""
    parts, classes = np.unique(fold_of), np.unique(labels)
    return all(len(np.unique(labels[fold_of == part])) == len(classes) for part in parts)


def imbalance(fold_of: NDArray[np.int64], labels: NDArray[np.str_], share: float) -> float:
    """How far classes are from having this share of their cases in each fold: the sum of squared differences."""
    folds = np.unique(fold_of[fold_of != NEVER_HELD_OUT])
    differences = [
        float(np.mean(fold_of[labels == label] == fold)) - share for label in np.unique(labels) for fold in folds
    ]
    return sum(one**2 for one in differences)
