"""The worlds of the second simulator: what is drawn is as described, and their truth is the truth."""

from __future__ import annotations

from dataclasses import replace
from statistics import NormalDist

import numpy as np
import pytest
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    cohen_kappa_score,
    confusion_matrix,
    f1_score,
    precision_score,
    recall_score,
    roc_auc_score,
)

from benchmarks import world_metrics
from benchmarks.listed_worlds import COVERAGE, EQUAL, POWER, WORLDS
from benchmarks.world_scores import signal, softmax
from benchmarks.world_studies import case_table, draw, predictions, sample, sizes
from benchmarks.world_truth import truth, truth_given_models
from benchmarks.worlds import Effects, Population, World

TWO = (0.5, 0.5)
STILL = Effects(seed=0.0, fold_model=0.0, fold_model_outside=0.0)
SMALL = World("small", Population(40, "geometric", 5.0, classes_per_patient=3), Population(20), seeds=3)


def test_a_world_of_two_classes_has_the_truth_that_is_solved_by_hand() -> None:
    """Both scores are normal: accuracy is Φ(signal / σ√2), and the area under the curve Φ(signal / σ)."""
    world = World("two", Population(10, shares=TWO, accuracy=0.8), Population(10, shares=TWO, accuracy=0.7), STILL)
    found = truth(world, 0, 64)
    for place, accuracy in (("internal", 0.8), ("external", 0.7)):
        quantile = NormalDist().inv_cdf(accuracy)
        assert found[f"{place}.accuracy"] == pytest.approx(accuracy, abs=0.004)
        assert found[f"{place}.macro_f1"] == pytest.approx(accuracy, abs=0.004)
        assert found[f"{place}.kappa"] == pytest.approx(2 * accuracy - 1, abs=0.008)
        assert found[f"{place}.confused"] == pytest.approx(1 - accuracy, abs=0.004)
        assert found[f"{place}.auroc"] == pytest.approx(NormalDist().cdf(np.sqrt(2) * quantile), abs=0.004)
    assert found["gap.accuracy"] == found["internal.accuracy"] - found["external.accuracy"]


def test_seeds_that_differ_lower_the_two_class_accuracy_of_a_fixed_signal_as_computed() -> None:
    """The variances of skill and of the offsets' difference add to those of the case."""
    effects = Effects(seed=0.5, fold_model=0.4, fold_model_outside=0.4)
    world = World("two", Population(10, shares=TWO, accuracy=0.8), Population(10, shares=TWO), effects)
    of_case = sum(x**2 for x in (effects.patient, effects.case, effects.case_seed, effects.backbone_case))
    of_case += effects.backbone_patient**2
    spread = np.sqrt(2 * of_case + (1 + 2 * 0.5**2) * (0.5**2 + 0.4**2))
    assert signal(world, False, 0) == pytest.approx(spread * NormalDist().inv_cdf(0.8), rel=0.01)


@pytest.mark.parametrize("name", ["fold-models", "rare", "near-chance"])
def test_the_planted_accuracy_is_that_of_the_truth(name: str) -> None:
    world = WORLDS[name]
    found = truth(world, 0, 32)
    assert found["internal.accuracy"] == pytest.approx(world.inside.accuracy, abs=0.008)
    assert found["external.accuracy"] == pytest.approx(world.outside.accuracy, abs=0.02)


def test_a_second_backbone_is_less_accurate_by_the_difference() -> None:
    world = replace(WORLDS["cases"], backbones=2, difference=0.06)
    apart = truth(world, 0, 16)["internal.accuracy"] - truth(world, 1, 16)["internal.accuracy"]
    assert apart == pytest.approx(0.06, abs=0.004)


