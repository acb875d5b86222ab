"""Likelihood ratios: their values by scikit-learn, their intervals by Simel's (1991) formula, and those without end."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import class_likelihood_ratios

from reports.statistics.estimate import IntervalChoice, Quantity, Support
from reports.statistics.likelihood_ratios import Ratio, Share, ratio
from reports.statistics.replicates import Replicates

CHOICE = IntervalChoice()


def share(hits: np.ndarray, clusters: np.ndarray) -> Share:
    """The mean of hits (n_cases,), each a cluster of its own."""
    n, value = len(hits), hits.mean()
    changes = ((hits.sum() - hits) / (n - 1) - value)[:, None]
    replicates = Replicates(np.array([value]), np.empty(0), {"here": changes})
    return Share(Quantity(replicates, (Support("here", n),), "proportion"), clusters)


def of_counts(tp: int, fn: int, fp: int, tn: int) -> tuple[Share, Share]:
    """Sensitivity and specificity."""
    sick = share(np.repeat([1.0, 0.0], [tp, fn]), np.arange(tp + fn))
    return sick, share(np.repeat([0.0, 1.0], [fp, tn]), tp + fn + np.arange(fp + tn))


@pytest.mark.parametrize("counts", [(700, 300, 100, 900), (900, 1100, 600, 2400), (450, 50, 300, 1200)])
def test_values_and_intervals_are_known_ones(counts: tuple[int, int, int, int]) -> None:
    tp, fn, fp, tn = counts
    sensitivity, specificity = of_counts(*counts)
    positive = ratio(sensitivity, specificity.complement(), CHOICE)
    negative = ratio(sensitivity.complement(), specificity, CHOICE)
    assert isinstance(positive, Ratio)
    assert isinstance(negative, Ratio)
    truth = np.repeat([1, 1, 0, 0], counts)
    called = np.repeat([1, 0, 1, 0], counts)
    assert (positive.value, negative.value) == pytest.approx(class_likelihood_ratios(truth, called))
    for one, a, b in ((positive, (tp, tp + fn), (fp, fp + tn)), (negative, (fn, tp + fn), (tn, fp + tn))):
        spread = 1.96 * math.sqrt(1 / a[0] - 1 / a[1] + 1 / b[0] - 1 / b[1])
        assert one.low is not None
        assert one.high is not None
        assert math.log(one.low) == pytest.approx(math.log(one.value) - spread, abs=0.05 * spread)
        assert math.log(one.high) == pytest.approx(math.log(one.value) + spread, abs=0.05 * spread)


def test_at_the_prevalence_of_the_cases_the_predictive_values_are_those_of_the_cases() -> None:
    tp, fn, fp, tn = 80, 20, 30, 270
    sensitivity, specificity = of_counts(tp, fn, fp, tn)
    positive = ratio(sensitivity, specificity.complement(), CHOICE)
    negative = ratio(sensitivity.complement(), specificity, CHOICE)
    assert isinstance(positive, Ratio)
    assert isinstance(negative, Ratio)
    odds = (tp + fn) / (fp + tn)
    assert positive.predictive_value(odds).value == pytest.approx(tp / (tp + fp))
    assert negative.predictive_value(odds).value == pytest.approx(fn / (fn + tn))
    ppv = positive.predictive_value(odds)
    assert ppv.low is not None
    assert ppv.high is not None
    assert ppv.low < tp / (tp + fp) < ppv.high


def test_without_a_false_call_it_is_infinite_and_the_predictive_value_has_a_lower_end() -> None:
    sensitivity, specificity = of_counts(45, 5, 0, 60)
    found = ratio(sensitivity, specificity.complement(), CHOICE)
    assert isinstance(found, Ratio)
    assert math.isinf(found.value)
    cell = found.cell()
    assert cell.value is None
    assert cell.reason is not None
    assert cell.reason.startswith("infinite, since what it is divided by is 0; its interval begins at")
    ppv = found.predictive_value(0.1)
    assert (ppv.value, ppv.high) == (1.0, 1.0)
    assert found.low is not None
    most_false = 1 - 0.025 ** (1 / 60)  # Clopper and Pearson's upper bound of none of 60
    assert ppv.low == pytest.approx(found.low * 0.1 / (1 + found.low * 0.1))
    assert found.low < 0.9 / most_false


def test_none_missed_is_a_ratio_of_0_with_an_upper_end() -> None:
    sensitivity, specificity = of_counts(50, 0, 10, 60)
    found = ratio(sensitivity.complement(), specificity, CHOICE)
    assert isinstance(found, Ratio)
    cell = found.cell()
    assert (cell.value, cell.low) == (0.0, 0.0)
    assert cell.high is not None
    assert cell.high > (1 - 0.025 ** (1 / 50)) / 1.0


def test_nothing_over_nothing_is_said_to_be_that() -> None:
    sensitivity, specificity = of_counts(0, 50, 0, 60)
    assert ratio(sensitivity, specificity.complement(), CHOICE) == "both shares that it divides are 0"
    found = ratio(sensitivity.complement(), specificity, CHOICE)
    assert isinstance(found, Ratio)
    assert found.value == 1.0


def test_a_share_of_one_patient_gives_a_value_without_an_interval() -> None:
    one = share(np.array([1.0, 0.0]), np.arange(2))
    few = Share(Quantity(one.quantity.replicates, (Support("here", 1),), "proportion"), one.clusters)
    found = ratio(few, of_counts(5, 5, 5, 5)[1], CHOICE)
    assert isinstance(found, Ratio)
    assert (found.value, found.low, found.high) == (1.0, None, None)
    assert found.reason is not None
    assert found.reason.startswith("here has 1 cluster, 2 needed")
