"""Odd studies have defined outcomes: classes that are absent, single cases, ties, perfection and its opposite."""

import tracemalloc

import numpy as np
import pytest
from odd_studies import build, right
from sklearn.metrics import cohen_kappa_score

from reports.statistics.corrected_t import ALL_EQUAL, ONE_FOLD
from reports.statistics.estimate import NO_CHANGE_BY_ONE, ONE_SEED
from reports.statistics.fold_tests import TOO_FEW_SEEDS
from reports.statistics.sample_gain import NOTHING_VARIES, ONE_CLUSTER
from reports.statistics.sample_gain import ONE_SEED as GAIN_OF_ONE_SEED

SIXTY, FORTY_FIVE = tuple(np.arange(60) % 3), tuple(np.arange(45) % 3)
BOTH = {"internal": SIXTY, "x": FORTY_FIVE}


def always(code: int):
    return lambda label, seed: np.full_like(label, code)


def wrong(label, seed):
    return (label + 1) % 3


def first_wrong(n: int):
    """Right but for the first n cases."""
    return lambda label, seed: np.where(np.arange(len(label)) < n, 1 - label, label)


def numbers(cell) -> tuple:
    return cell.value, cell.low, cell.high, cell.method


def exact(n: int) -> float:
    """How far from 0 or 1 a proportion may be that is at it in n cases: 1 − (α/2)^(1/n)."""
    return 1 - 0.025 ** (1 / n)


def test_a_backbone_that_always_predicts_one_class() -> None:
    (row,) = build(BOTH, {"a": always(0)}).rows
    internal = row.cells.internal
    assert internal["accuracy"].value == pytest.approx(1 / 3, abs=1e-12)
    assert internal["accuracy"].method == "jackknife-t"
    assert internal["macro_f1"].value == pytest.approx((2 * 20 / (20 + 60)) / 3, abs=1e-12)
    # A third and 0, whatever cases are drawn.
    assert numbers(internal["balanced_accuracy"])[1:] == numbers(internal["kappa"])[1:] == (None, None, None)
    assert (internal["kappa"].value, internal["kappa"].reason) == (0, NO_CHANGE_BY_ONE)
    of_predicted, of_other = row.per_class["c0"].internal, row.per_class["c1"].internal
    assert numbers(of_predicted["recall"]) == (1, pytest.approx(1 - exact(20)), 1, "clopper-pearson")
    assert numbers(of_other["recall"]) == (0, 0, pytest.approx(exact(20)), "clopper-pearson")
    assert (of_other["f1"].value, of_other["f1"].reason) == (0, NO_CHANGE_BY_ONE)
    assert (of_other["precision"].value, of_other["precision"].reason) == (None, "c1 is never predicted for internal")


def test_perfect_predictions() -> None:
    board = build(BOTH, {"a": right})
    (row,) = board.rows
    assert numbers(row.cells.internal["accuracy"]) == (1, pytest.approx(1 - exact(60)), 1, "clopper-pearson")
    assert numbers(row.cells.external["x"]["accuracy"]) == (1, pytest.approx(1 - exact(45)), 1, "clopper-pearson")
    for metric in ("macro_f1", "balanced_accuracy", "kappa"):
        assert numbers(row.cells.internal[metric]) == (1, None, None, None)
    gap = row.cells.gap["x"]["accuracy"]
    # Each side may be lower by its exact bound, and no higher.
    assert numbers(gap) == (0, pytest.approx(-exact(60)), pytest.approx(exact(45)), "jackknife-t")
    assert (board.sample_gains["a"].gain, board.sample_gains["a"].reason) == (None, NOTHING_VARIES)
    assert board.noise_floor["a"]["accuracy"].floor_1 == board.noise_floor["a"]["macro_f1"].high == 0


def test_predictions_that_are_all_wrong() -> None:
    (row,) = build(BOTH, {"a": wrong}).rows
    assert numbers(row.cells.internal["accuracy"]) == (0, 0, pytest.approx(exact(60)), "clopper-pearson")
    assert numbers(row.cells.internal["macro_f1"]) == (0, None, None, None)
    # No agreement where a third is expected by chance: (0 − 1/3) / (1 − 1/3).
    assert row.cells.internal["kappa"].value == pytest.approx(-0.5, abs=1e-12)


