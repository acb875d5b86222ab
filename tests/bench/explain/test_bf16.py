"""Models trained in bf16: explained at the size where blurring in bf16 took minutes; images stay in fp32."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from execution_runs import prepare_runs
from explained import train
from processes import Bench
from torch import Tensor
from torch.nn.modules import module as hooks
from torch.overrides import TorchFunctionMode

from backbones.state import as_bytes
from bench.cache import Caches
from bench.execution.features import pooled
from bench.execution.run import PreparedRun, execute
from bench.execution.speed import measure_speed
from bench.explain.maps import explain
from bench.explain.task import ExplainTask
from bench.plan.recipe import Recipe
from bench.plan.spec import RunSpec


def test_a_model_in_bf16_at_64_pixels_is_explained(
    session_cache: None, masked_digits: Path, tmp_path: Path, bench: Bench
) -> None:
    results = train(
        tmp_path / "r",
        data=str(masked_digits),
        save_models=True,
        precision="bf16",
        image_size=64,
        backbone=["test_resnet"],
        seeds=[0],
    )
    done = bench("explain", results, "--checks", "2")
    assert done.returncode == 0, done.stderr
    assert "Deletion (less is better)" in done.stdout


class Images(TorchFunctionMode):
    """Notes what is done to images of a side under autocast by anything but a module of the model."""

    def __init__(self, side: int) -> None:
        self.side, self.inside, self.seen = side, 0, list[str]()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if not self.inside and torch.is_autocast_enabled("cpu") and any(map(self._is_image, args)):
            self.seen.append(getattr(func, "__name__", str(func)))
        return func(*args, **(kwargs or {}))

    def _is_image(self, value: object) -> bool:
        return isinstance(value, Tensor) and value.ndim >= 3 and value.shape[-1] >= self.side


@contextmanager
def watched(side: int) -> Iterator[Images]:
    images = Images(side)

    def enter(*about: object) -> None:
        images.inside += 1

    def leave(*about: object) -> None:
        images.inside -= 1

    handles = [
        hooks.register_module_forward_pre_hook(enter),
        hooks.register_module_forward_hook(leave, always_call=True),
    ]
    try:
        with images:
            yield images
    finally:
        for handle in handles:
            handle.remove()


def in_bf16(spec: RunSpec) -> RunSpec:
    changed = replace(spec, numerics=replace(spec.numerics, precision="bf16"))
    assert changed.numerics.precision == "bf16"
    return changed


def test_nothing_but_the_model_touches_images_under_autocast(digit_data: Path, caches: Caches) -> None:
    """Convolutions of images in bf16 are the model's own: blurring, augmenting and normalising are not rounded."""
    recipe = Recipe(epochs=1, batch_size=16, augmentation="light", head_epochs=0)
    specs, resources = prepare_runs(digit_data, caches, recipe=recipe)
    spec = in_bf16(specs[0])

    def features() -> object:
        run = PreparedRun(spec, resources)
        return pooled(run.model, run.images, len(resources.pixels.row), run.autocast)

    everything: list[Callable[[], object]] = [
        lambda: execute(spec, resources, lambda epoch: True),
        lambda: measure_speed(spec, resources),
        features,
        lambda: explain(
            ExplainTask(
                spec=spec,
                model=as_bytes(PreparedRun(spec, resources).model, spec.run_id),
                method="gradcam",
                targets=np.zeros(len(spec.predicted), dtype=np.int64),
                mapped=np.arange(4),
                located=np.arange(4),
                checked=np.arange(2),
            ),
            resources,
        ),
    ]
    for work in everything:
        with watched(spec.pixels.image_size) as images:
            work()
        assert images.seen == []


def test_the_watch_sees_what_it_should() -> None:
    kernel = torch.ones(1, 1, 3, 3)
    with watched(8) as images, torch.autocast("cpu", torch.bfloat16):
        torch.nn.functional.conv2d(torch.ones(1, 1, 8, 8), kernel)
    assert "conv2d" in images.seen
