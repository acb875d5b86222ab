"""Odd probabilities: missing, infinite, none at all, certain, and the same everywhere."""

import numpy as np
import pytest
from odd_studies import build, right
from sklearn.metrics import roc_auc_score

from reports.statistics.estimate import NO_CHANGE_BY_ONE
from reports.statistics.metrics.calibration import expected_calibration_error

LABELS = {"internal": tuple(np.arange(60) % 3), "x": tuple(np.arange(45) % 3)}


def even(label, seed):
    return np.full((len(label), 3), 1 / 3)


def certain(label, seed):
    return np.eye(3)[label]


def certainly_wrong(label, seed):
    return np.eye(3)[(label + 1) % 3]


def with_one(row: tuple[float, float, float]):
    """Even probabilities but for the last case."""

    def rule(label, seed):
        found = even(label, seed)
        found[-1] = row
        return found

    return rule


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ((np.nan, 0.5, 0.5), "missing or no numbers"),
        ((np.nan, np.nan, np.nan), "missing or no numbers"),
        ((np.inf, 0, 0), "missing or no numbers"),
        ((-np.inf, 1, 0), "missing or no numbers"),
        ((0, 0, 0), "negative or do not sum to 1"),
        ((1e300, 0, 0), "negative or do not sum to 1"),
        ((-0.5, 1, 0.5), "negative or do not sum to 1"),
        ((0.9, 0.9, 0.9), "negative or do not sum to 1"),
    ],
)
def test_a_row_that_is_no_probability_leaves_all_out_with_a_note(row, what) -> None:
    board = build(LABELS, {"a": right}, probabilities=with_one(row))
    assert board.notes == (f"a: probabilities are {what}, so nothing is computed from them.",)
    assert not {"auroc", "brier", "ece"} & board.rows[0].cells.internal.keys()
    assert board.rows[0].cells.internal["accuracy"].value == 1


def test_probabilities_of_half_precision_are_probabilities() -> None:
    def rule(label, seed):
        return np.random.default_rng(seed).dirichlet(np.ones(3), len(label)).astype(np.float16)

    board = build(LABELS, {"a": right}, probabilities=rule)
    assert board.notes == ()
    assert board.rows[0].cells.internal["auroc"].value is not None


@pytest.mark.parametrize(
    ("rule", "auroc", "brier", "ece"),
    [
        (even, 1 / 2, (4 + 1 + 1) / 9, 0),  # all tied; the first class, a third of the cases, is named with p = 1/3
        (certain, 1, 0, 0),
        (certainly_wrong, 1 / 4, 2, 1),  # the cases of a class tie with half of the others and lie below the rest
    ],
)
def test_probabilities_that_say_nothing_or_all(rule, auroc, brier, ece) -> None:
    (row,) = build(LABELS, {"a": right}, probabilities=rule).rows
    for cells in (row.cells.internal, row.cells.external["x"]):
        for metric, expected in (("auroc", auroc), ("brier", brier)):
            assert cells[metric].value == pytest.approx(expected, abs=1e-12)
            assert (cells[metric].low, cells[metric].reason) == (None, NO_CHANGE_BY_ONE)
        assert cells["ece"].value == pytest.approx(ece, abs=1e-12)
    gap = row.cells.gap["x"]
    assert (gap["brier"].value, gap["brier"].low, gap["ece"].value) == (0, None, None)


def test_an_area_near_one_has_bounds_up_to_one() -> None:
    """To first order a resample may leave the range of the area; its interval does not."""

    def one_astray(label, seed):
        found = np.where(label[:, None] == np.arange(3), 0.98, 0.01)
        found[seed] = np.roll(found[seed], 1)
        return found

    labels = {"internal": tuple(np.arange(150) % 3), "x": tuple(np.arange(150) % 3)}
    (row,) = build(labels, {"a": right}, probabilities=one_astray).rows
    cell = row.cells.internal["auroc"]
    assert 0.98 < cell.low < cell.value < cell.high <= 1
    assert cell.method == "jackknife-t"


