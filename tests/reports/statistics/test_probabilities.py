"""Metrics of probabilities against scikit-learn, whole and without each patient, and their bootstrap."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from reports import Entry, build_leaderboard
from reports.statistics.bootstrap import Draws
from reports.statistics.metrics import metrics_of
from reports.statistics.metrics.calibration import calibration_error, expected_calibration_error
from reports.statistics.metrics.metric import ProbabilityMetric
from reports.statistics.metrics.of_probabilities import auroc, average_precision, brier
from reports.statistics.probabilities import Probabilities
from reports.statistics.probability_replicates import replicated, values_of

CLASSES = ("a", "b", "c")
PROBABILITY = metrics_of(ProbabilityMetric)


def drawn(rng: np.random.Generator, n: int, k: int = 3, skill: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities (n, k), some of them tied, and labels."""
    label = np.resize(np.arange(k), n)
    logits = rng.normal(size=(n, k)) + skill * (label[:, None] == np.arange(k))
    p = np.exp(np.round(logits, 1))
    return p / p.sum(1, keepdims=True), label


def value_of(metric: str, p: np.ndarray, label: np.ndarray) -> float:
    """By scikit-learn, over the classes that have cases and leave others."""
    if metric == "brier":
        return float(sum(brier_score_loss(label == code, p[:, code]) for code in range(p.shape[1])))
    score = {"auroc": roc_auc_score, "average_precision": average_precision_score}[metric]
    there = [code for code in range(p.shape[1]) if 0 < (label == code).sum() < len(label)]
    return float(np.mean([score(label == code, p[:, code]) for code in there]))


@pytest.mark.parametrize("root", range(10))
@pytest.mark.parametrize("k", [2, 3, 6])
def test_values_are_scikit_learns(root: int, k: int) -> None:
    p, label = drawn(np.random.default_rng(root), int(np.random.default_rng(root).integers(20, 200)), k)
    for metric, how in PROBABILITY.items():
        found = how.compute(p, label, np.zeros_like(label)).value
        assert np.mean(found) == pytest.approx(value_of(metric, p, label), abs=1e-12)
    if k > 2:
        expected = roc_auc_score(label, p, multi_class="ovr", average="macro")
        assert value_of("auroc", p, label) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("metric", list(PROBABILITY))
@pytest.mark.parametrize("patients", ["cases alone", "few large", "mixed"])
def test_without_each_patient_it_is_that_of_the_other_cases(metric: str, patients: str) -> None:
    rng = np.random.default_rng(7)
    p, label = drawn(rng, 60)  # rounded logits, so that many probabilities are tied
    sizes = {"cases alone": [1] * 60, "few large": [20, 15, 15, 10], "mixed": [9, 1, 12, 1, 1, 7, 20, 1, 1, 7]}[
        patients
    ]
    cluster = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    found = PROBABILITY[metric].compute(p, label, cluster).without.mean(1)
    expected = [value_of(metric, p[cluster != gone], label[cluster != gone]) for gone in range(len(sizes))]
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_an_area_needs_two_sides() -> None:
    p, alone = np.array([[0.7, 0.3], [0.6, 0.4]]), np.arange(2)
    assert np.isnan(auroc(p, np.array([0, 0]), alone).value).all()
    # Class 2 has no case, classes 0 and 1 are told apart perfectly; without either case there is nothing to tell apart.
    p = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1]])
    found = auroc(p, np.array([0, 1]), alone)
    np.testing.assert_array_equal(found.value, [1, 1, np.nan])
    assert np.isnan(found.without).all()
    np.testing.assert_array_equal(average_precision(p, np.array([0, 1]), alone).value, [1, 1, np.nan])
    np.testing.assert_allclose(brier(p, np.array([0, 1]), alone).value, [(0.09 + 0.04 + 0.01 + 0.01 + 0.04 + 0.01) / 2])


def test_a_class_of_one_case_a_fold_has_the_variance_of_its_cases() -> None:
    """Five fold models with one case of the class each: its area is their mean, and leaving one out leaves four."""
    rng, n = np.random.default_rng(3), 100
    fold = np.arange(n) % 5
    label = (np.arange(n) < 5).astype(np.int64)
    p = rng.random((n, 1))
    one = Probabilities(np.zeros(n, dtype=np.int64), fold, np.arange(n), label, np.hstack([1 - p, p]))
    values = values_of(PROBABILITY["auroc"], one, n, 1)
    areas = np.array([np.mean(p[(fold == f) & (label == 0)] < p[f]) for f in range(5)])
    assert values.per_seed == pytest.approx([areas.mean()])
    expected = [np.delete(areas, f).mean() - areas.mean() for f in range(5)]
    np.testing.assert_allclose(values.changes[:5, 0], expected, atol=1e-12)


