"""Training behind frozen stages, on features that are computed once."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from execution_runs import prepare_runs
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor, nn

from backbones.build import create
from backbones.stages import Body, divide
from backbones.state import restore
from bench.cache import Caches
from bench.execution import stage_features
from bench.execution.batches import EVALUATION_BATCH, ImageBatches
from bench.execution.run import PreparedRun, execute
from bench.execution.stage_features import TooLargeError, load_stage_features
from bench.plan.recipe import Recipe
from bench.plan.spec import EpochRecord

RECIPE = Recipe(epochs=2, head_epochs=1, batch_size=16, frozen_stages=3)


def go_on(epoch: EpochRecord) -> bool:
    return True


@pytest.fixture(scope="module")
def body_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights that stand for pretrained ones."""
    torch.manual_seed(5)
    file = tmp_path_factory.mktemp("weights") / "body.safetensors"
    save_file(create("resnet18", 0, 32).state_dict(), file)
    return file


class EachTime:
    """The frozen body run on the images whenever they are asked for, in batches of the one size."""

    def __init__(self, body: Body, tail: nn.Module, images: ImageBatches) -> None:
        self.body, self.tail, self.images = body, tail, images

    def __call__(self, rows: NDArray[np.int64]) -> Tensor:
        training = self.tail.training
        self.body.eval()
        with torch.no_grad():
            output: Tensor = self.body(self.images(np.resize(rows, EVALUATION_BATCH)))[: len(rows)]
        self.tail.train(training)
        return output.contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("backbone", ["resnet18", "tf_efficientnet_lite0"])
def test_the_bytes_are_those_of_running_the_frozen_body_each_time(
    backbone: str, digit_data: Path, caches: Caches, body_file: Path
) -> None:
    weights = str(body_file) if backbone == "resnet18" else "imagenet"
    specs, resources = prepare_runs(digit_data, caches, backbone=backbone, weights=weights, recipe=RECIPE)
    cached = execute(specs[0], replace(resources, keep_models=True), go_on)
    assert cached.status == "done", cached.error
    plain = PreparedRun(specs[0], resources)
    body, tail = divide(plain.model, backbone, 3, 32)
    plain.__dict__["trained"] = (tail, EachTime(body, tail, plain.images))  # in place of what is read from the cache
    plain.train_all(go_on)
    assert np.array_equal(plain.predict(), cached.probabilities)
    whole = PreparedRun(specs[0], resources)
    restore(whole.model, cached.model, specs[0].run_id)
    whole.__dict__["trained"] = (whole.model, whole.images)
    assert np.array_equal(whole.predict(), cached.probabilities)
    start = PreparedRun(specs[0], resources).model.state_dict()
    moved = {key for key, value in whole.model.state_dict().items() if not torch.equal(value, start[key])}
    behind = {key for key, _ in tail.named_parameters()} | {key for key, _ in tail.named_buffers()}
    assert moved == behind


def test_seeds_folds_and_epochs_share_one_file(digit_data: Path, caches: Caches, body_file: Path) -> None:
    specs, resources = prepare_runs(digit_data, caches, backbone="resnet18", weights=str(body_file), recipe=RECIPE)
    execute(specs[0], resources, go_on)
    files = {path: path.stat().st_mtime_ns for path in caches.features.glob("*.stage3.npy")}
    longer = replace(specs[1], recipe=RECIPE.model_copy(update={"epochs": 3, "lr": 1e-4}))
    assert execute(longer, resources, go_on).status == "done"
    assert {path: path.stat().st_mtime_ns for path in caches.features.glob("*.stage3.npy")} == files
    assert len(files) == 1
    (file,) = files
    assert np.load(file, mmap_mode="r").shape == (len(resources.pixels.row), 2, 2, 256)


@pytest.mark.parametrize("damage", ["flip", "cut", "index"])
def test_a_damaged_file_is_made_again(
    damage: str, digit_data: Path, caches: Caches, body_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    specs, resources = prepare_runs(digit_data, caches, backbone="resnet18", weights=str(body_file), recipe=RECIPE)
    first = execute(specs[0], resources, go_on)
    (file,) = caches.features.glob("*.stage3.npy")
    changed = file.with_suffix(".json") if damage == "index" else file
    content = bytearray(changed.read_bytes())
    content[len(content) // 2] ^= 1
    changed.unlink()
    changed.write_bytes(content[: len(content) // 2] if damage == "cut" else content)
    assert np.array_equal(execute(specs[0], resources, go_on).probabilities, first.probabilities)
    assert "is damaged" in capsys.readouterr().err


def test_features_that_the_disk_has_no_place_for_are_refused(
    digit_data: Path, caches: Caches, body_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    specs, resources = prepare_runs(digit_data, caches, backbone="resnet18", weights=str(body_file), recipe=RECIPE)
    run = PreparedRun(specs[0], resources)
    body, _ = divide(run.model, "resnet18", 3, 32)
    monkeypatch.setattr(stage_features, "LEAST_LEFT", 10**18)
    with pytest.raises(TooLargeError, match=r"The output of layer3 of resnet18 .*--image-size"):
        load_stage_features(caches.features, specs[0], body, resources.pixels, run.images, run.autocast)
    assert not list(caches.features.glob("*.npy"))


def test_bf16_features_come_back_as_they_were(digit_data: Path, caches: Caches, body_file: Path) -> None:
    specs, resources = prepare_runs(digit_data, caches, backbone="resnet18", weights=str(body_file), recipe=RECIPE)
    spec = replace(specs[0], numerics=replace(specs[0].numerics, precision="bf16"))
    run = PreparedRun(spec, resources)
    body, _ = divide(run.model, "resnet18", 3, 32)
    rows = np.arange(EVALUATION_BATCH)
    features = load_stage_features(caches.features, spec, body, resources.pixels, run.images, run.autocast)
    body.eval()
    with torch.inference_mode(), run.autocast:
        expected = body(run.images(rows))
    assert features(rows).dtype == expected.dtype
    assert features(rows).stride() == expected.stride()
    assert torch.equal(features(rows), expected)


def test_a_recipe_without_frozen_stages_is_what_it_was(digit_data: Path, caches: Caches) -> None:
    assert "frozen_stages" not in Recipe().model_dump()
    assert RECIPE.model_dump()["frozen_stages"] == 3
    with pytest.raises(ValueError, match="augmentation changes the image in each epoch"):
        Recipe(frozen_stages=2, augmentation="light")
