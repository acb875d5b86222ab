"""Which interval a number gets, and which numbers get none."""

import numpy as np
import pytest

from reports.statistics.estimate import (
    NO_CHANGE_BY_ONE,
    OFF_THE_BOOTSTRAP,
    ONE_SEED,
    IntervalChoice,
    Quantity,
    Support,
    are_few,
    estimate,
    refusal,
)
from reports.statistics.intervals import acceleration, bca, bias_corrected, percentile
from reports.statistics.jackknife import JackknifeT
from reports.statistics.replicates import Replicates

CHOICE = IntervalChoice()
BOOTSTRAP = IntervalChoice("bias-corrected")


def replicates(value: float = 0.7, n_clusters: int = 50, n_seeds: int = 4, spread: float = 0.05) -> Replicates:
    rng = np.random.default_rng(0)
    per_seed = value + spread * np.linspace(-1, 1, n_seeds) if n_seeds > 1 else np.array([value])
    changes = spread / n_clusters * rng.normal(size=(n_clusters, 1)) * np.ones(n_seeds)
    return Replicates(per_seed, value + spread * rng.normal(size=500), {"internal": changes})


def cell(clusters: int = 50, kind: str = "proportion", by_class: dict | None = None, choice=BOOTSTRAP, **options):
    support = Support("internal", clusters, by_class=by_class or {})
    return estimate(Quantity(replicates(n_clusters=clusters, **options), (support,), kind), choice)


def test_without_a_choice_the_jackknife_t_is_used() -> None:
    one, few = cell(40, choice=CHOICE), cell(39, choice=CHOICE)
    assert (one.method, one.reason, one.few_clusters) == ("jackknife-t", None, False)
    assert (few.method, few.reason, few.few_clusters) == ("jackknife-t", None, True)
    what = replicates(n_clusters=40)
    half = JackknifeT.of(what.per_seed, what.changes).half_width(0.95) / (0.7 * 0.3)
    expected = [1 / (1 + np.exp(sign * half - np.log(0.7 / 0.3))) for sign in (1, -1)]
    assert (one.low, one.high) == pytest.approx(expected, abs=1e-12)


def test_a_difference_of_backbones_is_symmetric_and_leaves_out_0_where_p_is_under_5_percent() -> None:
    what = replicates(0.05, n_clusters=40, spread=0.02)
    one = estimate(Quantity(what, (Support("internal", 40),), "proportion", limits=(-1.0, 1.0)).as_it_is(), CHOICE)
    test = JackknifeT.of(what.per_seed, what.changes)
    assert (one.low, one.high) == pytest.approx((0.05 - test.half_width(0.95), 0.05 + test.half_width(0.95)))
    assert (one.low > 0) == (test.p_value(0.05) < 0.05)


def test_a_gap_takes_its_ends_from_those_of_the_sides() -> None:
    """Sides near 1 are long below and short above; so the gap ends within what the ends of the sides allow."""
    home, away = replicates(0.97, n_seeds=1, spread=0.1), replicates(0.95, n_seeds=1, spread=0.2)
    away = Replicates(away.per_seed, away.resampled, {"London": away.changes["internal"]})
    sides = [Quantity(one, (Support(name, 50),), "proportion") for name, one in (("internal", home), ("London", away))]
    at_home, abroad, gap = (estimate(one, CHOICE) for one in (*sides, sides[0] - sides[1]))
    assert gap.low == pytest.approx(0.02 - np.hypot(0.97 - at_home.low, abroad.high - 0.95), abs=1e-9)
    assert gap.high == pytest.approx(0.02 + np.hypot(at_home.high - 0.97, 0.95 - abroad.low), abs=1e-9)
    assert at_home.low - abroad.high <= gap.low
    assert gap.high <= at_home.high - abroad.low


def test_many_clusters_get_the_chosen_bootstrap_interval() -> None:
    assert cell(40).method == "bias-corrected"
    assert cell(40).reason is None


