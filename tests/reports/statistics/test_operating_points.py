"""Thresholds: the curve against scikit-learn, rules against all thresholds there are, and texts that are no rule."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_curve

from reports.statistics.operating_points import NEVER, Rule, operating_curve, thresholds_by_fold

RULES = ("sensitivity:0.9", "specificity:0.8", "youden", "cost:5:1", "cost:1:20:0.3", "0.4")


@st.composite
def scored(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Scores with ties, and events of both kinds."""
    n = draw(st.integers(2, 30))
    score = np.array(draw(st.lists(st.integers(0, 10), min_size=n, max_size=n))) / 10
    event = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    event[0], event[-1] = True, False
    return score, event


@given(scored())
@settings(derandomize=True, deadline=None)
def test_the_curve_is_that_of_scikit_learn(case: tuple[np.ndarray, np.ndarray]) -> None:
    score, event = case
    thresholds, sensitivity, specificity = operating_curve(score, event)
    false, true, at = roc_curve(event, score, drop_intermediate=False)
    assert thresholds[0] == NEVER
    assert thresholds[1:] == pytest.approx(at[1:])
    assert sensitivity == pytest.approx(true)
    assert 1 - specificity == pytest.approx(false)


def shares(score: np.ndarray, event: np.ndarray, threshold: float) -> tuple[float, float]:
    return float((score[event] >= threshold).mean()), float((score[~event] < threshold).mean())


@given(scored(), st.sampled_from(RULES))
@settings(derandomize=True, deadline=None, max_examples=300)
def test_no_other_threshold_is_better_by_the_rule(case: tuple[np.ndarray, np.ndarray], text: str) -> None:
    score, event = case
    found = Rule.parse(text).threshold(score, event)
    every = {one: shares(score, event, one) for one in [*map(float, np.unique(score)), math.inf]}
    if text == "0.4":
        assert found == 0.4
    elif text == "sensitivity:0.9":
        assert found == max(one for one, (sensitivity, _) in every.items() if sensitivity >= 0.9)
    elif text == "specificity:0.8":
        assert found == min(one for one, (_, specificity) in every.items() if specificity >= 0.8)
    else:
        missed, false, prevalence = {
            "youden": (1, 1, 0.5),
            "cost:5:1": (5, 1, event.mean()),
            "cost:1:20:0.3": (1, 20, 0.3),
        }[text]
        loss = {
            one: prevalence * missed * (1 - of[0]) + (1 - prevalence) * false * (1 - of[1]) for one, of in every.items()
        }
        least = min(loss.values())
        assert found == min(one for one in loss if loss[one] <= least + 1e-9)


def test_cases_of_one_kind_give_no_threshold_but_a_fixed_one() -> None:
    score, all_of_them = np.array([0.1, 0.9]), np.array([True, True])
    assert math.isnan(Rule.parse("youden").threshold(score, all_of_them))
    assert Rule.parse("0.5").threshold(score, all_of_them) == 0.5


def test_a_folds_threshold_comes_from_the_other_folds() -> None:
    rng = np.random.default_rng(3)
    score, event, fold = rng.random(60), rng.random(60) < 0.4, np.arange(60) % 3
    rule = Rule.parse("sensitivity:0.8")
    found = thresholds_by_fold(rule, score, event, fold)
    assert found == {one: rule.threshold(score[fold != one], event[fold != one]) for one in range(3)}
    other = np.where(fold == 1, 1 - score, score)
    assert thresholds_by_fold(rule, other, event ^ (fold == 1), fold)[1] == found[1]
    assert set(thresholds_by_fold(Rule.parse("0.25"), score, event, fold).values()) == {0.25}


@pytest.mark.parametrize(
    "text",
    [
        *("", "best", "1.5", "-0.1", "nan", "youden:1"),
        *("sensitivity", "sensitivity:0", "sensitivity:1.1", "sensitivity:x", "sensitivity:nan", "specificity:0.9:1"),
        *("cost:1", "cost:0:1", "cost:1:1:1", "cost:1:inf"),
    ],
)
def test_what_is_no_rule_is_refused_by_its_text(text: str) -> None:
    with pytest.raises(ValueError, match=r"(no rule for a threshold|lies|costs)") as error:
        Rule.parse(text)
    assert repr(text) in str(error.value)


def test_rules_in_words() -> None:
    words = [Rule.parse(text).in_words for text in RULES]
    assert words == [
        "sensitivity ≥ 0.9",
        "specificity ≥ 0.8",
        "Youden",
        "cost 5:1",
        "cost 1:20 at prevalence 0.3",
        "threshold 0.4",
    ]
