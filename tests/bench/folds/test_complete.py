"""Folds that each hold every class: found wherever they exist, and otherwise what was drawn before."""

from collections import Counter
from collections.abc import Mapping
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.data.cases import Case
from bench.errors import RequestError
from bench.folds.complete import draw_complete_folds, imbalance, is_complete
from bench.folds.draw import draw_folds

Patients = list[str]
"""The classes of each patient's images, as in "aab"."""


def table(patients: Patients) -> list[Case]:
    rows = [(label, f"patient {number}") for number, labels in enumerate(patients) for label in labels]
    return [
        Case(f"internal/{n}", f"/{n}", label, group, "internal", f"{n:064x}", 8, 8)
        for n, (label, group) in enumerate(rows)
    ]


def classes_by_fold(cases: list[Case], fold_of: Mapping[str, int]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    for case in cases:
        found.setdefault(fold_of[case.case_id], set()).add(case.label)
    return found


def complete(cases: list[Case], fold_of: Mapping[str, int], folds: int) -> bool:
    """Stated anew: folds 0 … folds − 1, each with every class, no patient in two."""
    by_fold, labels = classes_by_fold(cases, fold_of), {case.label for case in cases}
    whole = len({(case.group, fold_of[case.case_id]) for case in cases}) == len({case.group for case in cases})
    return whole and set(by_fold) == set(range(folds)) and all(held == labels for held in by_fold.values())


def exists(patients: Patients, folds: int) -> bool:
    """Whether any of all divisions of the patients is complete."""
    cases = table(patients)
    return any(
        complete(cases, {case.case_id: way[int((case.group or "").split()[1])] for case in cases}, folds)
        for way in product(range(folds), repeat=len(patients))
    )


patients_of = st.lists(st.text("abc", min_size=1, max_size=4), min_size=2, max_size=7)


@settings(max_examples=60, deadline=None)
@given(patients_of, st.integers(2, 3), st.integers(0, 5))
def test_where_complete_folds_exist_they_are_found(patients: Patients, folds: int, seed: int) -> None:
    cases = table(patients)
    if exists(patients, folds):
        assert complete(cases, draw_complete_folds(cases, seed, folds=folds), folds)
        return
    try:
        before = draw_folds(cases, seed, folds=folds)
    except RequestError:
        with pytest.raises(RequestError):
            draw_complete_folds(cases, seed, folds=folds)
    else:
        assert draw_complete_folds(cases, seed, folds=folds) == before


@settings(max_examples=30, deadline=None)
@given(patients_of, st.integers(0, 5))
def test_a_hold_out_has_every_class_on_both_sides_where_it_can(patients: Patients, seed: int) -> None:
    cases = table(patients)
    labels = {case.label for case in cases}
    there = exists(patients, 2)  # the two parts are both to hold every class
    try:
        fold_of = draw_complete_folds(cases, seed, holdout=0.4)
    except RequestError:
        assert not there
        return
    by_fold = classes_by_fold(cases, fold_of)
    assert set(by_fold) == {0, -1}
    assert not there or all(held == labels for held in by_fold.values())


RARE = ["aaab"] * 4 + ["aaaaa", "aa", "bc", "bbbc", "c", "bbbbb", "ab", "a", "b", "ca", "cccccc", "a", "b"]


def test_a_draw_without_a_class_in_a_fold_was_usual_and_is_so_no_more() -> None:
    cases = table(RARE)
    before = [complete(cases, draw_folds(cases, seed, folds=5), 5) for seed in range(40)]
    assert 0 < sum(before) < 40
    for seed, fine in enumerate(before):
        drawn = draw_complete_folds(cases, seed, folds=5)
        assert complete(cases, drawn, 5)
        assert drawn == draw_complete_folds(cases, seed, folds=5)
        if fine:  # what was drawn before stays, and so do the names of its runs
            assert drawn == draw_folds(cases, seed, folds=5)


def test_the_candidate_with_the_smallest_imbalance_is_taken() -> None:
    labels = np.array(list("aaaabb"))
    even, odd = np.array([0, 0, 1, 1, 0, 1]), np.array([0, 1, 1, 1, 0, 1])
    assert imbalance(even, labels, 0.5) == 0
    assert imbalance(odd, labels, 0.5) == pytest.approx(2 * 0.25**2)
    assert is_complete(even, labels)
    assert not is_complete(np.array([0, 0, 1, 1, 1, 1]), labels)


def test_hundreds_of_patients_of_whom_few_have_a_class() -> None:
    """Five of 400 patients have class z; all must go to different folds, which draws hit once in 26."""
    rng = np.random.default_rng(0)
    patients = ["".join(rng.choice(list("abc"), size=int(rng.integers(1, 6)))) for _ in range(395)] + ["zab"] * 5
    cases = table(patients)
    fold_of = draw_complete_folds(cases, 1, folds=5)
    assert complete(cases, fold_of, 5)
    sizes = Counter(fold_of.values())
    assert max(sizes.values()) < 1.3 * min(sizes.values())


def test_cases_without_patients_are_drawn_as_ever() -> None:
    cases = [Case(f"internal/{n}", "", "abc"[n % 3], None, "internal", f"{n:064x}", 8, 8) for n in range(60)]
    for seed in range(3):
        assert draw_complete_folds(cases, seed) == draw_folds(cases, seed)
        assert draw_complete_folds(cases, seed, holdout=0.2) == draw_folds(cases, seed, holdout=0.2)
