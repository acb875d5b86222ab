"""The expected precision of the worklist, against planted label errors and models of known accuracy."""

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier
from threadpoolctl import threadpool_limits

from reports.statistics.worklist import Worklist, build_worklist
from reports.statistics.worklist_precision import expected_precision, is_informative, largest_rate, precision_in_words


def planted(features: np.ndarray, truth: np.ndarray, model: object, rate: float, root: int) -> tuple[Worklist, float]:
    """The worklist of 3 seeds × 5 folds trained on labels of which a share is wrong, and the share of it that is."""
    rng = np.random.default_rng(root)
    labels = truth.copy()
    wrong = rng.choice(len(labels), round(rate * len(labels)), replace=False)
    labels[wrong] = (labels[wrong] + rng.integers(1, 10, len(wrong))) % 10
    with threadpool_limits(1):
        seeds = [
            cross_val_predict(
                model,
                features,
                labels,
                cv=StratifiedKFold(5, shuffle=True, random_state=seed),
                method="predict_proba",
            )
            for seed in range(3)
        ]
    worklist = build_worklist([np.stack(seeds)], labels)
    listed = [one.case for one in worklist.suspects]
    return worklist, float(np.isin(listed, wrong).mean())


@pytest.mark.parametrize(
    ("noise", "make", "accuracy"),
    [
        (0.0, lambda: KNeighborsClassifier(3), (0.85, 1.0)),
        (0.4, lambda: LogisticRegression(solver="newton-cholesky", C=0.02), (0.6, 0.8)),
        (1.0, lambda: LogisticRegression(solver="newton-cholesky", C=0.02), (0.3, 0.5)),
        (50.0, lambda: LogisticRegression(solver="newton-cholesky", C=0.02), (0.05, 0.15)),
    ],
    ids=["nearly always right", "often right", "sometimes right", "at chance"],
)
def test_it_is_near_the_true_share_of_planted_errors(
    noise: float, make: Callable[[], object], accuracy: tuple[float, float]
) -> None:
    """10 % of the labels of 1,797 digits are wrong; noise on the images makes models of any accuracy."""
    digits = load_digits()
    rng = np.random.default_rng(5)
    features = digits.data / 16 + rng.normal(0, noise, digits.data.shape)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    with threadpool_limits(1):
        right = cross_val_predict(make(), features, digits.target, cv=folds) == digits.target
    assert accuracy[0] < right.mean() < accuracy[1]
    found = [planted(features, digits.target, make(), 0.1, root) for root in range(2)]
    expected, true = (
        np.mean([expected_precision(worklist, 0.1) for worklist, _ in found]),
        np.mean([share for _, share in found]),
    )
    print(f"accuracy {right.mean():.2f}: expected {expected:.3f}, true {true:.3f}")
    assert expected == pytest.approx(true, abs=0.04)
    assert all(is_informative(worklist) == (accuracy[0] > 0.5) for worklist, _ in found)
    if accuracy[1] < 0.2:
        assert expected < 0.15


def test_by_hand() -> None:
    """Two classes with thresholds .6 and .8; of six cases one is listed, number 2.

    Under the other label 0, 1, 3 and 4 would be, which are confidently their own class; not 2, whose other label is the
    one it is called; nor 5, which has .7 of class 1 and is not confident.
    """
    first = np.array([0.9, 0.8, 0.1, 0.2, 0.1, 0.3])
    worklist = build_worklist([np.stack([first, 1 - first], -1)[None]], np.array([0, 0, 0, 1, 1, 1]))
    assert len(worklist.suspects) == 1
    assert worklist.findable == pytest.approx(4 / 6)
    assert largest_rate(worklist) == pytest.approx((1 / 6) / (4 / 6))
    assert expected_precision(worklist, 0.1) == pytest.approx(0.1 * (4 / 6) / (1 / 6))
    assert expected_precision(worklist, 0.5) == 1
    said = precision_in_words(worklist)
    assert said.startswith(
        "Expected precision: were 1, 5 or 10 % of all labels wrong at random, 4, 20 or 40 % of those listed would be; "
        "of cases drawn blindly 1, 5 or 10 % (of cases given another label at random 67 % would be listed; labels that"
    )


def test_a_list_shorter_than_one_wrong_label_in_a_hundred_says_so() -> None:
    labels = np.resize([0, 1], 400)
    first = np.where(labels == 0, 0.9, 0.1)
    first[0] = 0.05
    worklist = build_worklist([np.stack([first, 1 - first], -1)[None]], labels)
    assert len(worklist.suspects) == 1
    said = precision_in_words(worklist)
    assert said.startswith(
        "Expected precision: not known. So few are listed that at most 0.3 % of all labels are wrong"
    )


def test_without_a_list_or_a_second_class_nothing_is_said() -> None:
    first = np.array([0.9, 0.8, 0.1, 0.2])
    nothing = build_worklist([np.stack([first, 1 - first], -1)[None]], np.array([0, 0, 1, 1]))
    assert (expected_precision(nothing, 0.1), precision_in_words(nothing)) == (None, None)
    alone = build_worklist([np.stack([first, 1 - first], -1)[None]], np.zeros(4, dtype=np.int64))
    assert alone.findable is None
    assert precision_in_words(alone) is None
