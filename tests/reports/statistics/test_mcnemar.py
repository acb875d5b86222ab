import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as their_mcnemar

from reports.statistics.mcnemar import mcnemar


@pytest.mark.parametrize("root", range(12))
def test_it_agrees_with_statsmodels(root: int) -> None:
    rng = np.random.default_rng(root)
    n = int(rng.integers(3, 2000))
    a, b = rng.random(n) < 0.7, rng.random(n) < 0.7 - 0.02 * root
    ours = mcnemar(a, b, np.arange(n))
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
    first, second = discordant(b, c)
    ours = mcnemar(first, second, np.arange(len(first)))
    assert (ours.b, ours.c) == (b, c)
    assert ours.p == pytest.approx(p, rel=1e-14)


def test_patients_of_several_cases_by_hand() -> None:
    # Patients of 2, 1, 4 and 3 cases; b − c of 2, −1, 2 and 0: d = 1, −1, ½, 0, so (½)² / (1 + 1 + ¼) = 1/9.
    a = np.array([1, 1, 0, 1, 1, 1, 0, 1, 0, 1], dtype=bool)
    b = np.array([0, 0, 1, 0, 0, 1, 0, 0, 1, 1], dtype=bool)
    ours = mcnemar(a, b, np.array([7, 7, 2, 4, 4, 4, 4, 9, 9, 9]))
    assert (ours.b, ours.c, ours.clustered) == (5, 2, True)
    assert ours.p == pytest.approx(stats.chi2.sf(1 / 9, 1), rel=1e-12)
    assert mcnemar(a, a, np.zeros(10, dtype=int)).p == 1


def test_of_patients_it_keeps_its_error_rate_where_that_of_cases_does_not() -> None:
    rng, rejected = np.random.default_rng(0), np.zeros(2)
    for _ in range(600):
        sizes = rng.integers(3, 12, 40)
        patient = np.repeat(np.arange(40), sizes)
        ability = 0.6 + rng.normal(0, 1.5, (2, 40))[:, patient]  # the patients that one backbone finds hard
        right = ability + rng.logistic(size=ability.shape) > 0
        rejected += [mcnemar(*right, cluster).p <= 0.05 for cluster in (patient, np.arange(len(patient)))]
    # Monte-Carlo error ± .009
    assert rejected[0] / 600 <= 0.07
    assert rejected[1] / 600 > 0.15


def test_several_seeds_other_lengths_and_other_numbers_are_refused() -> None:
    right = np.array([True, False])
    both = np.arange(2)
    for a, b, cluster in ((np.tile(right, (2, 1)),) * 3, (right, right[:1], both), (right, right, both[:1])):
        with pytest.raises(ValueError, match="Three vectors"):
            mcnemar(a, b, cluster)
    with pytest.raises(ValueError, match="boolean"):
        mcnemar(right, np.array([1, 0]), both)