def test_each_choice_is_its_own_interval() -> None:
    skewed = 0.5 + 0.1 * np.random.default_rng(1).exponential(size=2000)
    deleted = 0.6 + 0.002 * np.random.default_rng(2).exponential(size=50)
    changes = (deleted - deleted.mean())[:, None] * np.ones(2)
    one = Replicates(np.array([0.55, 0.65]), skewed, {"internal": changes})
    quantity = Quantity(one, (Support("internal", 50),), "class F1", limits=(0.0, 2.0))
    seeds = np.array([0.65, 0.55])
    expected = {
        "percentile": percentile(skewed, 0.95),
        "bias-corrected": bias_corrected(skewed, 0.6, 0.95),
        "bca": bca(skewed, 0.6, acceleration([deleted, seeds]), 0.95),
    }
    for interval, bounds in expected.items():
        chosen = estimate(quantity, IntervalChoice(interval))
        assert (chosen.low, chosen.high) == pytest.approx(bounds, abs=1e-12)
    assert len(set(expected.values())) == 3


def test_a_difference_is_paired_in_seeds_resamples_and_clusters() -> None:
    at_home, abroad = np.array([[-0.1], [0.2]]), np.array([[-0.1], [0.1], [0.0]])
    home = Replicates(np.array([0.7, 0.8]), np.array([0.7, 0.9]), {"internal": at_home})
    away = Replicates(np.array([0.5, 0.7]), np.array([0.4, 0.5]), {"London": abroad})
    gap = home - away
    np.testing.assert_allclose(gap.per_seed, [0.2, 0.1])
    np.testing.assert_allclose(gap.resampled, [0.3, 0.4])
    # Without the first cluster of London its score is lower, so the gap is wider.
    np.testing.assert_allclose(gap.changes["internal"], at_home)
    np.testing.assert_allclose(gap.changes["London"], -abroad)
    np.testing.assert_allclose((gap - gap).changes["London"], 0)


def test_fewer_than_forty_clusters_get_a_jackknife_t() -> None:
    assert (cell(39).method, cell(39).few_clusters) == ("jackknife-t", True)


@pytest.mark.parametrize(("smallest", "method"), [(10, "bias-corrected"), (9, "jackknife-t"), (2, "jackknife-t")])
def test_a_class_of_fewer_than_ten_clusters_gets_a_jackknife_t_in_macro_f1(smallest: int, method: str) -> None:
    assert cell(50, "class average", {"normal": 40, "epidural": smallest}).method == method


@pytest.mark.parametrize(
    ("clusters", "kind", "by_class", "reason"),
    [
        (1, "proportion", {}, "internal has 1 cluster, 2 needed"),
        (0, "class F1", {}, "internal has 0 clusters, 2 needed"),
        (50, "class average", {"normal": 49, "epidural": 1}, "internal has 1 cluster of epidural, 2 needed"),
        (14, "class average", {"normal": 7, "epidural": 7}, "internal has 14 clusters, 15 needed"),
    ],
)
def test_a_number_that_cannot_have_an_interval_says_why(clusters, kind, by_class, reason) -> None:
    assert refusal((Support("internal", clusters, by_class=by_class),), kind) == reason
    if clusters > 1:
        refused = cell(clusters, kind, by_class)
        assert (refused.low, refused.high, refused.method, refused.reason) == (None, None, None, reason)
        assert refused.value == pytest.approx(0.7)


def test_every_side_involved_counts() -> None:
    sides = (Support("internal", 600), Support("London", 12))
    assert are_few(sides)
    assert refusal(sides, "class average") == "London has 12 clusters, 15 needed"
    assert refusal(sides, "proportion") is None


def test_two_clusters_are_enough_for_a_proportion() -> None:
    assert cell(2).method == "jackknife-t"


def test_one_seed_is_said_beside_the_number() -> None:
    one = cell(50, n_seeds=1)
    assert one.method == "bias-corrected"
    assert one.reason == ONE_SEED


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_proportion_at_its_limit_gets_exact_bounds_over_clusters(value: float) -> None:
    exact = cell(50, value=value, spread=0)
    assert exact.method == "clopper-pearson"
    # Rule of three, more exactly: 1 − .025^(1/50) = .0711
    assert (exact.high if value == 0 else 1 - exact.low) == pytest.approx(0.0711, abs=5e-5)


@pytest.mark.parametrize("kind", ["class average", "class F1"])
def test_an_f1_that_no_resample_changes_gets_no_interval(kind: str) -> None:
    constant = cell(50, kind, value=1.0, spread=0)
    assert (constant.value, constant.low, constant.high, constant.method) == (1.0, None, None, None)
    assert constant.reason == "every resample gives the same value"


