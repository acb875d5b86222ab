import numpy as np
import pytest
from scipy import stats

from reports.noise_floor import noise_floor


def test_the_floor_is_that_of_the_formula() -> None:
    # sd of .60, .62, .64 is .02
    floor = noise_floor(np.array([0.60, 0.62, 0.64]))
    assert floor.sigma == pytest.approx(0.02)
    assert floor.floor_1 == pytest.approx(1.96 * 2**0.5 * 0.02)
    assert floor.floor_s == pytest.approx(floor.floor_1 / 3**0.5)


def test_its_interval_is_that_of_a_standard_deviation() -> None:
    floor = noise_floor(np.random.default_rng(0).normal(size=5))
    low, high = np.sqrt(4 / stats.chi2.ppf([0.975, 0.025], 4))
    assert (floor.low / floor.floor_1, floor.high / floor.floor_1) == pytest.approx((low, high))
    # Five seeds know sigma within ×0.60–2.87 only.
    assert (low, high) == pytest.approx((0.60, 2.87), abs=0.005)


def test_one_seed_has_no_floor() -> None:
    with pytest.raises(ValueError, match="two seeds"):
        noise_floor(np.array([0.6]))
