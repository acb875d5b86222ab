"""Small real runs for the tests of execution."""

import os
import signal
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from trees import load_sites

from backbones.weights import resolve
from bench.cache import Caches
from bench.data.cases import internal
from bench.data.images import PixelSettings
from bench.execution.resources import Resources
from bench.execution.weight_cache import store_weights
from bench.folds.draw import draw_folds
from bench.folds.table import FoldTable
from bench.plan.plan import PlannedBackbone, plan_runs
from bench.plan.recipe import Recipe
from bench.plan.spec import Numerics, RunSpec, Weights

PIXELS = PixelSettings(image_size=32)


def prepare_runs(
    data: Path, caches: Caches, *, backbone: str = "test_resnet", weights: str = "random", recipe: Recipe | None = None
) -> tuple[list[RunSpec], Resources]:
    """Two folds of one seed on `data`, which holds internal/ and external/."""
    sites = {"internal": data / "internal", "external": data / "external"}
    dataset = load_sites(sites, PIXELS, caches)
    folds = FoldTable({0: draw_folds(internal(dataset.cases), 0, folds=2)})
    resolved = resolve(backbone, weights, PIXELS.image_size)
    store_weights(caches.weights, resolved)
    planned = PlannedBackbone(backbone, Weights(resolved.source, resolved.digest), Numerics("fp32"))
    chosen = recipe or Recipe(epochs=2, batch_size=16)
    specs = plan_runs(dataset.cases, folds, dataset.classes, [planned], [0], chosen, dataset.settings)
    return specs, Resources(caches, dataset.pixels)


def with_lr(spec: RunSpec, lr: float) -> RunSpec:
    """The same run with another learning rate."""
    return replace(spec, recipe=spec.recipe.model_copy(update={"lr": lr}))


@dataclass(frozen=True)
class Hungry:
    """A watch for which memory is short at the first runs of fold 0, so many of them; in any process.

    raised: the error; else more is asked for than there is.
    """

    times: int
    counted: Path
    raised: Exception | None = None

    def __call__(self, spec: RunSpec, model: torch.nn.Module) -> None:
        if spec.fold == 0 and len(list(self.counted.iterdir())) < self.times:
            (self.counted / str(len(list(self.counted.iterdir())))).touch()
            if self.raised:
                raise self.raised
            torch.empty(2**50)


@dataclass(frozen=True)
class Killed:
    """A watch with which the first worker that has fold 0 is killed, as the system does where memory runs out."""

    done: Path

    def __call__(self, spec: RunSpec, model: torch.nn.Module) -> None:
        if spec.fold == 0 and not self.done.exists():
            self.done.touch()
            os.kill(os.getpid(), signal.SIGKILL)