def test_jackknife_intervals_end_where_the_quantity_does() -> None:
    wide = cell(5, value=0.95, spread=0.2)
    assert 0 < wide.low < 0.95 < wide.high <= 1.0
    support = (Support("internal", 5),)
    difference = Quantity(replicates(0.0, 5, spread=2.0), support, "proportion", limits=(-1.0, 1.0)).as_it_is()
    assert (estimate(difference, CHOICE).low, estimate(difference, CHOICE).high) == (-1.0, 1.0)


def test_a_gap_from_a_perfect_side_has_the_exact_bound_of_that_side() -> None:
    perfect = Quantity(replicates(1.0, spread=0), (Support("internal", 50),), "proportion")
    other = replicates(0.6)
    abroad = Quantity(
        Replicates(other.per_seed, other.resampled, {"London": other.changes["internal"]}),
        (Support("London", 50),),
        "proportion",
    )
    gap, outside = estimate(perfect - abroad, CHOICE), estimate(abroad, CHOICE)
    assert gap.high == pytest.approx(0.4 + (0.6 - outside.low))
    assert gap.low == pytest.approx(0.4 - np.hypot(1 - 0.025 ** (1 / 50), outside.high - 0.6))


def test_an_undefined_number_has_no_value() -> None:
    undefined = estimate(Quantity(None, (), "proportion", "London has no case of epidural"), CHOICE)
    assert undefined.value is None
    assert undefined.reason == "London has no case of epidural"


@pytest.mark.parametrize("interval", ["bias-corrected", "percentile", "bca"])
def test_where_resamples_lie_on_one_side_of_the_value_the_jackknife_stands_in(interval: str) -> None:
    one = replicates(0.7)
    astray = Replicates(one.per_seed, one.per_seed.mean() - 0.1 - np.abs(one.resampled - 0.7), one.changes)
    found = estimate(Quantity(astray, (Support("internal", 50),), "class average"), IntervalChoice(interval))
    assert (found.method, found.reason) == ("jackknife-t", OFF_THE_BOOTSTRAP)
    assert found.low < found.value < found.high


def test_an_undefined_difference_tells_only_why_it_is_undefined() -> None:
    support = (Support("internal", 50),)
    certain = Quantity(Replicates(np.ones(2), np.ones(9), {"internal": np.zeros((50, 2))}), support, "proportion")
    undefined = Quantity(None, (), "proportion", "x has no case of a")
    assert (certain - undefined).reason == "x has no case of a"


def test_a_class_that_is_always_right_still_widens_the_average_over_classes() -> None:
    """Five cases of a class, all right: its recall may be .478 as well (.025^(1/5)), half of which counts."""
    whole = replicates(0.98, n_clusters=300, spread=0.01)
    rare = Quantity(replicates(1.0, 5, spread=0), (Support("internal", 5),), "proportion")
    support = Support("internal", 300, by_class={"normal": 295, "bleed": 5})
    plain = Quantity(whole, (support,), "class average")
    narrow, wide = (
        estimate(one, CHOICE) for one in (plain, Quantity(whole, (support,), "class average", unmoved=(rare,)))
    )
    assert wide.high == narrow.high
    assert wide.low == pytest.approx(0.98 - np.hypot(0.98 - narrow.low, (1 - 0.025 ** (1 / 5)) / 2))


def test_a_value_that_is_biased_by_more_than_its_error_has_no_interval() -> None:
    """Changes of one sign: leaving out any cluster raises the value by .01, so of 50 it is about .49 too low."""
    one = Replicates(np.array([0.4, 0.42]), np.empty(0), {"internal": np.full((50, 2), 0.01) + 0.001 * np.eye(50, 2)})
    cell = estimate(Quantity(one, (Support("internal", 50),), "class average"), CHOICE)
    assert (cell.value, cell.low) == (pytest.approx(0.41), None)
    assert cell.reason.startswith("on internal biased by about +0.49 on so few cases")
    side = Quantity(one, (Support("internal", 50),), "class average")
    # Both backbones are off alike, so their difference keeps its interval.
    assert estimate((side - side).as_it_is(), CHOICE).reason == NO_CHANGE_BY_ONE
