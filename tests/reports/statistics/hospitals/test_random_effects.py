"""The mean over sites, τ and the next site, beside statsmodels, numbers worked out by hand, and drawing."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import chi2, t
from statsmodels.stats.meta_analysis import combine_effects

from reports.statistics.hospitals.heterogeneity import (
    confidence_distribution,
    generalised_q,
    paule_mandel,
    q_profile,
)
from reports.statistics.hospitals.random_effects import of_the_next, random_effects

Floats = NDArray[np.float64]


def sites(seed: int, k: int, tau: float = 0.5) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(seed)
    variances = rng.uniform(0.01, 0.3, k)
    return rng.normal(1.0, np.sqrt(tau**2 + variances)), variances


@pytest.mark.parametrize("k", [3, 4, 7, 20])
@pytest.mark.parametrize("seed", range(5))
def test_mean_and_its_interval_are_those_of_statsmodels(seed: int, k: int) -> None:
    """With τ² added to the variances its fixed-effect mean is the random-effects one."""
    effects, variances = sites(seed, k)
    found = random_effects(effects, variances)
    theirs = combine_effects(effects, variances + found.tau**2, use_t=True)
    half = t.ppf(0.975, k - 1) * theirs.sd_eff_w_fe_hksj
    assert found.mean == pytest.approx(theirs.mean_effect_fe, abs=1e-12)
    assert found.low == pytest.approx(theirs.mean_effect_fe - half, abs=1e-12)
    assert found.high == pytest.approx(theirs.mean_effect_fe + half, abs=1e-12)


def test_tau_is_that_of_statsmodels_where_its_iteration_ends() -> None:
    ended = 0
    for seed in range(30):
        effects, variances = sites(seed, 6)
        theirs = combine_effects(effects, variances, method_re="iterated", atol=1e-12, maxiter=500)
        if theirs.tau2 > 0:  # it gives 0 also where a step leads below 0
            ended += 1
            assert paule_mandel(effects, variances) == pytest.approx(theirs.tau2, abs=1e-6)
    assert ended > 20


def test_paule_mandel_by_hand() -> None:
    """Equal variances v: S/(v + τ²) = k − 1, so τ² = S/(k − 1) − v. Here S = 2, k = 3, v = ¼: τ² = ¾."""
    effects, variances = np.array([0.0, 1.0, 2.0]), np.full(3, 0.25)
    assert paule_mandel(effects, variances) == pytest.approx(0.75, abs=1e-12)
    assert paule_mandel(effects, np.full(3, 1.5)) == 0.0  # sampling alone makes more than these differ
    # unequal variances 0, 0 and 3 at τ² = 1: weights 1, 1, ¼; μ = (0 + 2 + ¼·c)/2¼ with c = 1 is 1: Q = 1 + 1 + 0 = 2
    assert paule_mandel(np.array([0.0, 2.0, 1.0]), np.array([1e-12, 1e-12, 3.0])) == pytest.approx(1.0, abs=1e-9)


def test_q_profile_by_hand() -> None:
    """Equal variances: the ends are S/χ² − v, here of 2 degrees, whose quantiles are −2 ln(1 − p)."""
    effects, variances = np.array([0.0, 1.0, 2.0]), np.full(3, 0.25)
    low, high = q_profile(effects, variances, 0.95)
    assert low == pytest.approx(max(0.0, 2 / (-2 * np.log(0.025)) - 0.25), abs=1e-9)
    assert high == pytest.approx(2 / (-2 * np.log(0.975)) - 0.25, rel=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_q_is_what_was_wanted_at_the_ends(seed: int) -> None:
    effects, variances = sites(seed, 6, tau=0.9)
    low, high = q_profile(effects, variances, 0.9)
    assert generalised_q(effects, variances, np.array(high)) == pytest.approx(chi2.ppf(0.05, 5), rel=1e-8)
    if low > 0:
        assert generalised_q(effects, variances, np.array(low)) == pytest.approx(chi2.ppf(0.95, 5), rel=1e-8)


@pytest.mark.parametrize("k", [3, 5, 12])
def test_sites_that_are_known_exactly_give_the_prediction_interval_of_normal_values(k: int) -> None:
    effects = np.random.default_rng(k).normal(size=k)
    half = t.ppf(0.975, k - 1) * effects.std(ddof=1) * np.sqrt(1 + 1 / k)
    assert of_the_next(effects, np.full(k, 1e-10)) == pytest.approx(
        (effects.mean() - half, effects.mean() + half), rel=1e-3
    )


def test_sites_that_are_all_alike_differ_by_nothing() -> None:
    found = random_effects(np.zeros(4), np.full(4, 0.04))
    assert (found.mean, found.tau, found.tau_low) == (0, 0, 0)
    assert found.next_high == pytest.approx(1.96 * np.sqrt(0.04 / 4), rel=1e-3)
    nearly = random_effects(np.array([0.0, 0.0, 1e-9]), np.full(3, 0.04))
    assert nearly.next_high == pytest.approx(1.96 * np.sqrt(0.04 / 3), rel=1e-3)


@pytest.mark.parametrize("seed", range(4))
def test_the_next_site_is_where_drawing_puts_it(seed: int) -> None:
    """As Nagashima, Noma & Furukawa draw: τ² by inverting Q at χ² numbers, then a mean, then a site."""
    effects, variances = sites(seed, 5, tau=0.3)
    rng = np.random.default_rng(100 + seed)
    grid = np.concatenate([[0.0], np.geomspace(1e-6, 1e4, 40_000)])
    weights = 1 / (variances + grid[:, None])
    means = (weights * effects).sum(1) / weights.sum(1)
    q = (weights * np.square(effects - means[:, None])).sum(1)  # falls along the grid
    place = np.minimum(np.searchsorted(-q, -rng.chisquare(4, 400_000)), len(grid) - 1)
    spread = np.sqrt(1 / weights.sum(1) + grid)
    drawn = means[place] + spread[place] * rng.normal(size=len(place))
    wanted = np.quantile(drawn, [0.025, 0.975])
    assert of_the_next(effects, variances) == pytest.approx(tuple(wanted), abs=0.02 * float(np.ptp(wanted)))


def test_shares_of_the_confidence_distribution() -> None:
    effects, variances = sites(1, 5, tau=0.3)
    tau2, shares = confidence_distribution(effects, variances, 50)
    assert shares.sum() == pytest.approx(1)
    assert shares[0] == pytest.approx(chi2.sf(generalised_q(effects, variances, np.array(0.0)), 4))
    below = float(shares[tau2 <= q_profile(effects, variances, 0.95)[1]].sum())
    assert below == pytest.approx(0.975, abs=0.02)


@pytest.mark.parametrize(
    ("effects", "variances", "reason"),
    [
        ([0.0, 1.0], [1.0, 1.0], "3 sites or more"),
        ([0.0, 1.0, 2.0], [1.0, 1.0], "3 sites or more"),
        ([0.0, 1.0, np.inf], [1.0, 1.0, 1.0], "finite"),
        ([0.0, 1.0, 2.0], [1.0, 0.0, 1.0], "above 0"),
    ],
)
def test_what_cannot_be_summarised_is_refused(effects: list[float], variances: list[float], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        random_effects(np.array(effects), np.array(variances))
