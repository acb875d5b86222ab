"""A run's name depends on everything that decides its result, and on nothing else."""

from dataclasses import replace
from typing import Any

import pytest

from bench.data.cases import Case
from bench.data.images import PixelSettings
from bench.folds.draw import draw_folds
from bench.folds.table import FoldTable
from bench.plan.adaptation import ADAPTATIONS
from bench.plan.plan import PlannedBackbone, plan_runs
from bench.plan.recipe import Recipe
from bench.plan.spec import Numerics, RunSpec, Weights
from bench.seeds import derive


def cases(group: str = "g") -> list[Case]:
    inside = [
        Case(f"internal/{n}", f"/{n}", "ab"[n % 2], f"{group}{n // 4}", "internal", f"{n:064x}", 8, 8)
        for n in range(40)
    ]
    outside = [Case(f"bern/{n}", f"/{n}", "ab"[n % 2], None, "bern", f"{n + 99:064x}", 8, 8) for n in range(6)]
    return inside + outside


def plan(table: list[Case]) -> list[RunSpec]:
    inside = [case for case in table if case.site == "internal"]
    folds = FoldTable({0: draw_folds(inside, 0, folds=3), 1: draw_folds(inside, 1, folds=3)})
    backbone = PlannedBackbone("resnet18", Weights("random", ""), Numerics("fp32"))
    return plan_runs(table, folds, ("a", "b"), [backbone], [0, 1], Recipe(), PixelSettings(32))


SPEC = plan(cases())[0]


def test_a_plan_is_backbones_times_seeds_times_folds() -> None:
    specs = plan(cases())
    assert [(s.seed, s.fold) for s in specs] == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]
    assert len({s.run_id for s in specs}) == 6
    for spec in specs:
        ids = {sample.case_id for sample in spec.train} | {sample.case_id for sample in spec.validation}
        assert ids == {case.case_id for case in cases() if case.site == "internal"}
        assert len(spec.train) + len(spec.validation) == 40
        assert len(spec.external) == 6
    held_out = [sample.case_id for spec in specs[:3] for sample in spec.validation]
    assert len(held_out) == len(set(held_out)) == 40


def test_file_names_and_group_names_decide_nothing() -> None:
    assert {s.run_id for s in plan(cases(group="patient "))} == {s.run_id for s in plan(cases())}
    spec = replace(
        SPEC,
        train=tuple(replace(s, case_id=f"other/{s.case_id}") for s in SPEC.train),
        validation=tuple(replace(s, case_id=f"other/{s.case_id}") for s in SPEC.validation),
    )
    assert spec.run_id == SPEC.run_id


def test_the_order_of_files_does_not_change_what_a_fold_is_trained_on() -> None:
    """Given the folds, cases that come in another order make the same runs."""
    inside = [case for case in cases() if case.site == "internal"]
    folds = FoldTable({0: draw_folds(inside, 0, folds=3)})
    backbone = PlannedBackbone("resnet18", Weights("random", ""), Numerics("fp32"))
    one, other = (
        plan_runs(table, folds, ("a", "b"), [backbone], [0], Recipe(), PixelSettings(32))
        for table in (cases(), list(reversed(cases())))
    )
    assert one == other


