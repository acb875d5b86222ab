"""Draws stratified folds that never split a group, and mends draws that hold out a class whole. Pure."""

import warnings
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bench.data.cases import Case
from bench.errors import RequestError
from bench.folds.table import ADVICE, NEVER_HELD_OUT, FoldOfCase, check_folds
from bench.seeds import derive

DRAWS = 20
MOST_NODES = 1000


class TooFewToSplit(RequestError):
    """A class has fewer cases or patients than there are to be folds; `fact` says so, and the rest what to do."""

    def __init__(self, fact: str, advice: str) -> None:
        super().__init__(f"{fact} {advice}")
        self.fact = fact


def draw_folds(cases: Sequence[Case], seed: int, *, folds: int = 5, holdout: float | None = None) -> FoldOfCase:
    """Fold of every internal case under `seed`, by scikit-learn's stratified (group) k-fold.

    With `holdout` one fold is drawn that holds about that share of each class; all other cases are never
    held out. The draw depends on the seed, the labels and the groups, in the order of `cases`.

    A draw that leaves a fold empty or a training part without a class is drawn again, under seeds derived from `seed`,
    up to `DRAWS` times; after that the first one is changed as little as is needed. So a request fails only where no
    valid folds exist.

    Raises:
        RequestError: a class has too few cases or groups, or there are no folds that pass `check_folds`.
    """
    grouped = any(case.group is not None for case in cases)
    parts = round(1 / holdout) if holdout and grouped else folds
    if holdout and parts < 2:
        raise RequestError(
            f"--holdout {holdout:g} is more than half; patients are held out whole, at most half of them."
        )
    _refuse_small_classes(cases, 2 if holdout and not grouped else parts, grouped)
    labels, groups = np.array([case.label for case in cases]), group_codes(cases)
    first: NDArray[np.int64] | None = None
    for attempt in range(DRAWS):
        names = ("split",) if attempt == 0 else ("split", "again", attempt)
        held_out = split(labels, groups if grouped else None, parts, holdout, derive(seed, *names))
        if _valid(held_out, labels, 1 if holdout else parts):
            break
        first = held_out if first is None else first
    else:
        assert first is not None
        held_out = _mended(first, labels, groups, 1 if holdout else parts)
    drawn = {case.case_id: int(fold) for case, fold in zip(cases, held_out, strict=True)}
    check_folds(cases, drawn)
    return drawn


def group_codes(cases: Sequence[Case]) -> NDArray[np.int64]:
    """(n_cases,) groups numbered as they first appear, so that their names, which may be salted, decide nothing."""
    numbers: dict[tuple[bool, str], int] = {}
    keys = [(case.group is None, case.group or case.case_id) for case in cases]
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys])


def split(
    labels: NDArray[np.str_], groups: NDArray[np.int64] | None, parts: int, holdout: float | None, split_seed: int
) -> NDArray[np.int64]:
    """(n_cases,) folds of one draw of scikit-learn's, valid or not; with `holdout` the first of its parts alone."""
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, StratifiedShuffleSplit

    state = split_seed % 2**32  # scikit-learn takes 32 bits
    fold_of = np.full(len(labels), NEVER_HELD_OUT, dtype=np.int64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # few members of a class: check_folds says it better
        if groups is not None:
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


def _mended(
    fold_of: NDArray[np.int64], labels: NDArray[np.str_], groups: NDArray[np.int64], number: int
) -> NDArray[np.int64]:
    mended = nearest_valid(fold_of, labels, groups, number)
    if mended is None:
        parts = "a hold-out split" if number == 1 else f"{number} folds"
        raise RequestError(
            f"There is no way to divide the {int(groups.max()) + 1} groups (patients) into {parts} so that every class "
            f"stays in every training part: patients who have several classes tie them together. {ADVICE}"
        )
    return mended


def _valid(fold_of: NDArray[np.int64], labels: NDArray[np.str_], number: int) -> bool:
    """Whether no fold is empty and none holds a class whole."""
    if len(np.unique(fold_of[fold_of != NEVER_HELD_OUT])) != number:
        return False
    held_out = fold_of != NEVER_HELD_OUT
    of_class = Counter(labels.tolist())
    of_part = Counter(zip(labels[held_out].tolist(), fold_of[held_out], strict=True))
    return all(count < of_class[label] for (label, _), count in of_part.items())


def _refuse_small_classes(cases: Sequence[Case], parts: int, grouped: bool) -> None:
    for label in sorted({case.label for case in cases}):
        members = [case for case in cases if case.label == label]
        whole = {case.group if case.group is not None else case.case_id for case in members}  # what no split divides
        if len(whole) >= parts:
            continue
        what = f"groups (patients) in {len(members)} cases" if grouped else "cases"
        fewer = f"ask for fewer folds (--folds {len(whole)}), " if len(whole) > 1 else ""
        advice = f"{fewer}merge the class with another under [classes], or add images."
        wanted = "parts that a split needs" if parts == 2 and not grouped else "folds asked for"
        raise TooFewToSplit(
            f"Class {label!r} has {len(whole)} {what}, fewer than the {parts} {wanted}.",
            f"{advice[0].upper()}{advice[1:]}",
        )


def nearest_valid(
    fold_of: NDArray[np.int64], labels: NDArray[np.str_], groups: NDArray[np.int64], number: int, *, least: int = 0
) -> NDArray[np.int64] | None:
    """(n_cases,) folds 0 … `number` − 1 that hold no class whole, none empty, with the fewest cases moved.

    Groups, numbered 0, 1, 2, …, stay whole; each fold holds so many of each class at `least`. With one fold, the
    hold-out split, the other cases are never held out. A linear program in whole numbers (scipy's HiGHS), so that None
    means that no such folds exist, or with `least` that none were found in `MOST_NODES` steps.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import coo_array, vstack

    places = number if number > 1 else 2  # the second one: never held out
    place_of = np.where(fold_of == NEVER_HELD_OUT, places - 1, fold_of)
    n_groups = int(groups.max()) + 1
    stays = np.zeros((n_groups, places))
    np.add.at(stays, (groups, place_of), 1)
    variable = np.arange(n_groups * places).reshape(n_groups, places)

    def sums(members: list[NDArray[np.int64]]) -> coo_array:
        rows = np.repeat(np.arange(len(members)), [len(part) for part in members])
        columns = np.concatenate(members)
        return coo_array((np.ones(len(rows)), (rows, columns)), shape=(len(members), variable.size))

    once = list(variable)
    filled = [variable[:, place] for place in range(places)]
    of_class = [np.unique(groups[labels == label]) for label in np.unique(labels)]
    held = [(part, place) for part in of_class for place in range(number)]
    sparse = vstack([sums(once), sums(filled), sums([variable[part, place] for part, place in held])])
    low = [np.ones(n_groups), np.ones(places), np.full(len(held), least)]
    high = [np.ones(n_groups), np.full(places, n_groups), np.array([len(part) - 1 for part, _ in held])]
    limits = LinearConstraint(sparse, np.concatenate(low), np.concatenate(high))
    found = milp(
        -stays.ravel(),
        constraints=limits,
        integrality=np.ones(variable.size),
        bounds=Bounds(0, 1),
        options={"node_limit": MOST_NODES} if least else {},
    )
    if found.x is None:
        return None
    place = np.asarray(found.x).reshape(n_groups, places).argmax(axis=1)[groups]
    return np.where((number == 1) & (place == 1), NEVER_HELD_OUT, place).astype(np.int64)
