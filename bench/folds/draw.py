"""Draws stratified folds that never split a group. Pure."""

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bench.data.cases import Case
from bench.errors import RequestError
from bench.folds.check import check_folds
from bench.folds.table import NEVER_HELD_OUT, FoldOfCase
from bench.plan.seeds import derive


def draw_folds(cases: Sequence[Case], seed: int, *, folds: int = 5, holdout: float | None = None) -> FoldOfCase:
    """Fold of every internal case under `seed`, by scikit-learn's stratified (group) k-fold.

    With `holdout` one fold is drawn that holds about that share of each class; all other cases are never
    held out. The draw depends on the seed, the labels and the groups, in the order of `cases`.

    Raises:
        RequestError: a class has too few cases or groups, or the folds drawn fail `check_folds`.
    """
    labels = np.array([case.label for case in cases])
    parts = round(1 / holdout) if holdout and _grouped(cases) else folds
    if not holdout or _grouped(cases):
        _refuse_small_classes(cases, parts)
    held_out = _split(cases, labels, parts, holdout, derive(seed, "split"))
    drawn = {case.case_id: int(fold) for case, fold in zip(cases, held_out, strict=True)}
    check_folds(cases, drawn)
    return drawn


def _grouped(cases: Sequence[Case]) -> bool:
    return any(case.group is not None for case in cases)


def _codes(cases: Sequence[Case]) -> NDArray[np.int64]:
    """Groups numbered as they first appear, so that their names, which may be salted, decide nothing."""
    numbers: dict[tuple[bool, str], int] = {}
    keys = [(case.group is None, case.group or case.case_id) for case in cases]
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys])


def _split(
    cases: Sequence[Case], labels: NDArray[np.str_], parts: int, holdout: float | None, split_seed: int
) -> NDArray[np.int64]:
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, StratifiedShuffleSplit

    state = split_seed % 2**32  # scikit-learn takes 32 bits
    fold_of = np.full(len(cases), NEVER_HELD_OUT, dtype=np.int64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # few members of a class: check_folds says it better
        if _grouped(cases):
            groups = _codes(cases)
            splits = StratifiedGroupKFold(parts, shuffle=True, random_state=state).split(labels, labels, groups)
        elif holdout:
            shuffle = StratifiedShuffleSplit(n_splits=1, test_size=holdout, random_state=state)
            splits = shuffle.split(labels, labels)
        else:
            splits = StratifiedKFold(parts, shuffle=True, random_state=state).split(labels, labels)
        for fold, (_, held_out) in enumerate(splits):
            fold_of[held_out] = fold
            if holdout:
                break
    return fold_of


def _refuse_small_classes(cases: Sequence[Case], parts: int) -> None:
    for label in sorted({case.label for case in cases}):
        members = [case for case in cases if case.label == label]
        units = {case.group if case.group is not None else case.case_id for case in members}
        if len(units) < parts:
            what = "groups (patients)" if _grouped(cases) else "cases"
            raise RequestError(
                f"Class {label!r} has {len(units)} {what}, fewer than the {parts} folds asked for. Ask for fewer "
                f"folds (--folds {max(2, len(units))}), merge the class with another under [classes], or add images."
            )
