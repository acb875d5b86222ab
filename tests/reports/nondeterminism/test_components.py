"""Variance components against an independent mixed model, and their intervals against known answers."""

import math

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from reports.nondeterminism.components import (
    ALL,
    CONTROL,
    REST,
    MeanSquare,
    combination,
    components,
    deviation,
    ratio,
)


def test_the_deviation_has_the_interval_of_chi_squared() -> None:
    # sd of .60, .62, .64 is .02
    cell = deviation(MeanSquare.of(np.array([0.60, 0.62, 0.64])))
    low, high = 0.02 * np.sqrt(2 / stats.chi2.ppf([0.975, 0.025], 2))
    assert (cell.value, cell.low, cell.high) == pytest.approx((0.02, low, high))


def test_runs_that_are_the_same_do_not_vary() -> None:
    square = MeanSquare.of(np.array([0.1 + 0.2, 0.3, 0.3]))
    assert square == MeanSquare(0.0, 2)
    assert deviation(square).to_dict() == {"value": 0, "low": 0, "high": 0, "method": "chi-squared", "reason": None}
    with pytest.raises(ValueError, match="two runs"):
        MeanSquare.of(np.array([0.3]))


def planted(seed: int, n: int) -> dict[str, np.ndarray]:
    """One score a run for each design: sd .03 by init, .02 by order, .015 by both together, .01 by nothing."""
    rng = np.random.default_rng(seed)
    noise = {name: rng.normal(0.7, 0.01, n) for name in (CONTROL, "init", "order", ALL)}
    return {
        CONTROL: noise[CONTROL],
        "init": noise["init"] + rng.normal(0, 0.03, n),
        "order": noise["order"] + rng.normal(0, 0.02, n),
        ALL: noise[ALL] + rng.normal(0, 0.03, n) + rng.normal(0, 0.02, n) + rng.normal(0, 0.015, n),
    }


def test_components_are_those_of_a_mixed_model() -> None:
    """REML of statsmodels: designs are fixed, the levels of each source random."""
    n, designs = 15, planted(2, 15)
    found = components({name: MeanSquare.of(values) for name, values in designs.items()}, ["init", "order"])
    names = np.repeat(list(designs), n)
    runs = np.tile(np.arange(n), len(designs))
    levels = {
        "init": np.where(np.isin(names, ["init", ALL]), np.char.add(names, runs.astype(str)), "base"),
        "order": np.where(np.isin(names, ["order", ALL]), np.char.add(names, runs.astype(str)), "base"),
        REST: np.where(names == ALL, runs.astype(str), "none"),
    }
    fixed = np.stack([names == name for name in designs], axis=1).astype(float)
    parts = {name: np.stack([of == one for one in np.unique(of)], axis=1).astype(float) for name, of in levels.items()}
    columns = [[f"{name}{place}" for place in range(part.shape[1])] for name, part in parts.items()]
    scale = 100  # the optimiser wants numbers near one
    model = sm.MixedLM(
        scale * np.concatenate(list(designs.values())),
        fixed,
        groups=np.ones(len(names)),
        exog_vc=sm.regression.mixed_linear_model.VCSpec(
            list(parts), [[c] for c in columns], [[p] for p in parts.values()]
        ),
    )
    fitted = model.fit(reml=True, method="powell")
    theirs = dict(zip(parts, fitted.vcomp / scale**2, strict=True))
    ours = {name: cell.value for name, cell in found.variances.items()}
    assert min(ours.values()) > 0  # where a component is negative, REML and moments rightly differ
    assert ours == pytest.approx(theirs, rel=0.03)  # as far as its optimiser goes
    assert np.var(designs[CONTROL], ddof=1) == pytest.approx(fitted.scale / scale**2, rel=0.03)


def test_the_interval_of_one_mean_square_is_that_of_chi_squared() -> None:
    cell = combination([(1, MeanSquare(4.0, 4))])
    assert (cell.low, cell.high) == pytest.approx(tuple(4 * 4 / stats.chi2.ppf([0.975, 0.025], 4)))


def test_the_interval_of_a_difference_begins_at_zero_exactly_where_the_f_test_is_undecided() -> None:
    edge = float(stats.f.ppf(0.975, 4, 7))
    assert combination([(1, MeanSquare(edge, 4)), (-1, MeanSquare(1.0, 7))]).low == pytest.approx(0, abs=1e-7)
    assert combination([(1, MeanSquare(1.2 * edge, 4)), (-1, MeanSquare(1.0, 7))]).low > 0.01
    low = float(stats.f.ppf(0.025, 4, 7))
    assert combination([(1, MeanSquare(low, 4)), (-1, MeanSquare(1.0, 7))]).high == pytest.approx(0, abs=1e-7)


def test_intervals_cover() -> None:
    """Of σ² by init alone and of the interplay, 1,500 studies of five runs; nominal 95 %."""
    truth, hits = {"init": 0.03**2, REST: 0.015**2}, {"init": 0, REST: 0}
    studies = 1500
    for seed in range(studies):
        designs = {name: MeanSquare.of(values) for name, values in planted(seed, 5).items()}
        found = components(designs, ["init", "order"]).variances
        for name, value in truth.items():
            hits[name] += (found[name].low or 0) <= value <= (found[name].high or 0)
    assert hits["init"] / studies == pytest.approx(0.95, abs=0.02)
    assert hits[REST] / studies == pytest.approx(0.97, abs=0.03)


def test_a_share_is_a_ratio_of_mean_squares_with_the_interval_of_f() -> None:
    cell = ratio(MeanSquare(1.0, 40), MeanSquare(4.0, 30))
    low, high = 0.25 / stats.f.ppf([0.975, 0.025], 40, 30)
    assert (cell.value, cell.low, cell.high) == pytest.approx((0.25, low, high))
    few = ratio(MeanSquare(1.0, 4), MeanSquare(4.0, 4))
    low, high = 0.25 / stats.f.ppf([0.975, 0.025], 4, 4)
    assert high > 1
    assert (few.value, few.low, few.high) == pytest.approx((0.25, low, 1)), "no source has more than all"
    assert ratio(MeanSquare(0.0, 4), MeanSquare(0.0, 4)).value is None


def test_without_a_design_of_all_shares_are_of_the_sum_and_say_so() -> None:
    squares = {CONTROL: MeanSquare(0.0, 4), "init": MeanSquare(3.0, 4), "order": MeanSquare(1.0, 4)}
    found = components(squares, ["init", "order"])
    assert [found.shares[name].value for name in ("init", "order")] == [0.75, 0.25]
    assert found.shares["init"].low is None
    assert "of the sum" in (found.shares["init"].reason or "")
    assert math.sqrt(found.variances["init"].value or 0) == pytest.approx(math.sqrt(3))
    assert REST not in found.variances
