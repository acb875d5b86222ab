"""What training cases add to the variance of a value: by hand, by another program, and in worlds where it is known."""

import numpy as np
import pytest

from reports.statistics.confusion_counts import Flags, Floats, Integers
from reports.statistics.training_draws import OfDraws, between_draws, with_cases


def test_two_draws_by_hand() -> None:
    # s² of 0.6 and 0.8 is 0.02. Changes less the means of clusters (±0.05) and draws (0) are ±0.05, four times: their
    # squares sum to 0.01, and (G−1)/G · 1/(R−1) of that, 0.005, is what single patients add to each value.
    draws = OfDraws(np.array([0.6, 0.8]), {"internal": np.array([[0.1, 0.0], [-0.1, 0.0]])}, np.array([3, 3]))
    part = between_draws(draws)
    assert part.variance == pytest.approx(0.015)
    assert part.df == draws.df == 1


def test_both_roles_by_hand() -> None:
    # Cluster 0 lowers the value by 0.1 where it is left out … so t = ∓√½·0.1; of draws that have it 1, 2, 0 times and
    # the other one 1, 0, 2 times the patients are 0, −√½·0.2 and √½·0.2. With values −0.1, 0, 0.1 around their mean the
    # covariance is √½·0.02 / 2; V_C is ½·0.02 and σ²_T 0.01, so that it may be 0.01 at most.
    still = np.zeros((2, 3))
    draws = OfDraws(np.array([0.5, 0.6, 0.7]), {"internal": still}, np.zeros(3, dtype=np.int64))
    times, changes = np.array([[1.0, 2.0, 0.0], [1.0, 0.0, 2.0]]), np.array([[0.1], [-0.1]])
    assert with_cases(draws, times, changes) == pytest.approx(2 * np.sqrt(0.5) * 0.01)
    assert with_cases(draws, times[::-1], changes) == 0.0
    together = np.array([[2.0, 1.0, 0.0], [0.0, 1.0, 2.0]])
    assert with_cases(draws, together, 10 * changes) == pytest.approx(2 * np.sqrt(100 * 0.01 * 0.01))


def test_draws_of_several_seeds_count_by_their_degrees_of_freedom() -> None:
    values, still = np.array([0.5, 0.7, 0.1, 0.2, 0.3, 0.9]), np.zeros((4, 6))
    draws = OfDraws(values, {"a": still}, np.array([0, 0, 1, 1, 1, 2]))  # one draw of seed 2 says nothing
    assert draws.df == 3
    assert between_draws(draws).variance == pytest.approx((0.02 + 2 * 0.01) / 3)
    with pytest.raises(ValueError, match="Two draws"):
        between_draws(OfDraws(values[:2], {"a": still[:, :2]}, np.array([0, 1])))


def test_patients_who_change_sides_by_themselves_are_no_variance_of_training_cases() -> None:
    rng, seeds = np.random.default_rng(5), np.repeat(np.arange(3), 4)
    found = [unclipped(rng.random((60, 12)) < 0.7, seeds) for _ in range(1000)]
    assert abs(np.mean(found)) < 3 * np.std(found) / np.sqrt(1000)


@pytest.mark.parametrize("deviation", [0.02, 0.06])
def test_the_variance_of_a_world_is_found(deviation: float) -> None:
    rng, seeds = np.random.default_rng(6), np.repeat(np.arange(3), 5)
    found = list[float]()
    for _ in range(1000):
        of_patient, of_seed = rng.uniform(-0.1, 0.1, (80, 1)), rng.uniform(-0.05, 0.05, 3)[seeds]
        shares = 0.6 + of_patient + of_seed + deviation * np.sqrt(3) * rng.uniform(-1, 1, 15)
        found.append(unclipped(rng.random((80, 15)) < shares, seeds))
    assert np.mean(found) == pytest.approx(deviation**2, abs=3 * np.std(found) / np.sqrt(1000))


def unclipped(right: Flags, seeds: Integers) -> float:
    """σ²_T of accuracies (n_patients, n_draws) where it may be negative, since means of what is cut at 0 are too high.

    Leaving out a patient changes an accuracy θ by (θ − e)/(n − 1).
    """
    n, parts, df = len(right), 0.0, 0
    for seed in np.unique(seeds):
        of_seed = right[:, seeds == seed].astype(float)
        draws = of_seed.shape[1]
        rest = of_seed - of_seed.mean(1, keepdims=True) - of_seed.mean(0) + of_seed.mean()
        single = np.square(rest).sum() / (n * (n - 1) * (draws - 1))
        parts += (draws - 1) * (of_seed.mean(0).var(ddof=1) - single)
        df += draws - 1
    return parts / df


def test_it_agrees_with_plain_loops() -> None:
    rng, seeds = np.random.default_rng(9), np.array([0, 0, 1, 1, 1, 1])
    for _ in range(20):
        right = rng.random((12, 6)) < rng.random(6)
        loops = formula(right, seeds)
        draws = OfDraws(right.mean(0), {"a": changes(right)}, seeds)
        assert between_draws(draws).variance == pytest.approx(max(0.0, loops), abs=1e-12)
        assert unclipped(right, seeds) == pytest.approx(loops, abs=1e-12)


def changes(right: Flags) -> Floats:
    return np.array([np.delete(right, place, 0).mean(0) - right.mean(0) for place in range(len(right))])


def formula(right: Flags, seeds: Integers) -> float:
    """The same from what the docstring says, by loops."""
    above = below = 0.0
    n = len(right)
    for seed in sorted(set(seeds.tolist())):
        of_seed = right[:, seeds == seed].astype(float)
        r, values = of_seed.shape[1], of_seed.mean(0)
        left_out = np.array([[np.delete(of_seed[:, j], g).mean() - values[j] for j in range(r)] for g in range(n)])
        rest = 0.0
        for g in range(n):
            for j in range(r):
                rest += (left_out[g, j] - left_out[g].mean() - left_out[:, j].mean() + left_out.mean()) ** 2
        above += (r - 1) * (values.var(ddof=1) - (n - 1) / (n * (r - 1)) * rest)
        below += r - 1
    return above / below
