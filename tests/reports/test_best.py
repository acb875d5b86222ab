import numpy as np
import pytest

from reports.best import probability_of_best


def test_each_resample_counts_for_its_highest() -> None:
    resampled = np.array(
        [
            [0.6, 0.5, 0.7, 0.8],
            [0.5, 0.9, 0.6, 0.2],
            [0.1, 0.2, 0.3, 0.4],
        ]
    )
    np.testing.assert_allclose(probability_of_best(resampled), [3 / 4, 1 / 4, 0])


def test_ties_are_shared_equally() -> None:
    # The first resample counts for A and B, the second for all, the third for C.
    resampled = np.array([[0.5, 0.4, 0.1], [0.5, 0.4, 0.2], [0.3, 0.4, 0.9]])
    np.testing.assert_allclose(probability_of_best(resampled), np.array([5 / 6, 5 / 6, 4 / 3]) / 3)


def test_rounding_breaks_no_tie() -> None:
    same = np.array([[0.1 + 0.2], [0.3]])
    assert same[0, 0] != same[1, 0]
    np.testing.assert_array_equal(probability_of_best(same), [0.5, 0.5])


def test_the_shares_sum_to_one_and_follow_the_order_of_backbones() -> None:
    resampled = np.random.default_rng(0).integers(0, 5, (4, 1001)) / 7
    shares = probability_of_best(resampled)
    assert shares.sum() == pytest.approx(1)
    np.testing.assert_allclose(probability_of_best(resampled[::-1]), shares[::-1])


def test_of_one_backbone_it_is_the_best() -> None:
    np.testing.assert_array_equal(probability_of_best(np.array([[0.2, 0.4]])), [1.0])


def test_what_has_no_highest_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        probability_of_best(np.array([[0.2, np.nan], [0.1, 0.3]]))
    for empty in (np.zeros((0, 5)), np.zeros((3, 0)), np.zeros(3)):
        with pytest.raises(ValueError, match="n_backbones, n_resamples"):
            probability_of_best(empty)
