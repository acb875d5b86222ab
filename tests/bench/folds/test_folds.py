"""Folds: stratified, never splitting a group, checked, honoured."""

from collections import Counter
from collections.abc import Mapping
from itertools import product

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import StratifiedGroupKFold

from bench.data.cases import Case
from bench.errors import RequestError
from bench.folds.draw import draw_folds, nearest_valid
from bench.folds.table import FoldTable, check_folds, from_frame, to_frame
from bench.seeds import derive


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


def incidence(sets: list[str], *, each: int = 1) -> list[Case]:
    """Patients 0, 1, 2, …, each with `each` images of the classes that its text lists."""
    shown = [(label, f"patient {number}") for number, labels in enumerate(sets) for label in labels * each]
    return [case(number, label, group) for number, (label, group) in enumerate(shown)]


def sound(cases: list[Case], fold_of: Mapping[str, int], folds: int) -> bool:
    """Stated anew: folds 0 … folds − 1, none empty, no patient split, no class held out whole."""
    whole = all(len({fold_of[c.case_id] for c in cases if c.group == group}) == 1 for group in {c.group for c in cases})
    spread = all(len({fold_of[c.case_id] for c in cases if c.label == label}) > 1 for label in {c.label for c in cases})
    return whole and spread and set(fold_of.values()) == set(range(folds))


def possible(sets: list[str], folds: int) -> bool:
    """Whether any of all divisions of the patients is sound."""
    cases = incidence(sets)
    return any(
        sound(cases, {c.case_id: way[int((c.group or "").split()[1])] for c in cases}, folds)
        for way in product(range(folds), repeat=len(sets))
    )


@pytest.mark.parametrize("folds", [2, 3])
def test_a_set_that_can_be_divided_never_fails(folds: int) -> None:
    rng = np.random.default_rng(0)
    outcomes = Counter[bool]()
    for seed in range(60):
        sets = ["".join(label for label in "abcde" if rng.random() < 0.4) or "a" for _ in range(7)]
        cases = incidence(sets, each=int(rng.integers(1, 4)))
        if min(sum(label in labels for labels in sets) for label in set("".join(sets))) < folds:
            continue  # too few patients, which has its own words
        outcomes[possible(sets, folds)] += 1
        if possible(sets, folds):
            assert sound(cases, draw_folds(cases, seed, folds=folds), folds), (sets, seed)
        else:
            with pytest.raises(RequestError, match=r"no way to divide the 7 groups \(patients\) into"):
                draw_folds(cases, seed, folds=folds)
    assert outcomes[True] > 5


def test_three_patients_who_share_three_classes_pairwise_cannot_be_divided() -> None:
    with pytest.raises(RequestError, match=r"no way to divide the 3 groups \(patients\) into 2 folds"):
        draw_folds(incidence(["ab", "bc", "ca"]), seed=0, folds=2)


def test_a_draw_that_holds_a_class_out_whole_is_drawn_again_the_same_way() -> None:
    """Class c has two patients, one of whom has six of its seven images: about half of the plain draws fail."""
    cases = incidence(["ab", "bbbbbb", "bcccccc", "b", "a", "b", "a", "bbbbbbc"])
    labels, groups = [c.label for c in cases], [c.group for c in cases]

    def plain(seed: int) -> dict[str, int]:
        splits = StratifiedGroupKFold(2, shuffle=True, random_state=derive(seed, "split") % 2**32)
        parts = splits.split(labels, labels, groups)
        return {cases[place].case_id: fold for fold, (_, held_out) in enumerate(parts) for place in held_out}

    first = {seed: plain(seed) for seed in range(30)}
    fine = {seed for seed, fold_of in first.items() if sound(cases, fold_of, 2)}
    assert 5 < len(fine) < 25
    for seed, fold_of in first.items():
        drawn = draw_folds(cases, seed, folds=2)
        assert sound(cases, drawn, 2)
        assert drawn == draw_folds(cases, seed, folds=2)
        if seed in fine:  # stored folders keep their folds
            assert drawn == fold_of


def test_mending_moves_as_few_cases_as_it_must() -> None:
    labels, groups = np.array(list("aaaabbbb")), np.array([0, 0, 0, 1, 2, 2, 3, 3])
    drawn = np.array([0, 0, 0, 0, 1, 1, 1, 1])  # each class whole in its own fold
    mended = nearest_valid(drawn, labels, groups, 2)
    assert mended is not None
    assert mended[:4].tolist() == [0, 0, 0, 1]  # the patient with one image moves, not that with three
    assert int((mended != drawn).sum()) == 3
    held = nearest_valid(np.array([0, 0, 0, 0, -1, -1, -1, -1]), labels, groups, 1)
    assert held is not None
    assert held.tolist() == [0, 0, 0, -1, -1, -1, -1, -1]


def test_a_hold_out_of_classes_with_one_image_or_more_than_half_of_the_patients_says_so() -> None:
    with pytest.raises(RequestError, match="Class 'z' has 1 cases, fewer than the 2 parts that a split needs"):
        draw_folds([*CASES, case(99, "z")], seed=0, holdout=0.2)
    with pytest.raises(RequestError, match=r"--holdout 0\.8 is more than half; patients are held out whole"):
        draw_folds(PATIENTS, seed=0, holdout=0.8)
    for seed in range(20):  # two of class z: one of them is always trained on
        cases = [*CASES, case(98, "z"), case(99, "z")]
        fold_of = draw_folds(cases, seed, holdout=0.5)
        assert {fold_of["internal/98"], fold_of["internal/99"]} != {0}