def test_backbones_that_always_agree_are_tied_in_everything() -> None:
    def rule(label, seed):
        return np.where(np.arange(len(label)) % 7 == seed, (label + 1) % 3, label)

    board = build(BOTH, {"a": rule, "b": rule, "c": rule}, seeds=range(5))
    assert [(row.rank, len(row.ties)) for row in board.rows] == [(1, 2)] * 3
    assert board.probability_of_best == pytest.approx({"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}, abs=1e-12)
    for one in board.comparisons:
        assert (one.difference.value, one.difference.low, one.difference.reason) == (0, None, NO_CHANGE_BY_ONE)
        assert (one.p, one.p_holm, one.resolved, one.minimum_detectable) == (1, 1, False, None)
        if one.fold_tests is not None:
            assert (one.fold_tests.corrected.t, one.fold_tests.corrected.p) == (0, 1)
            assert (one.fold_tests.rope.better, one.fold_tests.rope.equivalent) == (0, 1)


def test_a_difference_that_never_varies_is_neither_tested_nor_ranked() -> None:
    board = build(BOTH, {"a": right, "b": wrong}, seeds=(0,))
    assert [row.rank for row in board.rows] == [None, None]
    assert board.probability_of_best == {}
    one = next(one for one in board.comparisons if one.endpoint == "internal.accuracy")
    assert (one.difference.value, one.difference.low, one.p, one.p_holm, one.resolved) == (1, None, None, None, False)
    assert (one.fold_tests.corrected.p, one.fold_tests.corrected.reason) == (None, TOO_FEW_SEEDS)
    assert (one.fold_tests.rope.better, one.fold_tests.rope.reason) == (None, TOO_FEW_SEEDS)
    # Sixty cases of which only a is right: both tails of a fair coin that falls sixty times on one side.
    assert vars(one.fold_tests.mcnemar) == {"b": 60, "c": 0, "p": pytest.approx(2 * 0.5**60), "clustered": False}


def test_fold_scores_that_never_differ_have_no_corrected_t() -> None:
    board = build(BOTH, {"a": right, "b": wrong}, seeds=range(5))
    tests = next(one for one in board.comparisons if one.endpoint == "internal.accuracy").fold_tests
    assert (tests.corrected.p, tests.corrected.reason) == (None, ALL_EQUAL)
    assert (tests.rope.better, tests.rope.worse) == (1, 0)
    board = build(BOTH, {"a": right, "b": wrong}, folds=1, seeds=range(5))
    tests = next(one for one in board.comparisons if one.endpoint == "internal.accuracy").fold_tests
    assert (tests.corrected.p, tests.corrected.reason, tests.rope.better) == (None, ONE_FOLD, None)


def test_one_seed_of_a_hold_out_split() -> None:
    labels = {"internal": [0, 1] * 20, "x": [0, 1] * 20}
    board = build(labels, {"a": right, "b": first_wrong(6)}, n_classes=2, folds=1, seeds=(7,))
    assert board.noise_floor == {}
    assert "a: one seed, so its noise floor is not known." in board.notes
    assert board.sample_gains["b"].reason == GAIN_OF_ONE_SEED
    b = next(row for row in board.rows if row.name == "b").cells.internal["accuracy"]
    assert (b.value, b.method, b.reason) == (pytest.approx(34 / 40), "jackknife-t", ONE_SEED)
    one = next(one for one in board.comparisons if one.endpoint == "internal.accuracy")
    assert vars(one.fold_tests.mcnemar) == {"b": 6, "c": 0, "p": pytest.approx(2 / 2**6), "clustered": False}
    assert (one.difference.reason, one.p, one.minimum_detectable, one.equivalent_within) == (ONE_SEED, None, None, None)
    assert [row.rank for row in board.rows] == [None, None]


def test_cases_of_a_class_that_the_site_lacks_do_not_fake_a_gap_of_the_others() -> None:
    def c2_is_taken_for_c0(label, seed):
        return np.where(label == 2, 0, label)

    (row,) = build({"internal": SIXTY, "x": [0, 1] * 20}, {"a": c2_is_taken_for_c0}).rows
    # Over all classes c0 has a precision of one half at home; over c0 and c1 both sides are perfect.
    assert row.per_class["c0"].internal["precision"].value == 0.5
    assert row.cells.gap["x"]["macro_f1"].value == 0
    assert row.cells.gap["x"]["balanced_accuracy"].value == 0


def test_a_class_that_the_site_lacks_leaves_the_gap_to_the_others() -> None:
    def c1_is_taken_for_c0_at_home(label, seed):
        return np.where((label == 1) & (2 in label), 0, label)

    (row,) = build({"internal": SIXTY, "x": [0, 1] * 20}, {"a": c1_is_taken_for_c0_at_home}).rows
    # At home F1 is 2·20/(40 + 20), 0 and 1; at x 1, 1 and nothing, so that the mean is over two classes.
    assert row.cells.internal["macro_f1"].value == pytest.approx((2 / 3 + 0 + 1) / 3, abs=1e-12)
    abroad = row.cells.external["x"]["macro_f1"]
    assert (abroad.value, abroad.low) == (1, None)
    assert abroad.reason == f"{NO_CHANGE_BY_ONE}; over the classes that x has cases of: c0, c1"
    assert row.cells.external["x"]["balanced_accuracy"].value == 1  # over the classes with cases
    gap = row.cells.gap["x"]["macro_f1"]
    assert gap.value == pytest.approx((2 / 3 + 0) / 2 - 1, abs=1e-12)
    assert gap.reason.startswith("over the classes on both sides: c0, c1")
    assert row.gap_split["x"]["accuracy"].appearance.reason == "not split: x has no case of c2"
    lacking = row.per_class["c2"]
    assert (lacking.internal["f1"].value, lacking.external["x"]["f1"].value) == (1, None)
    assert (lacking.gap["x"]["recall"].value, lacking.gap["x"]["recall"].reason) == (None, "x has no case of c2")


def test_a_class_without_internal_cases() -> None:
    (row,) = build({"internal": [0, 1] * 20, "x": FORTY_FIVE}, {"a": right}).rows
    assert row.cells.internal["macro_f1"].value == 1
    assert row.cells.internal["macro_f1"].reason.endswith("over the classes that internal has cases of: c0, c1")
    assert row.gap_split["x"]["macro_f1"].prevalence.reason == "not split: internal has no case of c2"
    assert (row.cells.gap["x"]["macro_f1"].value, row.per_class["c2"].internal["recall"].value) == (0, None)


def test_sides_without_a_common_class_have_no_gap_of_class_averages() -> None:
    (row,) = build({"internal": [0, 1] * 20, "x": [2] * 40}, {"a": right}).rows
    gap = row.cells.gap["x"]
    assert (gap["macro_f1"].value, gap["macro_f1"].reason) == (None, "internal and x share no class")
    assert gap["accuracy"].value == 0
    # With one class, chance agrees as often as any prediction.
    why = "undefined on x: cases of 2 classes needed"
    assert (gap["kappa"].value, gap["kappa"].reason, row.cells.internal["kappa"].value) == (None, why, 1)


def test_one_case_of_each_class() -> None:
    three = {"internal": [0, 1, 2], "x": [0, 1, 2]}

    def each_seed_errs_once(label, seed):
        return np.where(label == seed, (label + 1) % 3, label)

    (perfect,) = build(three, {"a": right}, folds=1).rows
    assert numbers(perfect.cells.internal["accuracy"]) == (1, pytest.approx(1 - exact(3)), 1, "clopper-pearson")
    assert perfect.cells.internal["macro_f1"].reason == "internal has 1 cluster of c0, 2 needed"
    assert perfect.per_class["c1"].internal["f1"].reason == "internal has 1 cluster of c1, 2 needed"
    (row,) = build(three, {"a": each_seed_errs_once}, folds=1).rows
    # Each case is right under two seeds of three, each seed on two cases of three.
    accuracy = row.cells.internal["accuracy"]
    # So cases and seeds do not differ, and all variance is that of case × seed: residuals of 1/3 and −2/3 with squares
    # of 2 over 2 · 2 degrees, over 9 cells, is 1/18; t is 4.303 with 2 degrees, on the logit of 2/3.
    half = 4.3027 * (1 / 18) ** 0.5 / (2 / 9)
    low, high = (1 / (1 + np.exp(-(np.log(2) + sign * half))) for sign in (-1, 1))
    assert numbers(accuracy) == (pytest.approx(2 / 3), pytest.approx(low, rel=1e-3), pytest.approx(high), "jackknife-t")


def test_a_single_case_has_values_and_no_intervals() -> None:
    board = build({"internal": [0], "x": [0]}, {"a": right, "b": right}, n_classes=2, folds=1)
    for row in board.rows:
        assert numbers(row.cells.internal["accuracy"]) == (1, None, None, None)
        assert row.cells.internal["accuracy"].reason == "internal has 1 cluster, 2 needed"
        assert row.rank == 1
    assert board.sample_gains["a"].reason == ONE_CLUSTER


def test_patients_count_not_their_cases() -> None:
    labels, rules = {"internal": [0, 1], "x": [0, 1]}, {"a": right, "b": first_wrong(1)}
    board = build(labels, rules, n_classes=2, folds=1, patients={"internal": [0, 0], "x": [0, 0]})
    b = next(row for row in board.rows if row.name == "b")
    assert (b.cells.internal["accuracy"].value, b.clusters["internal"]) == (0.5, (2, 1))
    assert b.cells.internal["accuracy"].reason == "internal has 1 cluster, 2 needed"
    assert all(one.p is None and one.difference.low is None for one in board.comparisons)
    assert [row.rank for row in board.rows] == [None, None]
    # Two patients, without the one .5 and without the other 1: V = ½ · 2 · .25², and t is 12.7 with one degree.
    labels, patients = {"internal": [0, 1, 0, 1]}, {"internal": [0, 0, 1, 1]}
    (row,) = build(labels, {"b": first_wrong(1)}, n_classes=2, folds=1, seeds=(0,), patients=patients).rows
    half = 12.706 * 0.25 / (0.75 * 0.25)
    low, high = (1 / (1 + np.exp(-(np.log(3) + sign * half))) for sign in (-1, 1))
    assert numbers(row.cells.internal["accuracy"]) == (
        0.75, pytest.approx(low, rel=1e-2), pytest.approx(high), "jackknife-t",
    )  # fmt: skip


def test_kappa_of_two_classes_is_scikit_learns() -> None:
    truth = np.arange(80) % 2

    def rule(label, seed):
        return np.where(np.random.default_rng([seed, len(label)]).random(len(label)) < 0.3, 1 - label, label)

    (row,) = build({"internal": truth, "x": truth[:50]}, {"a": rule}, n_classes=2).rows
    for cells, label in ((row.cells.internal, truth), (row.cells.external["x"], truth[:50])):
        expected = np.mean([cohen_kappa_score(label, rule(label, seed)) for seed in range(3)])
        assert cells["kappa"].value == pytest.approx(expected, abs=1e-12)


def test_a_kappa_of_zero_that_varies_is_not_called_free_of_error() -> None:
    def half(label, seed):
        return np.arange(len(label)) // 2 % 2

    (row,) = build({"internal": [0, 1] * 24, "x": [0, 1] * 24}, {"a": half}, n_classes=2).rows
    assert row.cells.internal["kappa"].value == 0
    assert row.cells.internal["kappa"].method == "jackknife-t"
    assert row.cells.gap["x"]["kappa"].reason is None


def test_a_thousand_classes_take_less_than_a_gibibyte() -> None:
    sides = {"internal": np.arange(3000) % 1000, "x": np.arange(2000) % 1000}
    tracemalloc.start()
    try:
        (row,) = build(sides, {"a": lambda label, seed: np.where(label < 100, label + 500, label)}, n_classes=1000).rows
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2**30
    # A hundred classes are taken for another hundred, whose F1 falls to 2·3/(3 + 6); chance alone agrees in 1/1000.
    expected = {"accuracy": 0.9, "balanced_accuracy": 0.9, "kappa": 0.899 / 0.999, "macro_f1": (800 + 200 / 3) / 1000}
    assert {name: row.cells.internal[name].value for name in expected} == pytest.approx(expected, abs=1e-12)
    assert row.gap_split["x"]["macro_f1"].appearance.reason == "not split: more than 50 classes"
