"""Metrics of probabilities against scikit-learn; their linearised intervals against the bootstrap that sorts anew."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score

from reports.bootstrap import Draws
from reports.leaderboard import Entry, build_leaderboard
from reports.probability_metrics import PROBABILITY, auroc, brier, expected_calibration_error
from reports.probability_replicates import Probabilities, calibration, linear, linearised

CLASSES = ("a", "b", "c")


def drawn(rng: np.random.Generator, n: int, k: int = 3, skill: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities (n, k), some of them tied, and labels."""
    label = np.resize(np.arange(k), n)
    logits = rng.normal(size=(n, k)) + skill * (label[:, None] == np.arange(k))
    p = np.exp(np.round(logits, 1))
    return p / p.sum(1, keepdims=True), label


@pytest.mark.parametrize("root", range(10))
@pytest.mark.parametrize("k", [2, 3, 6])
def test_values_are_scikit_learns(root: int, k: int) -> None:
    p, label = drawn(np.random.default_rng(root), int(np.random.default_rng(root).integers(20, 200)), k)
    expected = np.mean([roc_auc_score(label == code, p[:, code]) for code in range(k)])
    assert auroc(p, label).value == pytest.approx(expected, abs=1e-12)
    if k > 2:
        assert expected == pytest.approx(roc_auc_score(label, p, multi_class="ovr", average="macro"), abs=1e-12)
    of_class = [brier_score_loss(label == code, p[:, code]) for code in range(k)]
    assert brier(p, label).value == pytest.approx(sum(of_class), abs=1e-12)


@pytest.mark.parametrize("metric", list(PROBABILITY))
def test_influences_are_derivatives(metric: str) -> None:
    """By repeating one case: a weight of 1 + 1/r is r + 1 copies where all others have r."""
    p, label = drawn(np.random.default_rng(3), 30)
    found = PROBABILITY[metric].compute(p, label)
    assert found.influence.sum() == pytest.approx(0, abs=1e-12)
    r = 400
    for case in (0, 7, 29):
        times = np.full(30, r)
        times[case] += 1
        more = PROBABILITY[metric].compute(np.repeat(p, times, axis=0), np.repeat(label, times))
        assert (more.value - found.value) * r == pytest.approx(found.influence[case], rel=0.01, abs=1e-6)


def test_an_area_needs_two_sides() -> None:
    p = np.array([[0.7, 0.3], [0.6, 0.4]])
    assert np.isnan(auroc(p, np.array([0, 0])).value)
    # Class 2 has no case, classes 0 and 1 are told apart perfectly.
    p = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1]])
    assert auroc(p, np.array([0, 1])).value == 1


