"""The test over levels against statsmodels and dense algebra, and differences between levels that share clusters."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import f as f_distribution
from statsmodels.stats.meta_analysis import combine_effects
from statsmodels.stats.oneway import anova_oneway

from reports.statistics.estimate import Quantity, Support
from reports.statistics.replicates import Replicates
from reports.statistics.subgroups import Level, correlations, difference_to_rest, heterogeneity, welch

MEAN_SPREAD_SIZE = ((0, 1, 9), (0.8, 2, 14), (0.3, 0.5, 31))
SAMPLES = [np.random.default_rng(n).normal(*one) for n, one in enumerate(MEAN_SPREAD_SIZE)]


def test_levels_without_shared_patients_are_tested_as_by_statsmodels() -> None:
    values, dfs = np.array([one.mean() for one in SAMPLES]), np.array([len(one) - 1.0 for one in SAMPLES])
    variances = np.array([one.var(ddof=1) / len(one) for one in SAMPLES])
    q, f, df_within, p = welch(values, np.diag(variances), dfs)
    theirs = anova_oneway(SAMPLES, use_var="unequal", welch_correction=True)
    assert (f, df_within, p) == pytest.approx((theirs.statistic, theirs.df_denom, theirs.pvalue))
    assert q == pytest.approx(combine_effects(values, variances).q)


def test_levels_that_share_patients_are_tested_by_their_covariance() -> None:
    rng = np.random.default_rng(5)
    values, root = np.array([0.7, 0.8, 0.6]), rng.normal(size=(3, 3)) / 10
    covariance, dfs = root @ root.T, np.array([20.0, 30.0, 25.0])
    contrasts = np.array([[1.0, 0.0, -1.0], [0.0, 1.0, -1.0]])  # other ones of the same hypothesis
    expected = (contrasts @ values) @ np.linalg.solve(contrasts @ covariance @ contrasts.T, contrasts @ values)
    q, f, df_within, p = welch(values, covariance, dfs)
    assert q == pytest.approx(expected)
    assert p == pytest.approx(f_distribution.sf(f, 2, df_within))


def mean_of(name: str, correct: np.ndarray, cluster: np.ndarray) -> Level:
    """The share of right cases with its jackknife, one seed, done by leaving clusters out in turn."""
    codes = np.unique(cluster)
    changes = np.array([[correct[cluster != code].mean() - correct.mean()] for code in codes])
    support = (Support("internal", len(codes)),)
    quantity = Quantity(
        Replicates(np.array([correct.mean()]), np.empty(0), {"internal": changes}), support, "proportion"
    )
    return Level(name, quantity, codes, (0,))


def test_a_difference_leaves_each_patient_out_of_both_levels() -> None:
    rng = np.random.default_rng(2)
    cluster = np.repeat(np.arange(30), 4)
    correct = (rng.random(120) < np.repeat(rng.uniform(0.3, 0.95, 30), 4)).astype(float)
    thin = np.tile([True, True, False, False], 30)
    thin[:20] = True  # five patients have thin slices alone
    found = difference_to_rest(
        mean_of("thin", correct[thin], cluster[thin]), mean_of("the rest", correct[~thin], cluster[~thin])
    )
    whole = correct[thin].mean() - correct[~thin].mean()
    without = np.array(
        [correct[thin & (cluster != one)].mean() - correct[~thin & (cluster != one)].mean() for one in range(30)]
    )
    assert found.known.value == pytest.approx(whole)
    assert found.test.standard_error**2 == pytest.approx(29 / 30 * np.square(without - without.mean()).sum())
    independent = mean_of("thin", correct[thin], cluster[thin]).quantity.test.standard_error ** 2
    independent += mean_of("rest", correct[~thin], cluster[~thin]).quantity.test.standard_error ** 2
    assert found.test.standard_error**2 < independent  # what patients share is in both


def test_a_difference_of_levels_without_shared_patients_adds_their_variances() -> None:
    correct, cluster = (np.random.default_rng(3).random(60) < 0.7).astype(float), np.arange(60)
    a, b = mean_of("a", correct[:25], cluster[:25]), mean_of("b", correct[25:], cluster[25:])
    found = difference_to_rest(a, b)
    expected = correct[:25].var(ddof=1) / 25 + correct[25:].var(ddof=1) / 35
    assert found.test.standard_error**2 == pytest.approx(expected)
    assert [support.side for support in found.supports] == ["a", "b"]
    assert (correlations([a, b]) == np.eye(2)).all()


def test_levels_that_are_always_right_enter_and_one_alone_is_no_test() -> None:
    right = mean_of("right", np.ones(20), np.arange(20))
    other = mean_of("other", np.tile([1.0, 0.0], 15), np.arange(20, 50))
    found = heterogeneity([right, other])
    assert found is not None
    assert found.levels == ("right", "other")
    assert 0 < found.p < 0.001
    assert heterogeneity([other]) is None


def test_seeds_that_hold_out_other_levels_are_not_paired() -> None:
    a, b = (mean_of(name, np.tile([1.0, 0.0], 15), np.arange(30) + 30 * (name == "b")) for name in "ab")
    other = replace(b, seeds=(1,))
    assert difference_to_rest(a, other).reason == "seeds differ in which cases of a they hold out"
    assert heterogeneity([a, other]) is None
    assert heterogeneity([a, b]) is not None
