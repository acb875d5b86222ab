"""The probability of being the best, against a plain t of two backbones and by symmetry."""

import numpy as np
import pytest

from reports.statistics.jackknife import JackknifeT
from reports.statistics.ranking import DRAWS, probability_of_best

ERROR = 0.5 / DRAWS**0.5


def study(rng: np.random.Generator, values: list[float], clusters: int = 30, seeds: int = 5, seed_sd: float = 0.02):
    """Values per seed and changes of backbones with these true values, whose cases and seeds vary apart."""
    per_seed, changes = [], []
    for value in values:
        of_clusters, of_seeds = rng.normal(0, 0.1, (clusters, 1)), rng.normal(0, seed_sd, seeds)
        x = value + of_clusters + of_seeds + rng.normal(0, 0.05, (clusters, seeds))
        per_seed.append(x.mean(0))
        changes.append((x.mean(0) - x) / (clusters - 1))
    return per_seed, changes


def test_of_two_backbones_it_is_about_one_less_half_of_p() -> None:
    rng = np.random.default_rng(0)
    for difference in (0.0, 0.03, 0.06):
        per_seed, changes = study(rng, [0.7, 0.7 + difference])
        best = probability_of_best(per_seed, changes, rng)
        test = JackknifeT.of(per_seed[1] - per_seed[0], {"internal": changes[1] - changes[0]})
        p = test.p_value(float(per_seed[1].mean() - per_seed[0].mean()))
        assert best.sum() == pytest.approx(1)
        # more cautious than p, which takes out what clusters and seeds both hold
        assert best.max() == pytest.approx(1 - p / 2, abs=0.03)


def test_an_equal_one_exceeds_99_percent_in_no_more_than_2_percent_of_studies() -> None:
    rng = np.random.default_rng(1)
    for seeds, seed_sd in ((2, 0.05), (5, 0.05), (5, 0.0)):
        studies = (study(rng, [0.7, 0.7], 20, seeds, seed_sd) for _ in range(300))
        above = [probability_of_best(*one, rng).max() >= 0.99 for one in studies]
        assert np.mean(above) <= 0.02 + 2 * (0.02 * 0.98 / 300) ** 0.5


def test_it_follows_the_order_of_backbones() -> None:
    per_seed, changes = study(np.random.default_rng(2), [0.6, 0.65, 0.7, 0.62])
    there = probability_of_best(per_seed, changes, np.random.default_rng(3))
    back = probability_of_best(per_seed[::-1], changes[::-1], np.random.default_rng(4))
    np.testing.assert_allclose(back[::-1], there, atol=6 * ERROR)
    assert there.argmax() == int(np.argmax([one.mean() for one in per_seed]))


def test_backbones_that_never_differ_share_it() -> None:
    per_seed, changes = study(np.random.default_rng(2), [0.6])
    np.testing.assert_allclose(probability_of_best(per_seed * 3, changes * 3, np.random.default_rng(0)), 1 / 3)


def test_one_seed_is_refused() -> None:
    with pytest.raises(ValueError, match="two seeds or more"):
        probability_of_best([np.array([0.5])] * 2, [np.zeros((4, 1))] * 2, np.random.default_rng(0))