def test_a_large_study_scored_by_scikit_learn_agrees_with_the_truth_given_its_models() -> None:
    inside, outside = Population(9000, shares=(0.1, 0.2, 0.7)), Population(4000, shares=(0.5, 0.3, 0.2), accuracy=0.6)
    effects = Effects(seed=0.5, fold_model=0.3, fold_model_outside=1.0)
    study = draw(World("large", inside, outside, effects, seeds=1, folds=3), np.random.default_rng(4))
    expected = truth_given_models(study, 0, np.random.default_rng(5))
    at_home, label = study.scores_inside[0, 0], study.inside.label
    assert expected["internal.accuracy"] == pytest.approx(accuracy_score(label, at_home.argmax(-1)), abs=0.015)
    assert expected["internal.macro_f1"] == pytest.approx(
        f1_score(label, at_home.argmax(-1), average="macro"), abs=0.02
    )
    models = study.scores_outside[0, 0]
    pooled, repeated = models.argmax(-1).ravel(), np.tile(study.outside.label, 3)
    assert expected["external.kappa"] == pytest.approx(cohen_kappa_score(repeated, pooled), abs=0.02)
    of_models = [roc_auc_score(study.outside.label, softmax(one), multi_class="ovr") for one in models]
    assert expected["external.auroc"] == pytest.approx(np.mean(of_models), abs=0.015)


def test_appearance_and_prevalence_shift_add_up_to_the_gap_and_vanish_where_nothing_shifts() -> None:
    found = truth(WORLDS["other-mix"], 0, 16)
    for metric in ("accuracy", "macro_f1"):
        parts = found[f"appearance.{metric}"] + found[f"prevalence.{metric}"]
        assert parts == pytest.approx(found[f"gap.{metric}"], abs=1e-12)
    assert abs(found["prevalence.macro_f1"]) > 0.005
    same = truth(replace(WORLDS["cases"], outside=WORLDS["cases"].inside), 0, 16)
    assert same["appearance.accuracy"] == pytest.approx(0, abs=0.005)
    assert same["prevalence.macro_f1"] == pytest.approx(0, abs=0.005)


def test_a_site_that_lacks_a_class_is_averaged_over_the_others_and_the_gap_over_what_both_hold() -> None:
    cells = np.array([[[0.3, 0.1, 0.0], [0.1, 0.2, 0.1], [0.0, 0.1, 0.1]]])
    lacking = world_metrics.of_confusion(world_metrics.of_labels(cells, np.array([True, True, False])), ("a", "b", "c"))
    assert lacking["balanced_accuracy"] == pytest.approx((3 / 4 + 1 / 2) / 2)
    assert lacking["macro_f1"] == pytest.approx((0.6 / 0.8 + 0.4 / 0.7) / 2)
    assert np.isnan(lacking["recall:c"])
    found = truth(WORLDS["lacks-a-class"], 0, 16)
    assert "external.recall:subarachnoid" not in found
    assert "appearance.accuracy" not in found
    assert found["external.average_precision"] > 0.25
    assert found["external.balanced_accuracy"] == pytest.approx(found["external.accuracy"], abs=0.01)
    assert found["external.accuracy"] == pytest.approx(0.65, abs=0.01)
    assert found["gap.macro_f1"] > found["internal.macro_f1"] - found["external.macro_f1"]