@pytest.mark.parametrize("metric", list(PROBABILITY))
def test_the_linearised_bootstrap_is_close_to_the_one_that_sorts_anew(metric: str) -> None:
    rng = np.random.default_rng(5)
    n, folds = 240, 3
    p, label = drawn(rng, n, skill=1.2)
    fold, cluster = rng.permutation(n) % folds, np.arange(n) // 2  # patients of two cases
    one = Probabilities(np.zeros(n, dtype=np.int64), fold, cluster, label, p)
    draws = Draws(11, 2000)
    strata = np.zeros(n // 2, dtype=np.int64)
    value = linear(PROBABILITY[metric], one, n // 2, 1)
    (made,) = linearised([value], "internal", (0,), strata, draws)
    weights = np.concatenate(list(draws.cluster_weights("internal", strata)))[:600]
    plain = []
    for drawn_clusters in weights:
        rows = np.repeat(np.arange(n), drawn_clusters[cluster])
        of_fold = [
            PROBABILITY[metric].compute(p[r], label[r]).value for f in range(folds) if len(r := rows[fold[rows] == f])
        ]
        plain.append(np.mean(of_fold))
    exact = np.mean([PROBABILITY[metric].compute(p[fold == f], label[fold == f]).value for f in range(folds)])
    assert made.value == pytest.approx(exact, abs=1e-12)
    assert np.corrcoef(plain, made.resampled[:600])[0, 1] > 0.97
    assert np.std(plain) == pytest.approx(np.std(made.resampled), rel=0.12)  # Monte-Carlo error of 600: 3 %
    without = [
        np.mean([
            PROBABILITY[metric].compute(p[keep], label[keep]).value
            for f in range(folds)
            if (keep := (fold == f) & (cluster != gone)).any()
        ])
        for gone in range(0, n // 2, 10)
    ]  # fmt: skip
    np.testing.assert_allclose(made.deleted["internal"][::10] - exact, np.array(without) - exact, atol=2e-3)


def test_the_calibration_error_of_a_calibrated_model_is_its_reference() -> None:
    rng = np.random.default_rng(0)
    n = 20_000
    p = rng.dirichlet(np.ones(3), n)
    label = (p.cumsum(1) > rng.random((n, 1))).argmax(1)
    whole = Probabilities(*(np.zeros(n, dtype=np.int64),) * 2, np.arange(n), label, p)
    error, ideal = calibration(whole, pooled=True, rng=rng)
    assert error == pytest.approx(ideal, abs=0.006)
    few = Probabilities(*(np.zeros(250, dtype=np.int64),) * 2, np.arange(250), label[:250], p[:250])
    assert calibration(few, pooled=True, rng=rng)[1] > 3 * ideal  # small samples look uncalibrated
    # Confidences .9 and .6, right always and never: the bins differ by .1 and .6, weighted half and half.
    assert expected_calibration_error(np.array([0.9, 0.6]), np.array([1.0, 0.0])) == pytest.approx(0.35)


def entry(rng: np.random.Generator, *, gone: str = "", spoil: bool = False) -> tuple[Entry, pd.DataFrame]:
    parts = []
    for site, n in (("internal", 150), ("x", 90)):
        _, label = drawn(rng, n)
        for seed in range(3):
            for model in range(2):
                tested = np.arange(n) % 2 == model if site == "internal" else np.ones(n, dtype=bool)
                p, _ = drawn(rng, n)
                table = pd.DataFrame({
                    "seed": seed, "fold": model, "site": site, "case_id": [f"{site}/{i}" for i in range(n)],
                    "label": np.array(CLASSES)[label], "predicted": np.array(CLASSES)[p.argmax(1)],
                    **{f"p_{name}": p[:, code] for code, name in enumerate(CLASSES)},
                })  # fmt: skip
                keep = tested & ~((site == "x") & (table["label"] == gone)).to_numpy()
                parts.append(table[keep])
    predictions = pd.concat(parts, ignore_index=True)
    if spoil:
        predictions.loc[3, "p_a"] = np.nan
    cases = predictions.drop_duplicates("case_id")[["case_id", "site", "label"]]
    return Entry("net", "random", "default", 1, 1.0, 2, predictions), cases


def test_they_stand_in_the_row_with_intervals_per_fold_model() -> None:
    one, cases = entry(np.random.default_rng(1))
    board = build_leaderboard([one], cases, CLASSES, rng=np.random.default_rng(0), resamples=500)
    (row,) = board.rows
    columns = [f"p_{name}" for name in CLASSES]
    for side, cells in (("internal", row.cells.internal), ("x", row.cells.external["x"])):
        models = [m for _, m in one.predictions[one.predictions["site"] == side].groupby(["seed", "fold"])]
        expected = np.mean([
            roc_auc_score(m["label"], m[columns].to_numpy(), multi_class="ovr", average="macro") for m in models
        ])  # fmt: skip
        assert cells["auroc"].value == pytest.approx(expected, abs=1e-12)
        assert cells["auroc"].low < expected < cells["auroc"].high
        assert cells["brier"].low < cells["brier"].value < cells["brier"].high
        assert cells["ece"].low is None
        assert "perfectly calibrated" in cells["ece"].reason
    gap = row.cells.gap["x"]
    difference = row.cells.internal["brier"].value - row.cells.external["x"]["brier"].value
    assert gap["brier"].value == pytest.approx(difference, abs=1e-12)
    assert gap["ece"].value is None


def test_other_classes_at_a_site_leave_no_gap_of_areas_and_missing_numbers_nothing_at_all() -> None:
    one, cases = entry(np.random.default_rng(1), gone="b")
    (row,) = build_leaderboard([one], cases, CLASSES, rng=np.random.default_rng(0), resamples=200).rows
    assert row.cells.gap["x"]["auroc"].value is None
    assert "different classes" in row.cells.gap["x"]["auroc"].reason
    assert row.cells.gap["x"]["brier"].value is not None
    one, cases = entry(np.random.default_rng(1), spoil=True)
    board = build_leaderboard([one], cases, CLASSES, rng=np.random.default_rng(0), resamples=200)
    assert "auroc" not in board.rows[0].cells.internal
    assert any("missing or no numbers" in note for note in board.notes)
