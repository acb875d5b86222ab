"""Confusion counts, of clusters and of folds."""

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score

from reports.statistics.confusion_counts import ConfusionCounts, Floats, count_confusions, counts_of_folds
from reports.statistics.metrics.of_counts import accuracy, macro_f1


def test_counts_are_per_cluster_seed_and_class() -> None:
    # Cluster 0 holds two cases, seed 1 predicts only one of them.
    confusions = count_confusions(
        cluster=np.array([0, 0, 1, 0]),
        seed=np.array([0, 0, 0, 1]),
        truth=np.array([0, 1, 1, 0]),
        predicted=np.array([0, 0, 1, 1]),
        n_clusters=2,
        n_seeds=2,
        n_classes=2,
        pairs=[(0, 1)],
    )
    np.testing.assert_array_equal(confusions.tp, [[[1, 0], [0, 0]], [[0, 1], [0, 0]]])
    np.testing.assert_array_equal(confusions.predicted, [[[2, 0], [0, 1]], [[0, 1], [0, 0]]])
    np.testing.assert_array_equal(confusions.truth, [[[1, 1], [1, 0]], [[0, 1], [0, 0]]])
    np.testing.assert_array_equal(confusions.confused, [[[1], [1]], [[0], [0]]])
    np.testing.assert_array_equal(confusions.holding([1]), [True, True])
    np.testing.assert_array_equal(confusions.holding([0]), [True, False])


def test_truth_is_kept_once_where_all_seeds_predict_the_same_cases() -> None:
    cluster, seed = np.tile(np.arange(6), 3), np.repeat(np.arange(3), 6)
    truth = np.tile([0, 1, 2, 0, 1, 2], 3)
    confusions = count_confusions(cluster, seed, truth, truth[::-1], n_clusters=6, n_seeds=3, n_classes=3)
    assert confusions.truth.shape == (6, 1, 3)
    assert confusions.tp.shape == (6, 3, 3)


def test_columns_hold_everything_and_deleting_a_cluster_subtracts_it() -> None:
    rng = np.random.default_rng(0)
    cluster, seed, truth, predicted = (rng.integers(0, top, 500) for top in (7, 3, 4, 4))
    confusions = count_confusions(cluster, seed, truth, predicted, n_clusters=7, n_seeds=3, n_classes=4, pairs=[(1, 3)])
    back = confusions.from_columns(confusions.to_columns())
    without = confusions.without_each(slice(2, 4))
    for name in ("tp", "predicted", "truth", "confused"):
        counts = getattr(confusions, name)
        np.testing.assert_array_equal(getattr(back, name), counts)
        np.testing.assert_array_equal(getattr(without, name)[1], np.delete(counts, 3, axis=0).sum(0))


def their_accuracy(label: np.ndarray, predicted: np.ndarray, k: int) -> float:
    return accuracy_score(label, predicted)


def their_macro_f1(label: np.ndarray, predicted: np.ndarray, k: int) -> float:
    return f1_score(label, predicted, labels=range(k), average="macro", zero_division=0)


@pytest.mark.parametrize(("metric", "theirs"), [(accuracy, their_accuracy), (macro_f1, their_macro_f1)])
@pytest.mark.parametrize("holdout", [False, True], ids=["all cases", "other cases a seed"])
def test_each_fold_is_scored_alone(
    metric: Callable[[ConfusionCounts], Floats], theirs: Callable[..., float], holdout: bool
) -> None:
    rng = np.random.default_rng(4)
    k, n, seeds, folds = 4, 61, (11, 3, 7), (5, 0, 2)
    rows = []
    truth = rng.integers(0, k, n)
    for seed in seeds:
        tested = rng.permutation(n)[: n - 20 if holdout else n]
        predicted = np.where(rng.random(len(tested)) < 0.6, truth[tested], rng.integers(0, k, len(tested)))
        rows.append(np.stack([np.full(len(tested), seed), rng.choice(folds, len(tested)), truth[tested], predicted]))
    table = np.concatenate(rows, axis=1)
    seed, fold, label, predicted = table[:, rng.permutation(table.shape[1])]
    ours = metric(counts_of_folds(seed, fold, label, predicted, n_classes=k)).T
    expected = [
        [theirs(label[(seed == s) & (fold == f)], predicted[(seed == s) & (fold == f)], k) for f in sorted(folds)]
        for s in sorted(seeds)
    ]
    np.testing.assert_allclose(ours, expected, atol=1e-12)


def test_folds_may_have_other_numbers_under_another_seed() -> None:
    # Seed 0: fold 0 has 1 of 2 right, fold 1 has 1 of 1; seed 1: fold 4 has 0 of 1, fold 9 has 2 of 2.
    seed = np.array([0, 0, 0, 1, 1, 1])
    fold = np.array([0, 0, 1, 9, 9, 4])
    label, predicted = np.array([0, 1, 1, 0, 1, 1]), np.array([0, 0, 1, 0, 1, 0])
    scores = accuracy(counts_of_folds(seed, fold, label, predicted, n_classes=2)).T
    np.testing.assert_array_equal(scores, [[0.5, 1.0], [0.0, 1.0]])


def test_a_class_that_a_fold_lacks_counts_as_zero_in_macro_f1() -> None:
    zeros = np.zeros(3, dtype=np.int64)
    label, predicted = np.array([0, 1, 1]), np.array([0, 1, 1])
    scores = macro_f1(counts_of_folds(zeros, zeros, label, predicted, n_classes=3)).T
    np.testing.assert_allclose(scores, [[2 / 3]])


def test_what_cannot_be_scored_is_refused() -> None:
    two, three = np.array([0, 1]), np.array([0, 1, 1])
    none = np.array([], dtype=np.int64)
    with pytest.raises(ValueError, match=r"\[0, 1\] have \[1, 2\] folds"):
        counts_of_folds(three, np.array([0, 0, 1]), three, three, n_classes=2)
    with pytest.raises(ValueError, match="no predictions"):
        counts_of_folds(none, none, none, none, n_classes=2)
    with pytest.raises(ValueError, match="differ in length"):
        counts_of_folds(two, two, two, two[:1], n_classes=2)
    with pytest.raises(ValueError, match="0 to 1, not 0 to 2"):
        counts_of_folds(two, two, two, np.array([0, 2]), n_classes=2)
    with pytest.raises(ValueError, match="0 to 1, not -1 to 1"):
        counts_of_folds(two, two, np.array([-1, 1]), two, n_classes=2)
