"""Sample gain: components by hand and against statsmodels, variances against a simulation."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from statsmodels.stats.anova import anova_lm

from reports.statistics.sample_gain import (
    NOTHING_VARIES,
    ONE_CLUSTER,
    ONE_SEED,
    SampleGain,
    sample_gain,
    variance_components,
)


def simulate(rng: np.random.Generator, n_sets: int, n_cases: int, n_seeds: int, seed_sd: float = 0.7) -> np.ndarray:
    """Correctness where cases are hard, seeds lucky and both interact: (n_sets, n_cases, n_seeds)."""
    case = rng.normal(0.3, 1.0, (n_sets, n_cases, 1))
    seed = rng.normal(0, seed_sd, (n_sets, 1, n_seeds))
    return case + seed + rng.normal(0, 1, (n_sets, n_cases, n_seeds)) > 0


def changes(correct: np.ndarray, cluster: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """The accuracy of each seed, and what leaving out each cluster changes, by plain loops."""
    cluster = np.arange(len(correct)) if cluster is None else cluster
    whole = correct.mean(0)
    if len(np.unique(cluster)) == 1:
        return whole, np.zeros((1, len(whole)))
    return whole, np.array([correct[cluster != one].mean(0) for one in np.unique(cluster)]) - whole


def gain_of(correct: np.ndarray, cluster: np.ndarray | None = None) -> SampleGain:
    return sample_gain(*changes(correct, cluster))


def components_of(correct: np.ndarray, cluster: np.ndarray | None = None) -> tuple[float, float, float]:
    found = variance_components(*changes(correct, cluster))
    return found.cluster, found.seed, found.within


def test_components_and_gain_by_hand() -> None:
    # Sums of squares: cases 11/8 with 3 df, seeds 1/8 with 1, rest 3/8 with 3; so σ² = 1/6, 0 and 1/8, over 4 cases.
    correct = np.array([[1, 1], [1, 1], [0, 0], [1, 0]], dtype=bool)
    assert components_of(correct) == (pytest.approx(1 / 24), 0.0, pytest.approx(1 / 32))
    # Var(1) = 7/96, Var(2) = 11/192, Var(3) = 5/96; the accuracy is 5/8.
    result = gain_of(correct)
    assert result.components is not None
    assert result.components.of_mean(1) == pytest.approx(7 / 96)
    assert result.gain == pytest.approx(14 / 11)
    assert result.effective_cases == pytest.approx(5 / 8 * 3 / 8 / (11 / 192))
    assert result.next_seed == pytest.approx(0.1)
    assert result.reason is None


def test_seeds_that_always_agree_are_worth_nothing() -> None:
    correct = np.array([[1, 1, 1], [0, 0, 0], [1, 1, 1]], dtype=bool)
    # The variance between (1, 0, 1) is 1/3, over 3 cases.
    assert components_of(correct) == (pytest.approx(1 / 9), pytest.approx(0.0), pytest.approx(0.0))
    result = gain_of(correct)
    assert (result.gain, result.next_seed) == (pytest.approx(1), pytest.approx(0))


def test_seeds_that_decide_alone_are_worth_their_number_and_no_number_of_cases() -> None:
    correct = np.array([[1, 0], [1, 0], [1, 0]], dtype=bool)
    assert components_of(correct) == (0.0, pytest.approx(1 / 2), 0.0)
    result = gain_of(correct)
    assert (result.gain, result.next_seed) == (pytest.approx(2), pytest.approx(0.5))
    # The variance of the mean of two seeds is 1/4, as of one case that is right or wrong.
    assert result.effective_cases == pytest.approx(1)


def test_negative_components_count_as_none() -> None:
    # MS of cases and seeds 0, of the rest 1: both components would be negative.
    result = gain_of(np.array([[1, 0], [0, 1]], dtype=bool))
    assert components_of(np.array([[1, 0], [0, 1]], dtype=bool)) == (0.0, 0.0, pytest.approx(1 / 2))
    assert result.gain == pytest.approx(2)


def test_slices_of_a_patient_count_less_than_cases() -> None:
    """322 slices of 40 patients who are easy or hard as a whole."""
    rng = np.random.default_rng(2)
    patient = np.repeat(np.arange(40), rng.multinomial(322 - 40, np.ones(40) / 40) + 1)
    correct = rng.normal(0.6, 2, 40)[patient, None] + rng.normal(0, 1, (322, 5)) > 0
    of_patients, of_slices = gain_of(correct, patient), gain_of(correct)
    assert of_patients.gain is not None
    assert of_slices.gain is not None
    assert of_patients.gain < of_slices.gain
    assert of_patients.effective_cases is not None
    assert of_patients.effective_cases < 120


@pytest.mark.parametrize(("n_cases", "n_seeds"), [(40, 6), (25, 3)])
def test_components_are_those_of_statsmodels(n_cases: int, n_seeds: int) -> None:
    correct = simulate(np.random.default_rng(5), 1, n_cases, n_seeds)[0]
    table = pd.DataFrame(
        {
            "correct": correct.ravel().astype(float),
            "case": np.repeat(np.arange(n_cases), n_seeds),
            "seed": np.tile(np.arange(n_seeds), n_cases),
            "all": 0,
        }
    )
    ours = components_of(correct)
    squares = anova_lm(smf.ols("correct ~ C(case) + C(seed)", table).fit())["mean_sq"]
    within = squares["Residual"]
    expected = ((squares["C(case)"] - within) / n_seeds, (squares["C(seed)"] - within) / n_cases, within)
    assert min(expected) > 0
    assert ours == pytest.approx((expected[0] / n_cases, expected[1], expected[2] / n_cases), rel=1e-8)
    # Of balanced data, restricted maximum likelihood gives the same where no component is 0.
    crossed = {"case": "0 + C(case)", "seed": "0 + C(seed)"}
    mixed = smf.mixedlm("correct ~ 1", table, groups="all", vc_formula=crossed, re_formula="0").fit(reml=True)
    assert (*mixed.vcomp, mixed.scale) == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("n_seeds", [1, 3, 9])
def test_the_predicted_variance_is_that_of_new_cases_and_seeds(n_seeds: int) -> None:
    # Monte-Carlo error of a variance of n normal means: √(2/(n − 1)) of it, 1.8 %.
    n_sets, n_cases = 6000, 40
    rng = np.random.default_rng([8, n_seeds])
    empirical = simulate(rng, n_sets, n_cases, n_seeds).mean((1, 2)).var(ddof=1)
    predicted = [
        variance_components(correct.mean(0), (correct.mean(0) - correct) / (n_cases - 1)).of_mean(n_seeds)
        for correct in simulate(rng, n_sets // 2, n_cases, 4)
    ]
    error = np.hypot(empirical * np.sqrt(2 / (n_sets - 1)), np.std(predicted) / np.sqrt(len(predicted)))
    assert error < 0.03 * empirical
    assert abs(np.mean(predicted) - empirical) < 3 * error


def test_what_gives_no_gain_says_why() -> None:
    right = np.ones((5, 3), dtype=bool)
    for correct, reason in (
        (np.array([[1], [0], [1]], dtype=bool), ONE_SEED),
        (np.array([[1, 0, 1]], dtype=bool), ONE_CLUSTER),
        (right, NOTHING_VARIES),
        (~right, NOTHING_VARIES),
    ):
        result = gain_of(correct)
        assert (result.gain, result.effective_cases, result.next_seed) == (None, None, None)
        assert result.reason == reason
