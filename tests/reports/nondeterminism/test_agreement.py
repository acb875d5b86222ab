"""Scores, churn and flips of repeated runs, against scikit-learn and by hand."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score

from reports.nondeterminism.agreement import Side, churn, disagreement, flip_rates, worst


def test_churn_and_flips_by_hand() -> None:
    # Cases:              a  b  c  d
    runs = np.array([[[0, 1, 2, 0]], [[0, 1, 1, 0]], [[0, 2, 0, 0]]])
    # pairs: 1–2 differ in c (1/4), 1–3 in b and c (2/4), 2–3 in b and c (2/4)
    assert churn(runs) == pytest.approx((1 / 4 + 2 / 4 + 2 / 4) / 3)
    # of three pairs, b differs in two and c in three
    assert flip_rates(runs).tolist() == pytest.approx([0, 2 / 3, 1, 0])
    assert flip_rates(runs).mean() == pytest.approx(churn(runs))
    assert worst({"init": flip_rates(runs), "order": np.zeros(4)}, most=3) == [2, 1]
    assert churn(runs[:1]) is None


def test_models_of_an_external_site_are_paired_by_fold() -> None:
    a, b = np.array([[0, 1], [0, 0]]), np.array([[0, 1], [1, 1]])
    assert disagreement(a, b) == pytest.approx(2 / 4)
    assert flip_rates(np.stack([a, b])).tolist() == [0.5, 0.5]


def test_only_cases_that_both_runs_predict_count() -> None:
    runs = np.array([[[0, 1, -1]], [[1, -1, 2]]])
    assert churn(runs) == pytest.approx(1.0)
    rates = flip_rates(runs)
    assert rates[0] == 1.0
    assert np.isnan(rates[1:]).all()
    assert disagreement(np.array([[-1, 0]]), np.array([[0, -1]])) is None
    assert worst({"split": rates}, most=3) == [0]


def test_scores_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 40)
    predicted = rng.integers(0, 3, (4, 2, 40))
    side = Side(labels, predicted, 3)
    both = np.tile(labels, 2)  # two fold models: their confusion matrices are averaged, which is pooling them
    for run in range(4):
        flat = predicted[run].ravel()
        assert side.scores()["accuracy"][run] == pytest.approx(accuracy_score(both, flat))
        assert side.scores()["macro_f1"][run] == pytest.approx(f1_score(both, flat, average="macro"))
        assert side.of_each_class()[run].tolist() == pytest.approx(f1_score(both, flat, average=None).tolist())
