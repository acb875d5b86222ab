import numpy as np

from reports.statistics.confusion_counts import count_confusions


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
