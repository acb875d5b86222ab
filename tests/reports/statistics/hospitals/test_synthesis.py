"""A metric over sites, on the logit scale and back."""

import numpy as np
import pytest
from scipy.special import logit
from statsmodels.stats.meta_analysis import combine_effects

from reports.statistics.hospitals.synthesis import AtSite, synthesise

SHARES = [(0.70, 120), (0.81, 80), (0.66, 200), (0.77, 60), (0.90, 50)]


def shares(number: int) -> list[AtSite]:
    return [AtSite(f"s{n}", p, p * (1 - p) / g, g) for n, (p, g) in enumerate(SHARES[:number])]


def test_the_mean_of_shares_is_that_of_their_logits_taken_back() -> None:
    found = synthesise(shares(5), (0.0, 1.0))
    p, n = np.array(SHARES).T
    theirs = combine_effects(logit(p), 1 / (n * p * (1 - p)), method_re="iterated", use_t=True)
    assert found.mean.value is not None
    assert logit(found.mean.value) == pytest.approx(theirs.mean_effect_re, abs=1e-4)
    assert found.mean.method == "hksj"
    assert found.tau.value == pytest.approx(np.sqrt(theirs.tau2), abs=1e-4)
    assert found.next.value == found.mean.value
    assert found.next.low is not None
    assert found.mean.low is not None
    assert found.next.low < found.mean.low
    assert found.sites == ("s0", "s1", "s2", "s3", "s4")
    assert found.tau.reason is None


def test_few_sites_say_how_little_they_know() -> None:
    found = synthesise(shares(4), (0.0, 1.0))
    assert found.tau.reason is not None
    assert "4 sites hardly know how much hospitals differ" in found.tau.reason
    assert found.next.reason == found.tau.reason


def test_two_sites_are_no_population() -> None:
    found = synthesise(shares(2), (0.0, 1.0))
    assert (found.mean.value, found.tau.value, found.next.low) == (None, None, None)
    assert found.mean.reason == "2 of the sites have this number with its precision, 3 needed"


def test_a_metric_between_other_limits_is_placed_between_them() -> None:
    plain = synthesise(shares(5), (0.0, 1.0))
    doubled = [AtSite(one.site, 2 * one.value - 1, 4 * one.variance, one.clusters) for one in shares(5)]
    wide = synthesise(doubled, (-1.0, 1.0))
    assert plain.mean.value is not None
    assert plain.next.low is not None
    assert wide.mean.value == pytest.approx(2 * plain.mean.value - 1)
    assert wide.next.low == pytest.approx(2 * plain.next.low - 1)
    assert wide.tau.value == pytest.approx(plain.tau.value)


def test_a_site_without_an_error_is_no_certainty() -> None:
    """All 50 right: the place becomes 50.5/51, which leaves the mean and every end below 1."""
    found = synthesise([*shares(4), AtSite("perfect", 1.0, 0.0, 50)], (0.0, 1.0))
    same = synthesise([*shares(4), AtSite("perfect", 50.5 / 51, 50.5 / 51 * 0.5 / 51 / 51, 50)], (0.0, 1.0))
    assert found.mean.value == pytest.approx(same.mean.value)
    assert found.next.high is not None
    assert found.next.high < 1