def test_metrics_are_those_of_scikit_learn_with_weights() -> None:
    rng = np.random.default_rng(8)
    label, weight, probability = rng.integers(0, 3, 400), rng.random(400), softmax(rng.standard_normal((400, 3)))
    predicted = probability.argmax(-1)
    cells = world_metrics.confusion(label, predicted, weight, 3)
    assert cells == pytest.approx(confusion_matrix(label, predicted, sample_weight=weight, normalize="all"))
    found = world_metrics.of_confusion(cells, ("a", "b", "c"))
    assert found["accuracy"] == pytest.approx(accuracy_score(label, predicted, sample_weight=weight))
    assert found["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(label, predicted, sample_weight=weight))
    assert found["kappa"] == pytest.approx(cohen_kappa_score(label, predicted, sample_weight=weight))
    for name, score in (("f1", f1_score), ("recall", recall_score), ("precision", precision_score)):
        of_classes = score(label, predicted, average=None, sample_weight=weight)
        assert [found[f"{name}:{one}"] for one in "abc"] == pytest.approx(list(of_classes))
    assert found["macro_f1"] == pytest.approx(f1_score(label, predicted, average="macro", sample_weight=weight))
    of_model, wanted = world_metrics.of_probabilities(probability, label, weight), np.eye(3)[label]
    areas = [roc_auc_score(wanted[:, c], probability[:, c], sample_weight=weight) for c in range(3)]
    precisions = [average_precision_score(wanted[:, c], probability[:, c], sample_weight=weight) for c in range(3)]
    assert of_model["auroc"] == pytest.approx(np.mean(areas))
    assert of_model["average_precision"] == pytest.approx(np.mean(precisions))
    assert of_model["brier"] == pytest.approx(np.average(np.square(probability - wanted).sum(1), weights=weight))


def test_heavy_tails_have_a_few_patients_with_most_cases_and_none_above_120() -> None:
    found = sizes(Population(20_000, "pareto"), np.random.default_rng(9))
    assert found.min() == 1
    assert found.max() == 120
    assert np.median(found) == 3  # 3 × (2^(1/1.1) − 1) = 2.6, in whole cases
    assert np.sort(found)[-2000:].sum() > found.sum() * 0.45


def test_geometric_sizes_have_the_mean_of_the_world() -> None:
    assert sizes(Population(20_000, "geometric", 6.0), np.random.default_rng(9)).mean() == pytest.approx(6, abs=0.15)


def test_a_tenth_of_patients_bears_another_class_on_every_case() -> None:
    cases = sample(Population(5000, "geometric", 4.0, mislabelled=0.1), np.random.default_rng(10))
    wrong = cases.true != cases.label
    share = np.bincount(cases.patient, weights=wrong) / np.bincount(cases.patient)
    assert set(share) == {0.0, 1.0}
    assert share.mean() == pytest.approx(0.1, abs=0.015)


def test_classes_have_their_shares_and_patients_as_many_as_stated() -> None:
    shares = (0.03, 0.06, 0.21, 0.3, 0.4)
    cases = sample(Population(30_000, "geometric", 4.0, shares, classes_per_patient=2), np.random.default_rng(11))
    assert np.bincount(cases.true) / len(cases) == pytest.approx(shares, abs=0.01)
    kinds = np.unique(np.stack([cases.patient, cases.true]), axis=1)[0]
    assert np.bincount(kinds).max() == 2


def test_folds_never_split_a_patient_and_every_seed_splits_anew() -> None:
    study = draw(SMALL, np.random.default_rng(12))
    for fold in study.fold:
        of_patient = np.unique(np.stack([study.inside.patient, fold]), axis=1)
        assert of_patient.shape[1] == SMALL.inside.patients
        assert set(np.bincount(of_patient[1])) == {8}
    assert (study.fold[0] != study.fold[1]).any()


def test_frames_hold_every_prediction_once_and_probabilities_sum_to_one() -> None:
    study = draw(SMALL, np.random.default_rng(13))
    cases, found = case_table(study), predictions(study, 0)
    n, m = len(study.inside), len(study.outside)
    assert len(cases) == n + m
    assert len(found) == 3 * n + 3 * 5 * m
    probability = found[[f"p_{name}" for name in SMALL.classes]]
    assert probability.sum(axis=1).to_numpy() == pytest.approx(1)
    assert (probability.to_numpy().argmax(1) == found["predicted"].cat.codes).all()
    assert not found.duplicated(["seed", "fold", "site", "case_id"]).any()
    labels = cases.set_index("case_id")["label"]
    assert (found["label"].astype(str).to_numpy() == labels[found["case_id"].astype(str)].to_numpy()).all()
    inside = found[found["site"] == "internal"].drop_duplicates(["seed", "case_id"])
    assert len(inside) == 3 * n


def test_probabilities_of_a_calibrated_world_are_right() -> None:
    world = replace(WORLDS["calibrated-cases"], inside=Population(20_000), seeds=1)
    study = draw(world, np.random.default_rng(14))
    found = predictions(study, 0).query("site == 'internal'")
    confidence = found[[f"p_{name}" for name in world.classes]].max(axis=1)
    right = (found["predicted"].astype(str) == found["label"].astype(str)).astype(float)
    for _, part in right.groupby((confidence * 10).astype(int)):
        if len(part) > 500:
            assert part.mean() == pytest.approx(confidence[part.index].mean(), abs=3 * 0.5 / np.sqrt(len(part)))


def test_the_lists_of_worlds_name_worlds() -> None:
    assert {*COVERAGE, *EQUAL, *POWER} <= WORLDS.keys()
    assert all(world.name == name for name, world in WORLDS.items())
