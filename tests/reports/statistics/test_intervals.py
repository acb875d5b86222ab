"""Intervals agree with scipy.stats."""

import numpy as np
import pytest
from scipy import stats

from reports.statistics.bootstrap import Draws, resample
from reports.statistics.confusion_counts import ConfusionCounts, Floats, count_confusions
from reports.statistics.estimate import IntervalChoice, Quantity, Support, estimate
from reports.statistics.intervals import Interval, bias_corrected, bound_proportion, is_constant, percentile
from reports.statistics.jackknife import leave_out_each_cluster
from reports.statistics.metrics.of_counts import accuracy, macro_f1
from reports.statistics.replicates import SideReplicates

RESAMPLES = 40_000


@pytest.mark.parametrize("n", [2, 7, 40, 613])
@pytest.mark.parametrize("successes", ["none", "all"])
def test_bounds_of_a_proportion_at_its_limit_are_clopper_pearson(n: int, successes: str) -> None:
    hits = n if successes == "all" else 0
    expected = stats.binomtest(hits, n).proportion_ci(0.95, method="exact")
    assert bound_proportion(hits / n, n, 0.95) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_exact_bounds_are_refused_inside_the_limits() -> None:
    with pytest.raises(ValueError, match="at 0 or 1"):
        bound_proportion(0.5, 10, 0.95)


def test_bias_correction_counts_ties_as_half() -> None:
    # 30 below, 40 tied, 30 above: the share is one half, so there is no bias to correct.
    values = np.repeat([0.1, 0.2, 0.3], [30, 40, 30])
    assert bias_corrected(values, 0.2 + 1e-15, 0.5) == pytest.approx(percentile(values, 0.5))


def test_bias_correction_moves_both_ends_by_the_same_normal_deviate() -> None:
    values = np.random.default_rng(0).gamma(3, size=4000)
    z0 = stats.norm.ppf((values < 2.0).mean())
    expected = np.quantile(values, stats.norm.cdf(2 * z0 + stats.norm.ppf([0.025, 0.975])))
    assert bias_corrected(values, 2.0, 0.95) == pytest.approx(tuple(expected))


def test_intervals_stay_finite_where_all_resamples_lie_on_one_side() -> None:
    low, high = bias_corrected(np.linspace(0.5, 0.6, 100), 0.4, 0.95)
    assert 0.5 <= low <= high <= 0.6
    assert is_constant(np.full(5, 0.3))
    assert not is_constant(np.array([0.3, 0.3001]))


def vectors(imbalance: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    truth = rng.choice(3, 180, p=np.array([1, imbalance, imbalance]) / (1 + 2 * imbalance))
    predicted = np.where(rng.random(180) < 0.75, truth, rng.integers(0, 3, 180))
    return truth, predicted


def our_interval(metric: str, interval: Interval, truth: np.ndarray, predicted: np.ndarray) -> tuple[float, float]:
    n = len(truth)
    one = count_confusions(
        np.arange(n), np.zeros(n, dtype=np.int64), truth, predicted, n_clusters=n, n_seeds=1, n_classes=3
    )

    def statistic(counts: ConfusionCounts) -> dict[str, Floats]:
        return {"accuracy": accuracy(counts), "macro_f1": macro_f1(counts)}

    draws = Draws(11, RESAMPLES)
    weights = draws.cluster_weights("internal", np.zeros(n, dtype=np.int64))
    (resampled,) = resample([one], [statistic], draws.seed_weights([0]), weights)
    side = SideReplicates("internal", statistic(one.total()), resampled, leave_out_each_cluster(one, statistic))
    quantity = Quantity(side.of(metric), (Support("internal", n),), "proportion")
    cell = estimate(quantity, IntervalChoice(interval))
    assert cell.method == interval
    assert cell.low is not None
    assert cell.high is not None
    return cell.low, cell.high


def plain_macro_f1(truth: np.ndarray, predicted: np.ndarray, axis: int = -1) -> np.ndarray:
    scores = []
    for label in range(3):
        hits = ((truth == label) & (predicted == label)).sum(axis)
        scores.append(2 * hits / np.maximum((truth == label).sum(axis) + (predicted == label).sum(axis), 1))
    return np.mean(scores, axis=0)


@pytest.mark.parametrize(("interval", "method"), [("percentile", "percentile"), ("bca", "BCa")])
@pytest.mark.parametrize("metric", ["accuracy", "macro_f1"])
def test_intervals_of_one_prediction_vector_agree_with_scipy_bootstrap(
    metric: str, interval: Interval, method: str
) -> None:
    truth, predicted = vectors(imbalance=0.4)
    options = {"n_resamples": RESAMPLES, "method": method, "rng": np.random.default_rng(5), "batch": 1000}
    if metric == "accuracy":
        theirs = stats.bootstrap(((truth == predicted).astype(float),), np.mean, **options)
    else:
        theirs = stats.bootstrap((truth, predicted), plain_macro_f1, paired=True, **options)
    expected = theirs.confidence_interval
    # A quantile of B values has standard error sd·√(q(1−q)/B)/φ(z). BCa also estimates z₀, with standard
    # error √(π/2B), which enters twice. Two independent runs: ×√2. Five standard errors, and for
    # accuracy a step of 1/n.
    z = stats.norm.ppf(0.975)
    error = np.sqrt(0.025 * 0.975 / RESAMPLES) / stats.norm.pdf(z)
    if method == "BCa":
        error = np.hypot(error, 2 * np.sqrt(np.pi / 2 / RESAMPLES))
    tolerance = 5 * np.sqrt(2) * error * theirs.standard_error
    tolerance += 1 / len(truth) if metric == "accuracy" else 0
    assert our_interval(metric, interval, truth, predicted) == pytest.approx(
        (expected.low, expected.high), abs=tolerance
    )
    # The tolerance tells this interval from one at another level.
    assert tolerance < (stats.norm.ppf(0.975) - stats.norm.ppf(0.95)) * theirs.standard_error
