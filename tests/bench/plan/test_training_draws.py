"""Training cases drawn anew: patients whole, inside their folds, and no training part without a class."""

from collections import Counter
from dataclasses import replace

import pytest

from bench.data.cases import Case
from bench.data.images import PixelSettings
from bench.errors import RequestError
from bench.folds.draw import draw_folds
from bench.folds.table import FoldTable
from bench.plan.plan import PlannedBackbone, by_content, plan_runs, samples_of
from bench.plan.recipe import Recipe
from bench.plan.spec import Numerics, RunSpec, Weights
from bench.plan.training_draws import times_drawn


def cases() -> list[Case]:
    """Ten patients of four cases each, and six cases of a site."""
    inside = [
        Case(f"internal/{n}", f"/{n}", "ab"[n % 2], f"g{n // 4}", "internal", f"{n:064x}", 8, 8) for n in range(40)
    ]
    outside = [Case(f"bern/{n}", f"/{n}", "ab"[n % 2], None, "bern", f"{n + 99:064x}", 8, 8) for n in range(6)]
    return inside + outside


FOLDS = draw_folds([case for case in cases() if case.site == "internal"], 0, folds=3)


def plan(draws: int, table: list[Case] | None = None, fold_of: dict[str, int] | None = None) -> list[RunSpec]:
    backbone = PlannedBackbone("resnet18", Weights("random", ""), Numerics("fp32"))
    folds = FoldTable({0: fold_of or dict(FOLDS), 1: fold_of or dict(FOLDS)})
    pixels = PixelSettings(32)
    return plan_runs(table or cases(), folds, ("a", "b"), [backbone], [0, 1], Recipe(), pixels, training_draws=draws)


def test_runs_of_draws_are_added_behind_the_others_and_change_none_of_them() -> None:
    without, three, five = plan(0), plan(3), plan(5)
    assert [spec.run_id for spec in three[:6]] == [spec.run_id for spec in without]
    assert [(s.seed, s.draw, s.fold) for s in three[6:]] == [
        (s, d, f) for s in (0, 1) for d in (1, 2, 3) for f in (0, 1, 2)
    ]
    assert len({spec.run_id for spec in five}) == len(five) == 36
    assert {spec.run_id for spec in three} < {spec.run_id for spec in five}
    assert {spec.draw for spec in without} == {0}
    assert three[6].title == "resnet18 seed 0 draw 1 fold 0"


def test_a_draw_has_the_seeds_and_the_predicted_cases_of_the_run_that_it_is_compared_with() -> None:
    specs = plan(2)
    for drawn, undrawn in zip(specs[6:9], specs[:3], strict=True):
        assert replace(drawn, train=undrawn.train, replicate=0) == undrawn


def test_of_each_fold_as_many_patients_are_drawn_as_it_has_and_all_cases_of_each() -> None:
    fold_of, in_fold = dict(FOLDS), Counter[int]()
    patients = {case.group: fold_of[case.case_id] for case in cases() if case.site == "internal"}
    in_fold.update(patients.values())
    for spec in plan(4)[6:]:
        times = Counter(sample.case_id for sample in spec.train)
        assert not {fold_of[name] for name in times} & {spec.fold}
        of_patient: dict[str, set[int]] = {}
        for case in cases():
            if case.group and fold_of[case.case_id] != spec.fold:
                of_patient.setdefault(case.group, set()).add(times[case.case_id])
        assert all(len(found) == 1 for found in of_patient.values())
        for fold in {0, 1, 2} - {spec.fold}:
            number = sum(n for group, found in of_patient.items() for n in found if patients[group] == fold)
            assert number == in_fold[fold]


def test_the_folds_of_a_draw_share_it() -> None:
    first, second, third = (Counter(sample.case_id for sample in spec.train) for spec in plan(2)[6:9])
    in_fold_0 = [name for name, fold in FOLDS.items() if fold == 0]
    assert [second[name] for name in in_fold_0] == [third[name] for name in in_fold_0]
    assert all(first[name] == 0 for name in in_fold_0)


def test_a_patient_who_is_drawn_twice_is_two() -> None:
    spec = plan(2)[6]
    groups = Counter((sample.case_id, sample.group) for sample in spec.train)
    assert set(groups.values()) == {1}
    twice = [name for name, n in Counter(sample.case_id for sample in spec.train).items() if n > 1]
    assert twice


def test_names_of_files_and_patients_decide_nothing() -> None:
    renamed = [
        replace(case, case_id=f"{case.site}/z{99 - n}", group=case.group and f"other {case.group}")
        for n, case in enumerate(cases())
    ]
    fold_of = {new.case_id: FOLDS[old.case_id] for new, old in zip(renamed, cases(), strict=True) if old.group}
    assert [spec.run_id for spec in plan(3, renamed, fold_of)] == [spec.run_id for spec in plan(3)]


def small(of_rare: int) -> list[Case]:
    """Thirty patients of one case; so many of them have the rare class, and each lies in another fold of the three."""
    return [
        Case(f"internal/{n}", "", "rare" if n < of_rare else "usual", f"p{n}", "internal", f"{n:064x}", 8, 8)
        for n in range(30)
    ]


@pytest.mark.parametrize("of_rare", [2, 3])
def test_no_training_part_loses_a_class(of_rare: int) -> None:
    fold_of = {f"internal/{n}": n % 3 for n in range(30)}
    samples = by_content(samples_of(small(of_rare)))
    for draw in range(1, 60):
        times = times_drawn(samples, fold_of, 0, draw)
        for fold in range(3):
            rare = [n for n in range(of_rare) if n % 3 != fold]
            assert any(times[f"internal/{n}"] for n in rare)


def test_where_every_draw_loses_a_class_it_is_said() -> None:
    table = [
        Case(f"internal/{n}", "", f"class {n // 2}", f"p{n}", "internal", f"{n:064x}", 8, 8) for n in range(60)
    ]  # thirty classes of two patients, one in each fold: both have to be drawn of every class
    fold_of = {f"internal/{n}": n % 2 for n in range(60)}
    with pytest.raises(RequestError, match=r"under seed 7 each of 1000 draws.*without class \d+.*\[classes\]"):
        times_drawn(by_content(samples_of(table)), fold_of, 7, 1)
