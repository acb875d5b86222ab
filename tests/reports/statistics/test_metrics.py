"""Metrics agree with scikit-learn, and with hand-made cases."""

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    cohen_kappa_score,
    f1_score,
    precision_score,
    recall_score,
)

from reports.statistics.confusion_counts import ConfusionCounts, count_confusions
from reports.statistics.metrics.of_counts import (
    accuracy,
    balanced_accuracy,
    confused,
    f1,
    kappa,
    macro_f1,
    precision,
    recall,
)


def one_seed(truth: np.ndarray, predicted: np.ndarray, n_classes: int, pairs: tuple = ()) -> ConfusionCounts:
    n = len(truth)
    none = np.zeros(n, dtype=np.int64)
    return count_confusions(
        np.arange(n), none, truth, predicted, n_clusters=n, n_seeds=1, n_classes=n_classes, pairs=pairs
    ).total()


@pytest.mark.parametrize("root", range(20))
def test_metrics_agree_with_scikit_learn(root: int) -> None:
    rng = np.random.default_rng(root)
    n, k = int(rng.integers(5, 200)), int(rng.integers(2, 8))
    truth = rng.integers(0, k, n)
    predicted = np.where(rng.random(n) < 0.5, truth, rng.integers(0, k, n))
    counts = one_seed(truth, predicted, k)
    kind = {"labels": range(k), "zero_division": 0}
    assert accuracy(counts)[0] == pytest.approx(accuracy_score(truth, predicted), abs=1e-12)
    expected = f1_score(truth, predicted, average="macro", **kind)
    assert macro_f1(counts)[0] == pytest.approx(expected, abs=1e-12)
    expected = recall_score(truth, predicted, labels=np.unique(truth), average="macro", zero_division=0)
    assert balanced_accuracy(counts)[0] == pytest.approx(expected, abs=1e-12)
    assert kappa(counts)[0] == pytest.approx(cohen_kappa_score(truth, predicted), abs=1e-12)
    per_class: list[tuple[Callable, Callable]] = [
        (f1, f1_score),
        (precision, precision_score),
        (recall, recall_score),
    ]
    for ours, theirs in per_class:
        np.testing.assert_allclose(ours(counts)[0], theirs(truth, predicted, average=None, **kind), atol=1e-12)


def test_balanced_accuracy_is_scikit_learns_where_every_prediction_is_a_true_class() -> None:
    truth, predicted = np.array([0, 0, 0, 1, 2, 2]), np.array([0, 0, 1, 1, 0, 2])
    expected = balanced_accuracy_score(truth, predicted)
    assert balanced_accuracy(one_seed(truth, predicted, 4))[0] == pytest.approx(expected, abs=1e-12)


def test_kappa_has_a_value_where_chance_alone_agrees() -> None:
    only = np.zeros(4, dtype=np.int64)
    assert kappa(one_seed(only, only, 2))[0] == 0
    assert kappa(one_seed(np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0]), 2))[0] == -1


def test_macro_f1_counts_a_declared_class_without_cases_as_zero() -> None:
    # Class 0: 2·2/(2+3) = .8; class 1: 2·1/(2+1) = 2/3; class 2 has neither cases nor predictions.
    counts = one_seed(np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1]), 3)
    assert macro_f1(counts)[0] == pytest.approx((0.8 + 2 / 3 + 0) / 3, abs=1e-15)
    assert macro_f1(counts.of_classes(np.array([0, 1])))[0] == pytest.approx((0.8 + 2 / 3) / 2, abs=1e-15)
    assert balanced_accuracy(counts)[0] == pytest.approx((2 / 3 + 1) / 2, abs=1e-15)


def test_pair_confusion_counts_both_directions_over_both_classes() -> None:
    # Of three 1s and two 2s, one 1 is taken for 2 and one 2 for 1; the 1 taken for 0 does not count.
    truth, predicted = np.array([1, 1, 1, 2, 2, 0]), np.array([2, 0, 1, 1, 2, 1])
    assert confused(one_seed(truth, predicted, 3, pairs=((1, 2),)), ((1, 2),))[0, 0] == 2 / 5


def test_averaging_the_confusion_over_fold_models_leaves_metrics_as_summed() -> None:
    rng = np.random.default_rng(3)
    truth, predicted = np.tile(rng.integers(0, 3, 50), 4), rng.integers(0, 3, 200)
    summed = one_seed(truth, predicted, 3)
    mean = ConfusionCounts(summed.tp / 4, summed.predicted / 4, summed.truth / 4, summed.confused / 4)
    for metric in (accuracy, macro_f1, balanced_accuracy):
        assert metric(mean)[0] == pytest.approx(metric(summed)[0], abs=1e-15)