@pytest.mark.parametrize("metric", list(PROBABILITY))
def test_the_bootstrap_by_changes_is_close_to_the_one_that_sorts_anew(metric: str) -> None:
    rng = np.random.default_rng(5)
    n, folds = 240, 3
    p, label = drawn(rng, n, skill=1.2)
    fold, cluster = rng.permutation(n) % folds, np.arange(n) // 2  # patients of two cases
    one = Probabilities(np.zeros(n, dtype=np.int64), fold, cluster, label, p)
    draws = Draws(11, 2000)
    strata = np.zeros(n // 2, dtype=np.int64)
    value = values_of(PROBABILITY[metric], one, n // 2, 1)
    (made,) = replicated([value], "internal", (0,), strata, draws, internal=True)
    weights = np.concatenate(list(draws.cluster_weights("internal", strata)))[:600]
    plain = []
    for drawn_clusters in weights:
        rows = np.repeat(np.arange(n), drawn_clusters[cluster])
        of_fold = [value_of(metric, p[r], label[r]) for f in range(folds) if len(r := rows[fold[rows] == f])]
        plain.append(np.mean(of_fold))
    exact = np.mean([value_of(metric, p[fold == f], label[fold == f]) for f in range(folds)])
    assert made.value == pytest.approx(exact, abs=1e-12)
    assert np.corrcoef(plain, made.resampled[:600])[0, 1] > 0.96
    assert np.std(plain) == pytest.approx(np.std(made.resampled), rel=0.12)  # Monte-Carlo error of 600: 3 %
    without = []
    for gone in range(0, n // 2, 10):
        kept = [(fold == f) & (cluster != gone) for f in range(folds)]
        without.append(np.mean([value_of(metric, p[keep], label[keep]) for keep in kept]))
    np.testing.assert_allclose(made.changes["internal"][::10, 0], np.array(without) - exact, atol=1e-7)


@pytest.mark.parametrize("patients", ["cases alone", "patients"])
def test_half_of_all_calibrated_models_lie_above_their_reference(patients: str) -> None:
    """Confidences of patients that are right together more or less often than alone; 300 studies, ± .029."""
    rng, above, n = np.random.default_rng(4), 0, 240
    cluster = np.arange(n) if patients == "cases alone" else np.arange(n) // 6
    for _ in range(300):
        # a patient's own luck u: each case is right with exactly its confidence, the cases of a patient together
        confidence = rng.uniform(0.4, 0.95, n)
        together = rng.random(n) < 0.6
        luck = np.where(together, rng.random(cluster.max() + 1)[cluster], rng.random(n))
        right = luck < confidence
        p = np.stack([confidence, 1 - confidence], axis=1)
        flip = confidence < 0.5
        label = np.where(right != flip, 0, 1)
        p[flip] = p[flip, ::-1]
        p = np.where(flip[:, None], p[:, ::-1], p)
        one = Probabilities(np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64), cluster, label, p)
        error, reference = calibration_error(one, True, rng)
        above += error > reference
    assert 0.38 <= above / 300 <= 0.62


def test_the_calibration_error_of_a_calibrated_model_is_its_reference() -> None:
    rng = np.random.default_rng(0)
    n = 20_000
    p = rng.dirichlet(np.ones(3), n)
    label = (p.cumsum(1) > rng.random((n, 1))).argmax(1)
    whole = Probabilities(*(np.zeros(n, dtype=np.int64),) * 2, np.arange(n), label, p)
    error, ideal = calibration_error(whole, True, rng)
    assert error == pytest.approx(ideal, abs=0.006)
    few = Probabilities(*(np.zeros(250, dtype=np.int64),) * 2, np.arange(250), label[:250], p[:250])
    assert calibration_error(few, True, rng)[1] > 3 * ideal  # small samples look uncalibrated
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
        assert "half of all calibrated models" in cells["ece"].reason
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
