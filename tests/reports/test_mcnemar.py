import numpy as np
import pytest
from statsmodels.stats.contingency_tables import mcnemar as their_mcnemar

from reports.mcnemar import mcnemar


@pytest.mark.parametrize("root", range(12))
def test_it_agrees_with_statsmodels(root: int) -> None:
    rng = np.random.default_rng(root)
    n = int(rng.integers(3, 2000))
    a, b = rng.random(n) < 0.7, rng.random(n) < 0.7 - 0.02 * root
    ours = mcnemar(a, b)
    table = [[(a & b).sum(), (a & ~b).sum()], [(~a & b).sum(), (~a & ~b).sum()]]
    assert (ours.b, ours.c) == (table[0][1], table[1][0])
    assert ours.p == pytest.approx(their_mcnemar(table, exact=True).pvalue, rel=1e-10)


def discordant(b: int, c: int) -> tuple[np.ndarray, np.ndarray]:
    first = np.array([True] * b + [False] * c + [True, False])
    return first, np.array([False] * b + [True] * c + [True, False])


@pytest.mark.parametrize(
    ("b", "c", "p"),
    [
        (3, 1, 2 * (1 + 4) / 2**4),
        (1, 3, 2 * (1 + 4) / 2**4),
        (6, 0, 2 / 2**6),
        (2, 2, 1.0),
        (1, 0, 1.0),
        (0, 0, 1.0),
    ],
)
def test_tails_of_the_binomial_by_hand(b: int, c: int, p: float) -> None:
    ours = mcnemar(*discordant(b, c))
    assert (ours.b, ours.c) == (b, c)
    assert ours.p == pytest.approx(p, rel=1e-14)


def test_several_seeds_other_lengths_and_other_numbers_are_refused() -> None:
    right = np.array([True, False])
    with pytest.raises(ValueError, match="Two vectors"):
        mcnemar(np.tile(right, (2, 1)), np.tile(right, (2, 1)))
    with pytest.raises(ValueError, match="Two vectors"):
        mcnemar(right, right[:1])
    with pytest.raises(ValueError, match="boolean"):
        mcnemar(right, np.array([1, 0]))
