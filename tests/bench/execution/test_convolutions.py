"""Runs whose convolutions follow a rule: the same bytes everywhere, and the same maps, features and models."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from execution_runs import prepare_runs

from backbones.cam import Cam
from backbones.cam_layers import cam_layer
from backbones.convolutions import NEWEST, layers
from backbones.convolutions.layers import ChosenConv2d
from backbones.convolutions.rule import Ways
from bench.cache import Caches
from bench.execution.features import feature_key
from bench.execution.in_process import InProcessExecutor
from bench.execution.pool import PoolExecutor
from bench.execution.resources import Resources
from bench.execution.run import PreparedRun
from bench.execution.watch import Recorder
from bench.plan.recipe import Recipe
from bench.plan.spec import EpochRecord, RunResult, RunSpec


def go_on(spec: RunSpec, epoch: EpochRecord) -> bool:
    return True


@pytest.fixture(scope="module")
def runs(digit_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[RunSpec], Resources]:
    """Two folds of resnet18, whose last maps are single pixels at 32 px."""
    caches = Caches(tmp_path_factory.mktemp("caches"))
    recipe = Recipe(epochs=1, batch_size=16)
    specs, resources = prepare_runs(digit_data, caches, backbone="resnet18", recipe=recipe)
    return [replace(spec, numerics=replace(spec.numerics, convolutions=NEWEST)) for spec in specs], resources


def results(executor: InProcessExecutor | PoolExecutor, specs: list[RunSpec]) -> dict[int, RunResult]:
    with executor:
        return {spec.fold: result for spec, result in executor.run(specs, go_on)}


def test_one_process_and_two_workers_give_the_same_bytes(runs: tuple[list[RunSpec], Resources]) -> None:
    specs, resources = runs
    alone, together = (results(make, specs) for make in (InProcessExecutor(resources), PoolExecutor(resources, 2)))
    for fold, result in alone.items():
        assert result.status == "done", result.error
        assert result.trace == together[fold].trace
        assert result.probabilities.tobytes() == together[fold].probabilities.tobytes()
        assert result.environment["convolutions"] == NEWEST


def test_training_follows_that_of_torchs_convolutions(runs: tuple[list[RunSpec], Resources]) -> None:
    specs, resources = runs
    own = replace(specs[0], numerics=replace(specs[0].numerics, convolutions="torch"))
    found = results(InProcessExecutor(resources), [specs[0], own])[0]  # the later one
    by_rule = results(InProcessExecutor(resources), [specs[0]])[0]
    assert found.history[0].train_loss == pytest.approx(by_rule.history[0].train_loss, rel=1e-3)
    assert "convolutions" not in found.environment


def test_a_built_model_follows_the_rule_of_its_run(
    runs: tuple[list[RunSpec], Resources], monkeypatch: pytest.MonkeyPatch
) -> None:
    specs, resources = runs
    used: list[Ways] = []
    real = layers.convolve
    monkeypatch.setattr(layers, "convolve", lambda *given: used.append(given[-1]) or real(*given))
    monkeypatch.setattr(layers, "instruction_set", lambda: "avx2")
    run = PreparedRun(specs[0], resources)
    assert any(isinstance(part, ChosenConv2d) for part in run.model.modules())
    run.predict()
    assert used
    own = PreparedRun(replace(specs[0], numerics=replace(specs[0].numerics, convolutions="torch")), resources)
    assert not any(isinstance(part, ChosenConv2d) for part in own.model.modules())
    assert Recorder(run.model, 1).trace[0].digests == Recorder(own.model, 1).trace[0].digests


def test_importance_maps_are_those_of_torchs_convolutions(runs: tuple[list[RunSpec], Resources]) -> None:
    specs, resources = runs
    run = PreparedRun(specs[0], resources)
    own = PreparedRun(replace(specs[0], numerics=replace(specs[0].numerics, convolutions="torch")), resources)
    images, maps = torch.randn(2, 3, 64, 64).to(memory_format=torch.channels_last), []
    for model in (run.model.eval(), own.model.eval()):
        layer = cam_layer(model, "resnet18", 64)
        with Cam(model, layer, "gradcam") as cam:
            maps.append((layer, cam(images, [0, 1])))
    assert maps[0][0] == maps[1][0]
    np.testing.assert_allclose(maps[0][1], maps[1][1], atol=1e-3)


def test_features_of_a_rule_are_cached_apart(runs: tuple[list[RunSpec], Resources]) -> None:
    specs, resources = runs
    own = replace(specs[0], numerics=replace(specs[0].numerics, convolutions="torch"))
    assert feature_key(own, resources.pixels) != feature_key(specs[0], resources.pixels)