@pytest.mark.parametrize(
    "change",
    [
        {"classes": ("b", "a")},
        {"train": SPEC.train[1:]},
        {"train": (replace(SPEC.train[0], label="b" if SPEC.train[0].label == "a" else "a"), *SPEC.train[1:])},
        {"train": (replace(SPEC.train[0], digest="f" * 64), *SPEC.train[1:])},
        {"train": (replace(SPEC.train[0], group="of its own"), *SPEC.train[1:])},
        {"validation": SPEC.validation[1:]},
        {"external": SPEC.external[1:]},
        {"pixels": PixelSettings(64)},
        {"pixels": PixelSettings(32, "crop")},
        {"recipe": Recipe(lr=2e-3)},
        {"recipe": Recipe(class_weights="balanced")},
        {"backbone": "resnet34"},
        {"weights": Weights("ImageNet", "abc")},
        {"seeds": replace(SPEC.seeds, split=1)},
        {"seeds": replace(SPEC.seeds, init=1)},
        {"seeds": replace(SPEC.seeds, order=1)},
        {"fold": 2},
        {"replicate": 1},
        {"numerics": Numerics("bf16")},
        {"numerics": Numerics("fp32", threads=2)},
        {"numerics": Numerics("fp32", layout="contiguous")},
        {"numerics": Numerics("fp32", device="cuda")},
        {"numerics": Numerics("fp32", deterministic=False)},
        {"numerics": Numerics("fp32", convolutions="products-1")},
        {"numerics": Numerics("fp32", steps="graph")},
        {"role": "nondeterminism"},
        {"adaptation": "adabn"},
        {"adaptation": "histogram"},
    ],
)
def test_whatever_decides_the_result_changes_the_name(change: dict[str, Any]) -> None:
    assert replace(SPEC, **change).run_id != SPEC.run_id


def test_adaptations_are_crossed_with_backbones_under_the_same_seeds_and_folds() -> None:
    inside = [case for case in cases() if case.site == "internal"]
    folds = FoldTable({0: draw_folds(inside, 0, folds=2)})
    backbones = [PlannedBackbone(name, Weights("random", ""), Numerics("fp32")) for name in ("resnet18", "resnet34")]
    asked = (cases(), folds, ("a", "b"), backbones, [0], Recipe(), PixelSettings(32))
    specs = plan_runs(*asked, adaptations=ADAPTATIONS)
    assert len({spec.run_id for spec in specs}) == len(specs) == 2 * 2 * 5
    plain = {spec.run_id for spec in plan_runs(*asked)}
    assert {spec.run_id for spec in specs if spec.adaptation == "none"} == plain
    assert specs[1].title == "resnet18 adabn seed 0 fold 0"
    assert [spec.recipe_label for spec in specs[:3]] == [
        "fine-tune",
        "fine-tune, transductive adabn",
        "fine-tune, histogram",
    ]


def test_a_recipe_of_another_name_is_the_same_run() -> None:
    assert replace(SPEC, recipe=Recipe(name="tuned")).run_id == SPEC.run_id
    assert Recipe(epochs=9, lr=0.0005).label() == "fine-tune, epochs 9, lr 0.0005"


def test_seeds_derived_by_different_names_differ() -> None:
    derived = [derive(seed, name) for seed in range(50) for name in ("split", "init", "order")]
    assert len(set(derived)) == len(derived)
    assert all(0 <= value < 2**63 for value in derived)
    assert derive(0, "init") == derive(0, "init")


def test_stored_runs_keep_their_names() -> None:
    """As the first version of the program named it: knobs that came later and are off change nothing."""
    assert SPEC.run_id == "c642e4877c5e0e07f74a"


def test_names_do_not_depend_on_which_were_asked_for_before() -> None:
    """Parts that are shared by backbones, and equal ones that are not; groups are numbered over all three."""
    names = ("resnet18", "resnet34")
    specs = [replace(spec, backbone=name) for spec in plan(cases(group="patient ")) for name in names]
    shared = [spec.run_id for spec in specs]
    alone = [
        replace(spec, train=(*list(spec.train),), validation=(*list(spec.validation),)).run_id
        for spec in reversed(specs)
    ]
    assert shared == alone[::-1]
    assert len(set(shared)) == len(specs)


def test_the_place_of_a_folder_decides_nothing_where_its_weights_are_known() -> None:
    places = ("local-dir:/data/nets/ours", "local-dir:/mnt/ours")
    known, random = (
        {replace(SPEC, backbone=name, weights=weights).run_id for name in places}
        for weights in (Weights("its own", "abc"), Weights("random", ""))
    )
    assert (len(known), len(random)) == (1, 2)