def test_an_area_that_one_fold_model_lacks_rests_on_the_others() -> None:
    # Both cases of c2 have even numbers, so that the fold model of the odd ones is tested without the class.
    labels = {"internal": (*np.arange(60) // 2 % 2, 2, 0, 2, 1), "x": LABELS["x"]}
    (row,) = build(labels, {"a": right}, probabilities=even).rows
    why = "on internal a fold model was tested without cases of c2, which rest on the others"
    assert (row.cells.internal["auroc"].value, row.cells.internal["auroc"].reason.split("; ")[-1]) == (0.5, why)
    gap = row.cells.gap["x"]["auroc"]
    assert (gap.value, gap.reason.split("; ")[-1]) == (0, why)
    assert row.cells.gap["x"]["brier"].value == pytest.approx(0, abs=1e-12)


def test_a_confidence_on_the_edge_of_a_bin_is_in_the_lower_one() -> None:
    # .4 and .6, as stored in single precision, end the bins 6 and 9 of 15; in bins with them lie .39 and .59.
    confidence = np.array([0.4, 0.39, 0.6, 0.59], dtype=np.float32).astype(np.float64)
    expected = (abs(2 - 0.79) + abs(0 - 1.19)) / 4
    assert expected_calibration_error(confidence, np.array([1.0, 1, 0, 0])) == pytest.approx(expected, abs=1e-6)


def test_a_fold_model_tested_on_one_class_has_no_area() -> None:
    (row,) = build({"internal": [0, 1] * 20, "x": [0] * 20}, {"a": right}, probabilities=certain).rows
    # Two folds by turns: the first holds all of class 0, the second all of class 1.
    why = "undefined on internal: a fold model was tested on cases of one class only"
    assert (row.cells.internal["auroc"].value, row.cells.internal["auroc"].reason) == (None, why)
    assert row.cells.external["x"]["auroc"].value is None
    assert row.cells.gap["x"]["auroc"].value is None
    assert row.cells.internal["brier"].value == 0


def test_the_area_of_two_classes_is_scikit_learns_binary_one() -> None:
    labels = {"internal": tuple(np.arange(80) // 2 % 2), "x": tuple(np.arange(50) // 2 % 2)}

    def rule(label, seed):
        p = np.round(np.random.default_rng([seed, len(label)]).beta(1 + label, 2 - label), 2)  # some are tied
        return np.column_stack([1 - p, p])

    (row,) = build(labels, {"a": right}, n_classes=2, probabilities=rule).rows
    home, abroad = (np.array(labels[site]) for site in ("internal", "x"))
    folds = [np.arange(80) % 2 == fold for fold in range(2)]
    at_home = [roc_auc_score(home[fold], rule(home, seed)[fold, 1]) for seed in range(3) for fold in folds]
    assert row.cells.internal["auroc"].value == pytest.approx(np.mean(at_home), abs=1e-12)
    at_x = [roc_auc_score(abroad, rule(abroad, seed)[:, 1]) for seed in range(3)]
    assert row.cells.external["x"]["auroc"].value == pytest.approx(np.mean(at_x), abs=1e-12)


@pytest.mark.parametrize("root", range(5))
def test_the_calibration_error_is_that_of_a_loop_over_bins(root: int) -> None:
    rng = np.random.default_rng(root)
    confidence = rng.random(300)
    hit = (rng.random(300) < confidence**2).astype(np.float64)
    expected = 0.0
    for low in range(15):
        within = (confidence > low / 15) & (confidence <= (low + 1) / 15)
        if within.any():
            expected += within.sum() / 300 * abs(hit[within].mean() - confidence[within].mean())
    assert expected_calibration_error(confidence, hit) == pytest.approx(expected, abs=1e-12)
    # 0 and 1 belong to the first and the last bin, with errors of 1 and 0.
    assert expected_calibration_error(np.array([0.0, 1.0]), np.array([1.0, 1.0])) == 0.5
