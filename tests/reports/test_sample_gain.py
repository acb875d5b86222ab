"""Sample gain: components by hand and against statsmodels, variances against a simulation."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from statsmodels.stats.anova import anova_lm

from reports.sample_gain import (
    NOTHING_VARIES,
    ONE_CASE,
    ONE_SEED,
    VarianceComponents,
    sample_gain,
    variance_components,
)


def simulate(rng: np.random.Generator, n_sets: int, n_cases: int, n_seeds: int, seed_sd: float = 0.7) -> np.ndarray:
    """Correctness where cases are hard, seeds lucky and both interact: (n_sets, n_cases, n_seeds)."""
    case = rng.normal(0.3, 1.0, (n_sets, n_cases, 1))
    seed = rng.normal(0, seed_sd, (n_sets, 1, n_seeds))
    return case + seed + rng.normal(0, 1, (n_sets, n_cases, n_seeds)) > 0


def test_components_and_gain_by_hand() -> None:
    # Sums of squares: cases 11/8 with 3 df, seeds 1/8 with 1, rest 3/8 with 3; so σ² = 1/6, 0 and 1/8.
    correct = np.array([[1, 1], [1, 1], [0, 0], [1, 0]], dtype=bool)
    result = sample_gain(correct)
    assert result.components is not None
    assert (result.components.case, result.components.seed, result.components.within) == (
        pytest.approx(1 / 6),
        0.0,
        pytest.approx(1 / 8),
    )
    # Var(1) = 7/96, Var(2) = 11/192, Var(3) = 5/96.
    assert result.components.of_mean(4, 1) == pytest.approx(7 / 96)
    assert result.gain == pytest.approx(14 / 11)
    assert result.effective_cases == pytest.approx(56 / 11)
    assert result.next_seed == pytest.approx(0.1)
    assert result.reason is None


def test_seeds_that_always_agree_are_worth_nothing() -> None:
    result = sample_gain(np.array([[1, 1, 1], [0, 0, 0], [1, 1, 1]], dtype=bool))
    # The variance between (1, 0, 1) is 1/3.
    assert result.components == VarianceComponents(pytest.approx(1 / 3), 0.0, 0.0)
    assert (result.gain, result.effective_cases, result.next_seed) == (1, 3, 0)


def test_seeds_that_decide_alone_are_worth_their_number() -> None:
    result = sample_gain(np.array([[1, 0], [1, 0], [1, 0]], dtype=bool))
    assert result.components == VarianceComponents(0.0, pytest.approx(1 / 2), 0.0)
    assert (result.gain, result.next_seed) == (pytest.approx(2), pytest.approx(0.5))


def test_negative_components_count_as_none() -> None:
    # MS of cases and seeds 0, of the rest 1: both components would be −1/2.
    result = sample_gain(np.array([[1, 0], [0, 1]], dtype=bool))
    assert result.components == VarianceComponents(0.0, 0.0, 1.0)
    assert (result.gain, result.effective_cases) == (pytest.approx(2), pytest.approx(4))


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
    ours = variance_components(correct)
    squares = anova_lm(smf.ols("correct ~ C(case) + C(seed)", table).fit())["mean_sq"]
    within = squares["Residual"]
    expected = ((squares["C(case)"] - within) / n_seeds, (squares["C(seed)"] - within) / n_cases, within)
    assert min(expected) > 0
    assert (ours.case, ours.seed, ours.within) == pytest.approx(expected, rel=1e-10)
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
        variance_components(correct).of_mean(n_cases, n_seeds) for correct in simulate(rng, n_sets // 2, n_cases, 4)
    ]
    error = np.hypot(empirical * np.sqrt(2 / (n_sets - 1)), np.std(predicted) / np.sqrt(len(predicted)))
    assert error < 0.03 * empirical
    assert abs(np.mean(predicted) - empirical) < 3 * error


def test_what_gives_no_gain_says_why() -> None:
    right = np.ones((5, 3), dtype=bool)
    for correct, reason in (
        (np.array([[1], [0], [1]], dtype=bool), ONE_SEED),
        (np.array([[1, 0, 1]], dtype=bool), ONE_CASE),
        (right, NOTHING_VARIES),
        (~right, NOTHING_VARIES),
    ):
        result = sample_gain(correct)
        assert (result.gain, result.effective_cases, result.next_seed) == (None, None, None)
        assert result.reason == reason


def test_what_is_no_matrix_of_right_and_wrong_is_refused() -> None:
    with pytest.raises(ValueError, match="boolean"):
        sample_gain(np.array([[1.0, np.nan], [0.0, 1.0]]))
    for shape in ((4,), (0, 3), (3, 0)):
        with pytest.raises(ValueError, match="n_cases, n_seeds"):
            sample_gain(np.zeros(shape, dtype=bool))
    with pytest.raises(ValueError, match="two cases and two seeds"):
        variance_components(np.zeros((4, 1), dtype=bool))
