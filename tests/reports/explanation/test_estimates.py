"""Means with intervals: values by hand, variances by leaving clusters out one by one, draws against a plain loop."""

import numpy as np
import pytest
from scipy.stats import t

from reports.explanation.estimates import Origin, cell, difference_cell, mean_of, pseudo_values
from reports.statistics.bootstrap import Draws
from reports.statistics.estimate import IntervalChoice

SEED = np.repeat([3, 8], 30)
CLUSTER = np.tile(np.arange(30) // 2, 2) + 100
VALUES = np.random.default_rng(0).random(60)
CHOSEN = np.random.default_rng(1).random(60) < 0.6
ORIGIN = Origin.of("internal", SEED, CLUSTER)


def plain_mean(values: np.ndarray, chosen: np.ndarray, keep: np.ndarray) -> float:
    return float(np.mean([values[chosen & keep & (seed == SEED)].mean() for seed in (3, 8)]))


def test_a_mean_over_seeds_has_the_jackknife_interval_of_the_methods_page() -> None:
    found = cell(mean_of(VALUES, ORIGIN, chosen=CHOSEN), IntervalChoice())
    every = np.ones(60, dtype=bool)
    assert found.value == pytest.approx(plain_mean(VALUES, CHOSEN, every))
    clusters = np.unique(CLUSTER)
    deleted = np.array([plain_mean(VALUES, CHOSEN, cluster != CLUSTER) for cluster in clusters])
    g, centred = len(clusters), deleted - deleted.mean()
    of_cases = (g - 1) / g * (centred**2).sum()
    df = min(g - 1, 3 * (centred**2).sum() ** 2 / (centred**4).sum() - 1)
    of_seeds = np.var([VALUES[CHOSEN & (seed == SEED)].mean() for seed in (3, 8)], ddof=1) / 2
    # A cluster is under one seed only here, or under both: what both hold comes from pseudo-values of each seed.
    rows = [[VALUES[CHOSEN & (seed == SEED) & (cluster != CLUSTER)].mean() for seed in (3, 8)] for cluster in clusters]
    whole = np.array([VALUES[CHOSEN & (seed == SEED)].mean() for seed in (3, 8)])
    pseudo = g * whole - (g - 1) * np.array(rows)
    rest = pseudo - pseudo.mean(0) - pseudo.mean(1, keepdims=True) + pseudo.mean()
    in_both = (rest**2).sum() / (g - 1) / (2 * g)
    half = np.sqrt(t.ppf(0.975, df) ** 2 * max(of_cases - in_both, 0) + t.ppf(0.975, 1) ** 2 * of_seeds)
    middle, half = np.log(found.value / (1 - found.value)), half / (found.value * (1 - found.value))
    assert found.low == pytest.approx(1 / (1 + np.exp(half - middle)), abs=1e-6)
    assert found.high == pytest.approx(1 / (1 + np.exp(-half - middle)), abs=1e-6)


def test_a_difference_is_paired() -> None:
    shifted = mean_of(VALUES + 0.25, ORIGIN) - mean_of(VALUES, ORIGIN)
    found = difference_cell(shifted, IntervalChoice())
    assert found.value == pytest.approx(0.25)
    assert found.low is None
    assert "no cluster and no seed" in str(found.reason)


def test_the_crossed_bootstrap_draws_seeds_and_patients() -> None:
    draws = Draws.from_generator(np.random.default_rng(2), 400)
    quantity = mean_of(VALUES, ORIGIN, chosen=CHOSEN, draws=draws)
    assert quantity.replicates is not None
    seed_weights = draws.seed_weights((3, 8))
    cluster_weights = np.concatenate(list(draws.cluster_weights("internal", np.zeros(15, dtype=np.int64))))
    for number in (0, 17, 399):
        weight = cluster_weights[number][CLUSTER - 100] * CHOSEN
        means = [np.average(VALUES[seed == SEED], weights=weight[seed == SEED]) for seed in (3, 8)]
        assert quantity.replicates.resampled[number] == pytest.approx(seed_weights[number] @ means)
    found = cell(quantity, IntervalChoice("percentile"))
    assert found.method is not None


def test_what_cannot_be_estimated_says_why() -> None:
    none = mean_of(VALUES, ORIGIN, chosen=CHOSEN & (SEED == 3), what="wrong predictions")
    assert cell(none, IntervalChoice()).reason == "internal has a seed without wrong predictions"
    one = mean_of(VALUES, ORIGIN, chosen=CLUSTER == 104, what="wrong predictions")
    assert "all of one patient" in str(cell(one, IntervalChoice()).reason)
    difference = difference_cell(none - one, IntervalChoice())
    assert difference.value is None
    assert "without wrong predictions" in str(difference.reason)


def test_pseudo_values_of_a_mean_over_pairs_have_its_mean_and_jackknife_variance() -> None:
    pairs = np.random.default_rng(4).random((5, 5))
    pairs = np.triu(pairs, 1) + np.triu(pairs, 1).T

    def over_pairs(seeds: list[int]) -> float:
        return float(pairs[np.ix_(seeds, seeds)].sum() / (len(seeds) * (len(seeds) - 1)))

    every = [*range(5)]
    without = [over_pairs([other for other in every if other != seed]) for seed in every]
    pseudo = pseudo_values(over_pairs(every), without)
    assert pseudo.mean() == pytest.approx(over_pairs(every))
    assert pseudo.var(ddof=1) / 5 == pytest.approx(4 / 5 * ((without - np.mean(without)) ** 2).sum())
