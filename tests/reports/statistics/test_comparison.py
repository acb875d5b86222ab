"""Pairs of backbones: adjustment, ranks and ties."""

import dataclasses

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from reports import build_leaderboard
from reports.statistics.cell import Cell
from reports.statistics.comparison import PRIMARY, Comparison, Endpoint, adjust, holm
from reports.statistics.metrics import primary
from reports.statistics.ranking import rank
from reports.tables.caveats import TUNED, Caveat


def build(study, entries, **options):
    options = {"rng": np.random.default_rng(0), "resamples": 300, **options}
    return build_leaderboard(entries, study.cases, study.classes, **options)


def test_holm_by_hand() -> None:
    # Sorted .01, .02, .03, .04 by 4, 3, 2, 1: .04, .06, .06, .04 and each at least the one before.
    assert holm([0.04, 0.01, 0.03, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm([0.6, 0.7]) == [1.0, 1.0]
    assert holm([0.03]) == [0.03]
    assert holm([]) == []


def compared(a: str, b: str, difference: float, p: float | None, endpoint: str = PRIMARY.name) -> Comparison:
    return Comparison(a, b, endpoint, Cell(difference), seeds=5, standard_error=0.01, p=p)


def test_the_primary_endpoint_is_adjusted_by_itself_and_all_the_others_together() -> None:
    adjusted = adjust(
        [
            compared("a", "b", 0.1, 0.02),
            compared("a", "c", 0.1, 0.03),
            compared("b", "c", 0.0, None),
            compared("a", "b", 0.1, 0.01, "internal.accuracy"),
            compared("a", "b", 0.1, 0.04, "gap.x.accuracy"),
            compared("a", "b", 0.1, 0.03, "gap.x.macro_f1"),
        ]
    )
    assert [one.p_holm for one in adjusted] == [0.04, 0.04, None, 0.03, 0.06, 0.06]
    # What is not of the primary endpoint explores, and resolves nothing.
    assert [one.resolved for one in adjusted] == [True, True, False, False, False, False]


def test_rank_is_one_plus_the_rows_resolved_better_and_ties_name_the_unresolved() -> None:
    pairs = adjust([compared("a", "b", 0.02, 0.4), compared("a", "c", 0.1, 0.001), compared("b", "c", 0.08, 0.2)])
    standings = rank(["a", "b", "c"], pairs, ["a", "b", "c"])
    assert {name: (one.rank, one.ties) for name, one in standings.items()} == {
        "a": (1, ("b",)),
        "b": (1, ("a", "c")),
        "c": (2, ("b",)),
    }


def test_a_row_that_cannot_be_compared_with_the_others_is_not_ranked() -> None:
    pairs = adjust([compared("a", "b", 0.2, 0.001)])
    standings = rank(["a", "b", "c"], pairs, ["a", "b", "c"])
    assert [standings[name].rank for name in "abc"] == [1, 2, None]
    alone = rank(["a", "b"], [], ["a", "b"])
    assert [alone[name].rank for name in "ab"] == [None, None]
    assert rank(["a"], [], ["a"])["a"].rank == 1


def test_clearly_different_backbones_are_ranked_one_and_two(make_study) -> None:
    study = make_study()
    board = build(study, [study.entry("weak", 0.4), study.entry("strong", 0.8)])
    assert [(row.name, row.rank, row.ties) for row in board.rows] == [("strong", 1, ()), ("weak", 2, ())]
    primary = next(one for one in board.comparisons if one.endpoint == "internal.macro_f1")
    assert primary.resolved
    by_name = {row.name: row.cells.internal["macro_f1"].value for row in board.rows}
    assert primary.difference.value == pytest.approx(by_name[primary.a] - by_name[primary.b], abs=1e-12)


def test_all_endpoints_are_compared(make_study) -> None:
    study = make_study(external={"London": 60, "Oslo": 60})
    board = build(study, [study.entry("a"), study.entry("b"), study.entry("c")])
    places = ("internal", "external.London", "external.Oslo", "gap.London", "gap.Oslo")
    endpoints = {f"{place}.{metric}" for place in places for metric in ("accuracy", "macro_f1")}
    assert {one.endpoint for one in board.comparisons} == endpoints
    assert len(board.comparisons) == 3 * 10
    assert Endpoint(primary(), "Oslo", gap=True).name == "gap.Oslo.macro_f1"


def test_an_identical_copy_differs_by_nothing_and_is_never_resolved(make_study) -> None:
    study = make_study()
    one = study.entry("resnet34")
    board = build(study, [one, dataclasses.replace(one, backbone="copy")])
    for comparison in board.comparisons:
        assert comparison.difference.value == 0
        assert comparison.p == comparison.p_holm == 1
        assert not comparison.resolved
        assert comparison.difference.reason == "no cluster and no seed alone changes the value"
    assert [row.rank for row in board.rows] == [1, 1]
    assert board.rows[0].ties == (board.rows[1].name,)
    first, second = (row.cells.to_dict() for row in board.rows)
    assert first == second


def test_pairing_makes_a_difference_sharper_than_its_parts(make_study) -> None:
    study = make_study(internal=400)
    one = study.entry("resnet34")
    table = one.predictions.copy()
    wrong = table.index[(table["label"] != table["predicted"]) & (table["site"] == "internal")][::12]
    table.loc[wrong, "predicted"] = table.loc[wrong, "label"]
    board = build(study, [one, dataclasses.replace(one, backbone="better", predictions=table)])
    difference = next(c for c in board.comparisons if c.endpoint == "internal.accuracy").difference
    accuracy = board.rows[0].cells.internal["accuracy"]
    assert difference.high - difference.low < (accuracy.high - accuracy.low) / 2


def test_a_row_tuned_on_these_cases_is_shown_but_not_ranked(make_study) -> None:
    study = make_study()
    board = build(study, [study.entry("tuned", 0.9, caveats=(Caveat("tuned", TUNED),)), study.entry("plain", 0.5)])
    assert [(row.name, row.rank) for row in board.rows] == [("plain", 1), ("tuned", None)]
    assert board.comparisons == ()
    assert f"tuned: {TUNED}, so it is neither ranked nor compared." in board.notes


def test_rows_with_other_seeds_are_paired_over_the_shared_ones(make_study) -> None:
    study = make_study()
    a, b = study.entry("a", seeds=(0, 1, 2, 3)), study.entry("b", seeds=(2, 3, 4))
    board = build(study, [a, b])
    assert {one.seeds for one in board.comparisons} == {2}
    assert "a and b are compared over the seeds that they share (2)." in board.notes
    only = [dataclasses.replace(e, predictions=e.predictions[e.predictions["seed"].isin([2, 3])]) for e in (a, b)]
    restricted = build(study, only)
    assert [c.to_dict() for c in board.comparisons if c.endpoint.startswith(("external", "gap"))] == [
        c.to_dict() for c in restricted.comparisons if c.endpoint.startswith(("external", "gap"))
    ]
    internal, alone = board.comparisons[0], restricted.comparisons[0]
    assert (internal.difference, internal.p) == (alone.difference, alone.p)


def test_rows_without_a_shared_seed_or_with_other_folds_are_not_compared(make_study) -> None:
    study = make_study()
    apart = build(study, [study.entry("a", seeds=(0, 1)), study.entry("b", seeds=(2, 3))])
    assert apart.comparisons == ()
    assert [row.rank for row in apart.rows] == [None, None]
    other_folds = build(study, [study.entry("a", folds=3), study.entry("b", folds=4)])
    assert other_folds.comparisons == ()
    assert any("no seed has the same cases in the same folds" in note for note in other_folds.notes)
    assert other_folds.probability_of_best == {}


def test_a_difference_that_cannot_be_estimated_is_not_resolved(make_study) -> None:
    study = make_study(internal=12)
    board = build(study, [study.entry("a", 0.2), study.entry("b", 0.95)])
    primary = next(one for one in board.comparisons if one.endpoint == "internal.macro_f1")
    assert (primary.p, primary.p_holm, primary.resolved) == (None, None, False)
    assert primary.difference.reason == "internal has 12 clusters, 15 needed"
    assert [row.rank for row in board.rows] == [None, None]


def test_a_difference_under_the_noise_floor_is_flagged(make_study) -> None:
    """The floor of means over n shared seeds is t √2 σ / √n, σ that of the noisier backbone."""
    study = make_study()
    steady = [study.entry("a", 0.60), study.entry("b", 0.60), study.entry("c", 0.95)]
    board = build(study, steady)
    flags = {}
    for one in board.comparisons:
        if not one.endpoint.startswith("internal"):
            assert one.below_noise_floor is None
            continue
        metric = one.endpoint.removeprefix("internal.")
        sigmas = [np.std(accuracies(study, entry), ddof=1) for entry in steady if entry.backbone in (one.a, one.b)]
        if metric == "accuracy":
            floor = stats.t.ppf(0.975, 4) * np.sqrt(2) * max(sigmas) / np.sqrt(one.seeds)
            assert one.below_noise_floor == (abs(one.difference.value) <= floor)
            flags[one.a, one.b] = one.below_noise_floor
    assert flags["a", "c"] is False
    assert flags["b", "c"] is False


def test_the_floor_of_a_pair_is_that_of_its_shared_seeds(make_study) -> None:
    study = make_study()
    a, b = study.entry("a", 0.60, seeds=range(8)), study.entry("b", 0.62, seeds=range(6, 14))
    board = build(study, [a, b])
    one = next(one for one in board.comparisons if one.endpoint == "internal.accuracy")
    assert one.seeds == 2
    sigma = max(np.std(accuracies(study, entry), ddof=1) for entry in (a, b))
    floor = stats.t.ppf(0.975, 7) * np.sqrt(2) * sigma / np.sqrt(2)
    assert one.below_noise_floor == (abs(one.difference.value) <= floor)


def accuracies(study, entry) -> list[float]:  # type: ignore[no-untyped-def]
    inside = entry.predictions[entry.predictions["site"] == "internal"]
    return [float((rows["label"] == rows["predicted"]).mean()) for _, rows in inside.groupby("seed")]


@pytest.mark.parametrize("n", [1, 2, 7, 45])
@pytest.mark.parametrize("root", range(4))
def test_it_is_that_of_statsmodels_ties_included(n: int, root: int) -> None:
    rng = np.random.default_rng([n, root])
    p = np.round(rng.random(n) ** 4, int(rng.integers(1, 5)))  # some are tied, some 0
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1], abs=1e-12)
