"""Folds: stratified, never splitting a group, checked, honoured."""

from collections import Counter

import pandas as pd
import pytest

from bench.data.cases import Case
from bench.errors import RequestError
from bench.folds.check import check_folds
from bench.folds.draw import draw_folds
from bench.folds.table import FoldTable, from_frame, to_frame


def case(number: int, label: str, group: str | None = None) -> Case:
    return Case(f"internal/{number}", f"/{number}", label, group, "internal", f"{number:064x}", 8, 8)


CASES = [case(n, "abc"[n % 3]) for n in range(60)]
PATIENTS = [case(n, "abc"[(n // 4) % 3], f"patient {n // 4}") for n in range(120)]


def test_every_fold_has_its_share_of_every_class() -> None:
    fold_of = draw_folds(CASES, seed=3, folds=5)
    counts = Counter((fold_of[c.case_id], c.label) for c in CASES)
    assert set(counts.values()) == {4}
    assert len(counts) == 15


def test_a_seed_draws_the_same_folds_and_another_seed_others() -> None:
    assert draw_folds(CASES, seed=1) == draw_folds(CASES, seed=1)
    assert draw_folds(CASES, seed=1) != draw_folds(CASES, seed=2)


def test_no_group_is_split() -> None:
    for seed in range(5):
        fold_of = draw_folds(PATIENTS, seed, folds=4)
        folds_of_group = {c.group: {fold_of[d.case_id] for d in PATIENTS if d.group == c.group} for c in PATIENTS}
        assert all(len(folds) == 1 for folds in folds_of_group.values())
        assert set(fold_of.values()) == {0, 1, 2, 3}


@pytest.mark.parametrize("cases", [CASES, PATIENTS])
def test_holdout_is_one_split_of_each_class(cases: list[Case]) -> None:
    fold_of = draw_folds(cases, seed=0, holdout=0.2)
    assert set(fold_of.values()) == {0, -1}
    for label in "abc":
        members = [c for c in cases if c.label == label]
        assert sum(fold_of[c.case_id] == 0 for c in members) == pytest.approx(0.2 * len(members), abs=4)


def test_too_few_cases_or_patients_of_a_class() -> None:
    two_of_c = [c for c in CASES if c.label != "c"] + [case(90, "c"), case(91, "c")]
    with pytest.raises(RequestError, match=r"Class 'c' has 2 cases, fewer than the 5 folds.*--folds 2"):
        draw_folds(two_of_c, seed=0)
    three_patients = [c for c in PATIENTS if c.label != "c"] + [case(200 + n, "c", f"p{n % 3}") for n in range(30)]
    with pytest.raises(RequestError, match=r"Class 'c' has 3 groups \(patients\)"):
        draw_folds(three_patients, seed=0)


def test_edited_folds_are_checked() -> None:
    good = dict(draw_folds(PATIENTS, seed=0, folds=3))
    check_folds(PATIENTS, good)
    one = PATIENTS[0]
    split = {**good, one.case_id: (good[one.case_id] + 1) % 3}
    with pytest.raises(RequestError, match="patient 0"):
        check_folds(PATIENTS, split)
    with pytest.raises(RequestError, match="without a fold: internal/0"):
        check_folds(PATIENTS, {k: v for k, v in good.items() if k != one.case_id})
    with pytest.raises(RequestError, match="not among the internal cases: internal/x"):
        check_folds(PATIENTS, {**good, "internal/x": 0})
    with pytest.raises(RequestError, match="some fold is empty"):
        check_folds(PATIENTS, {k: 2 if v == 1 else v for k, v in good.items()})
    all_of_a_in_one = {c.case_id: 0 if c.label == "a" else 1 for c in PATIENTS}
    with pytest.raises(RequestError, match="Fold 0 holds out every case of class a"):
        check_folds(PATIENTS, all_of_a_in_one)


def test_the_table_survives_a_data_frame() -> None:
    table = FoldTable({seed: draw_folds(CASES, seed) for seed in (0, 7)})
    back = from_frame(to_frame(table))
    assert back == table
    assert back.number() == 5
    assert FoldTable({0: draw_folds(CASES, 0, holdout=0.3)}).number() == 1
    with pytest.raises(ValueError, match="differ in their number of folds"):
        FoldTable({0: draw_folds(CASES, 0), 1: draw_folds(CASES, 1, folds=4)}).number()


def test_a_table_edited_into_nonsense_is_refused() -> None:
    frame = to_frame(FoldTable({0: draw_folds(CASES, 0)}))
    with pytest.raises(ValueError, match="stands twice under seed 0"):
        from_frame(pd.concat([frame, frame.iloc[:1]]))
    with pytest.raises(ValueError, match="no whole numbers"):
        from_frame(frame.assign(fold=frame["fold"] + 0.4))
    with pytest.raises(KeyError):
        from_frame(frame.drop(columns="fold"))
