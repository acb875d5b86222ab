"""The corrected t and its posterior against baycomp, and cases worked out by hand."""

import math

import numpy as np
import pytest
from baycomp import CorrelatedTTest, two_on_single
from scipy import stats

from reports.statistics.corrected_t import ALL_EQUAL, ONE_FOLD, corrected_resampled_t, correlated_t


@pytest.mark.parametrize(("seeds", "folds"), [(1, 2), (1, 10), (2, 2), (5, 3), (10, 5), (30, 10)])
@pytest.mark.parametrize("shift", [-0.4, -0.012, 0.0, 0.05])
def test_both_agree_with_baycomp(seeds: int, folds: int, shift: float) -> None:
    rng = np.random.default_rng([seeds, folds])
    b = rng.uniform(0.4, 0.8, (seeds, folds))
    a = b + shift + rng.normal(0, 0.03, b.shape)
    mean, variance, df = CorrelatedTTest.compute_statistics(b.ravel(), a.ravel(), runs=seeds)
    ours = corrected_resampled_t(a - b)
    assert ours.t == pytest.approx(mean / math.sqrt(variance), rel=1e-10)
    assert ours.df == df
    assert ours.p == pytest.approx(2 * stats.t.sf(abs(mean) / math.sqrt(variance), df), rel=1e-9, abs=1e-10)
    for rope in (0.01, 0.05):
        worse, equivalent, better = two_on_single(b.ravel(), a.ravel(), rope=rope, runs=seeds)
        got = correlated_t(a - b, rope)
        assert (got.worse, got.equivalent, got.better) == pytest.approx((worse, equivalent, better), abs=1e-10)
    worse, better = two_on_single(b.ravel(), a.ravel(), rope=0, runs=seeds)
    got = correlated_t(a - b, rope=0)
    assert (got.worse, got.equivalent, got.better) == pytest.approx((worse, 0, better), abs=1e-10)


def test_two_folds_of_one_seed_by_hand() -> None:
    # d̄ = .2, s² = .02, factor 1/2 + 1/1; with one degree of freedom t is Cauchy, whose tails are arctangents.
    differences, scale = np.array([[0.1, 0.3]]), math.sqrt(1.5 * 0.02)
    test = corrected_resampled_t(differences)
    assert (test.mean, test.df, test.reason) == (pytest.approx(0.2), 1, None)
    assert test.t == pytest.approx(0.2 / scale)
    assert test.p == pytest.approx(1 - 2 / math.pi * math.atan(0.2 / scale))
    posterior = correlated_t(differences)
    assert posterior.rope == 0.01
    assert posterior.better == pytest.approx(0.5 + math.atan(0.19 / scale) / math.pi)
    assert posterior.worse == pytest.approx(0.5 - math.atan(0.21 / scale) / math.pi)
    assert posterior.equivalent == pytest.approx((math.atan(0.21 / scale) - math.atan(0.19 / scale)) / math.pi)


def test_the_axes_are_not_the_same() -> None:
    # Factor 1/6 + 1/2 for two seeds of three folds, 1/6 + 1 for three seeds of two.
    differences = np.array([[0.1, 0.3, 0.2], [0.0, 0.1, -0.1]])
    more_folds, more_seeds = corrected_resampled_t(differences), corrected_resampled_t(differences.T)
    assert more_folds.t is not None
    assert more_seeds.t is not None
    assert more_folds.t / more_seeds.t == pytest.approx(math.sqrt((1 / 6 + 1) / (1 / 6 + 1 / 2)))


def test_backbones_that_never_differ_are_equivalent() -> None:
    zeros = np.zeros((3, 4))
    test = corrected_resampled_t(zeros)
    assert (test.t, test.df, test.p, test.reason) == (0, 11, 1, None)
    for rope in (0.0, 0.01):
        posterior = correlated_t(zeros, rope)
        assert (posterior.better, posterior.equivalent, posterior.worse) == (0, 1, 0)


@pytest.mark.parametrize(
    ("constant", "expected"),
    [(0.2, (1, 0, 0)), (-0.2, (0, 0, 1)), (0.005, (0, 1, 0)), (0.01, (0, 1, 0)), (-0.01, (0, 1, 0))],
)
def test_a_difference_that_never_varies_has_no_p_and_lies_on_one_side(
    constant: float, expected: tuple[float, float, float]
) -> None:
    # Differences of scores are equal only up to rounding.
    differences = np.full((5, 3), constant)
    differences[1::2] = np.nextafter(constant, 2 * constant)
    assert np.ptp(differences) > 0
    test = corrected_resampled_t(differences)
    assert (test.t, test.df, test.p, test.reason) == (None, 14, None, ALL_EQUAL)
    assert test.mean == pytest.approx(constant)
    posterior = correlated_t(differences, 0.01)
    assert (posterior.better, posterior.equivalent, posterior.worse) == expected
    assert posterior.reason == ALL_EQUAL


def test_one_fold_is_not_defined() -> None:
    for differences in (np.array([[0.1], [0.2], [0.3]]), np.array([[0.2]]), np.zeros((3, 1))):
        test, posterior = corrected_resampled_t(differences), correlated_t(differences)
        assert (test.t, test.df, test.p, test.reason) == (None, None, None, ONE_FOLD)
        assert (posterior.better, posterior.equivalent, posterior.worse) == (None, None, None)
        assert posterior.reason == ONE_FOLD
        assert test.mean == posterior.mean == pytest.approx(differences.mean())


@pytest.mark.parametrize("test", [corrected_resampled_t, correlated_t])
def test_what_is_no_table_of_numbers_is_refused(test) -> None:
    for bad in (math.nan, math.inf):
        with pytest.raises(ValueError, match="finite"):
            test(np.array([[0.1, bad], [0.2, 0.3]]))
    with pytest.raises(ValueError, match="n_seeds, n_folds"):
        test(np.array([0.1, 0.2]))
    with pytest.raises(ValueError, match="n_seeds, n_folds"):
        test(np.zeros((0, 3)))


@pytest.mark.parametrize("rope", [-0.01, math.nan, math.inf])
def test_a_rope_is_a_width(rope: float) -> None:
    with pytest.raises(ValueError, match="0 or more"):
        correlated_t(np.array([[0.1, 0.2]]), rope)
