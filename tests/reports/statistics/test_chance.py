"""What guessing would reach, against many random guesses scored by scikit-learn."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    brier_score_loss,
    cohen_kappa_score,
    f1_score,
    recall_score,
    roc_auc_score,
)

from reports.statistics.cases import index_cases
from reports.statistics.cell import Cell
from reports.statistics.chance import chance, chance_of, clearly_better
from reports.statistics.metrics.of_counts import f1_by_chance

CLASSES = ("a", "b", "c", "d")
INTERNAL = {"a": 200, "b": 100, "c": 60, "d": 40}
SITES = {
    "same": {"a": 200, "b": 100, "c": 60, "d": 40},
    "other mix": {"a": 30, "b": 70, "c": 250, "d": 50},
    "lacks d": {"a": 30, "b": 270, "c": 100},
}


def cases() -> pd.DataFrame:
    rows = [
        (f"{site}/{label}{n}", site, label)
        for site, of_class in {"internal": INTERNAL, **SITES}.items()
        for label, number in of_class.items()
        for n in range(number)
    ]
    return pd.DataFrame(rows, columns=["case_id", "site", "label"])


@pytest.mark.parametrize("side", ["internal", *SITES])
def test_it_is_the_mean_of_many_random_guesses(side: str) -> None:
    table = cases()
    found = chance(index_cases(table, CLASSES))[side]
    rng = np.random.default_rng(1)
    shares = np.array(list(INTERNAL.values())) / sum(INTERNAL.values())
    truth = table["label"][table["site"] == side].map(CLASSES.index).to_numpy()
    held = sorted(set(truth))
    scores = {"accuracy": [], "macro_f1": [], "balanced_accuracy": [], "kappa": []}
    recalls = []
    for _ in range(400):
        guess = rng.choice(len(CLASSES), len(truth), p=shares)
        scores["accuracy"].append(accuracy_score(truth, guess))
        scores["macro_f1"].append(f1_score(truth, guess, labels=held, average="macro", zero_division=0))
        # recalls over the classes that are there: scikit-learn warns of guesses of others
        recalls.append(recall_score(truth, guess, labels=held, average=None, zero_division=0))
        scores["balanced_accuracy"].append(recalls[-1].mean())
        scores["kappa"].append(cohen_kappa_score(truth, guess))
    for metric, drawn in scores.items():
        error = np.std(drawn) / np.sqrt(len(drawn))
        assert found[metric] == pytest.approx(np.mean(drawn), abs=4 * error + 0.002), metric
    assert np.mean(recalls, axis=0) == pytest.approx(shares[: len(held)], abs=0.01)
    constant = np.tile(shares, (len(truth), 1))
    brier = sum(brier_score_loss(truth == code, constant[:, code]) for code in range(len(CLASSES)))
    assert found["brier"] == pytest.approx(brier)
    areas = [roc_auc_score(truth == code, constant[:, 0]) for code in held]
    assert found["auroc"] == np.mean(areas) == 0.5
    precisions = [average_precision_score(truth == code, constant[:, 0]) for code in held]
    assert found["average_precision"] == pytest.approx(np.mean(precisions))


def test_equal_classes_give_one_in_so_many_everywhere() -> None:
    even = np.full(6, 1 / 6)
    found = chance_of(even, even)
    for metric in ("accuracy", "macro_f1", "balanced_accuracy"):
        assert found[metric] == pytest.approx(1 / 6)
    assert (found["kappa"], found["auroc"]) == (0, 0.5)
    assert found["brier"] == pytest.approx(5 / 6)


def test_balanced_accuracy_is_one_in_so_many_whatever_the_mix() -> None:
    """scikit-learn's, of every class guessed alike and of one guessed always."""
    mix = np.array([0.7, 0.2, 0.1])
    assert chance_of(mix, np.array([0.1, 0.1, 0.8]))["balanced_accuracy"] == pytest.approx(1 / 3)
    assert balanced_accuracy_score(["a", "b", "c"], ["a", "a", "a"]) == pytest.approx(1 / 3)


def test_a_class_that_neither_side_has_has_no_f1() -> None:
    assert f1_by_chance(np.array([1.0, 0.0]), np.array([1.0, 0.0])).tolist() == [1.0, 0.0]
    assert chance_of(np.array([1.0, 0.0]), np.array([0.0, 1.0]))["macro_f1"] == 0


@pytest.mark.parametrize(
    ("cell", "better"),
    [
        (Cell(0.5, 0.3, 0.7), True),
        (Cell(0.5, 0.25, 0.7), False),
        (Cell(0.5, 0.1, 0.7), False),
        (Cell(0.1, 0.05, 0.15), False),
        (Cell(0.9, reason="too few"), False),
        (Cell(None, reason="undefined"), False),
    ],
)
def test_clearly_better_is_an_interval_above(cell: Cell, better: bool) -> None:
    assert clearly_better(cell, 0.25) == better
