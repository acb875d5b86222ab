"""Rank correlations against scipy, over pairs that the code never forms."""

from itertools import combinations, product

import numpy as np
import pytest
from scipy.stats import spearmanr

from reports.explanation.agreement import (
    ONE_PAIR,
    between,
    between_seeds,
    coarse,
    ranked,
    spearman,
    within,
    within_seeds,
)
from reports.explanation.subject import Places


def test_rank_correlations_are_those_of_scipy() -> None:
    rng = np.random.default_rng(0)
    one = np.round(rng.random((5, 40)), 1)  # with ties
    other = np.round(rng.random((5, 40)), 1)
    expected = [spearmanr(a, b).statistic for a, b in zip(one, other, strict=True)]
    assert spearman(one, other) == pytest.approx(expected, abs=1e-6)
    assert spearman(one[:1], np.ones((1, 40))).tolist() == [0.0]


def test_agreement_is_the_mean_over_all_pairs() -> None:
    rng = np.random.default_rng(1)
    maps = rng.random((3, 2, 4, 25))  # seeds, folds, cases, places
    units = ranked(maps)
    for case in range(4):
        folds = [spearmanr(*maps[seed, :, case]).statistic for seed in range(3)]
        assert [within(units[seed])[case] for seed in range(3)] == pytest.approx(folds, abs=1e-6)
        pairs = [
            spearmanr(maps[a, f, case], maps[b, g, case]).statistic
            for a, b in combinations(range(3), 2)
            for f, g in product(range(2), repeat=2)
        ]
        assert between(units.sum(1), 2)[case] == pytest.approx(np.mean(pairs), abs=1e-6)
    assert np.isnan(within(units[:1])).all()


def test_coarse_maps_are_means_over_fields() -> None:
    maps = np.random.default_rng(2).random((2, 64, 64)).astype(np.float32)
    expected = maps.reshape(2, 16, 4, 16, 4).mean((2, 4)).reshape(2, -1)
    assert coarse(maps) == pytest.approx(expected, abs=1e-6)
    assert coarse(maps[:, :8, :8]).shape == (2, 64)
    uneven = coarse(np.arange(20.0, dtype=np.float32)[None, :, None] * np.ones((1, 20, 20), dtype=np.float32))
    assert uneven.reshape(16, 16)[:, 0].tolist() == [0, 1, 2, 3.5, 5, 6, 7, 8.5, 10, 11, 12, 13.5, 15, 16, 17, 18.5]


def places(n_seeds: int, noise: float) -> Places:
    rng = np.random.default_rng(3)
    common = rng.random((1, 1, 30, 25))
    return Places(ranked(common + noise * rng.random((n_seeds, 2, 30, 25))), tuple(range(n_seeds)), np.arange(30) // 2)


def test_agreement_has_an_interval_over_seeds_and_patients() -> None:
    found = between_seeds(places(4, 1.0), "internal")
    assert found.value is not None
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.value < found.high
    assert found.method == "jackknife-t"
    less_noise = between_seeds(places(4, 0.1), "internal")
    assert less_noise.value is not None
    assert found.value < less_noise.value <= 1
    same = within_seeds(places(4, 1.0), "internal")
    assert same.value == pytest.approx(found.value, abs=0.05)


def test_two_seeds_are_one_pair() -> None:
    assert between_seeds(places(2, 1.0), "internal").reason == ONE_PAIR
