"""Images a second of training on a device: inside the engine of `bench run`, and in a bare PyTorch loop.

Both train the same architecture in bf16, channels last, in batches of 32, in turns; the bare loop has its batch on the
device and does forward, backward and AdamW, nothing else. For scale: the rate of a large bf16 matrix product.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tabulate import tabulate

from bench.cache import user_caches
from bench.config.experiment import Experiment
from bench.engine.prepare import Prepared, look_ahead, prepare
from bench.execution.batches import steps_per_epoch
from bench.execution.run import execute
from bench.execution.setup import Device, set_up
from bench.plan.recipe import Recipe
from bench.plan.spec import Numerics, RunResult, RunSpec
from bench.store.folder import ResultsFolder
from bench.terminal import Terminal
from benchmarks.gpu_plain import bare_loop, matrix_product, operations

WAYS: dict[str, dict[str, Any]] = {
    "deterministic, graph": {"deterministic": True, "steps": "graph"},
    "deterministic, eager": {"deterministic": True, "steps": "eager"},
    "fast, graph": {"deterministic": False, "steps": "graph"},
}
HEADERS = (
    *("px", "way", "bare loop, images/s", "of the matrix product", "engine, images/s", "engine / bare loop"),
    *("of it digests", "of it validation and prediction"),
)


@dataclass(frozen=True)
class Scale:
    """How large everything is; the phantom has `cases` internal and `external` other ones.

    `seeds` × `folds` runs are the job; `crowd` workers are compared with one; `plain` runs of the plain loop are timed.
    `repeats` and `varied` are those of `bench nondeterminism`, which is asked in both `ways`.
    """

    backbone: str = "resnet34"
    sides: tuple[int, ...] = (64, 224)
    cases: int = 600
    external: int = 240
    epochs: int = 5
    matrix: int = 8192
    seeds: int = 10
    folds: int = 5
    crowd: int = 8
    plain: int = 5
    repeats: int = 3
    varied: str = "none,init,precision,layout"
    ways: tuple[str, ...] = ("--deterministic", "--fast")


@dataclass(frozen=True)
class Inside:
    """A run in the engine: images a second of its training; seconds over those of the training."""

    rate: float
    digests: float
    evaluation: float


def throughput(scale: Scale, data: Path, device: Device, rounds: int) -> Iterator[str]:
    """The table: medians, and the least and greatest ratio of a turn."""
    product = matrix_product(scale.matrix, set_up(Numerics("bf16", device)), rounds)
    rows = [row for side in scale.sides for row in _speeds(prepared_for(scale, data, device, side), product, rounds)]
    yield f"## Training speed, medians of {rounds} rounds in turns\n"
    yield tabulate(rows, HEADERS, tablefmt="github", disable_numparse=True)
    yield f"\nA bf16 matrix product of side {scale.matrix}: {product / 1e12:.4g} TFLOP/s.\n"


def recorded_steps(scale: Scale, data: Path, device: Device, failed: list[str]) -> Iterator[str]:
    """Whether steps that are recorded and replayed give the same bytes again, and those of computed ones."""
    prepared = prepared_for(scale, data, device, scale.sides[0])

    def predicted(steps: str) -> NDArray[np.float32]:
        return done(with_numerics(prepared.specs()[0], {"steps": steps}), prepared).probabilities

    graph, eager = ([predicted(steps) for _ in range(2)] for steps in ("graph", "eager"))
    apart = float(np.abs(graph[0] - eager[0]).max())
    yield "## Steps as CUDA graphs\n"
    if device != "cuda":
        yield "There is no CUDA: both ways were computed, and this says nothing of graphs.\n"
    for name, (first, second) in {"graph": graph, "eager": eager}.items():
        repeats = first.tobytes() == second.tobytes()
        yield f"- {name}, twice: {'the same bytes' if repeats else 'other bytes'}"
        if not repeats:
            failed.append(f"{name} steps do not repeat")
    same = graph[0].tobytes() == eager[0].tobytes()
    yield f"- graph and eager: {'the same bytes' if same else f'at most {apart:.2g} apart in a probability'}\n"


def done(spec: RunSpec, prepared: Prepared) -> RunResult:
    """One whole run in this process."""
    result = execute(spec, prepared.resources(), lambda epoch: True)
    if result.status != "done":
        raise RuntimeError(result.error)
    return result


def in_engine(spec: RunSpec, prepared: Prepared) -> Inside:
    result = done(spec, prepared)
    seconds = result.timings
    evaluation = seconds.get("validate", 0.0) + seconds["predict"]
    images = sum(epoch.images for epoch in result.history)
    return Inside(images / seconds["train"], seconds["digests"] / seconds["train"], evaluation / seconds["train"])


def with_numerics(spec: RunSpec, changes: dict[str, Any]) -> RunSpec:
    return replace(spec, numerics=replace(spec.numerics, **changes))


def prepared_for(scale: Scale, data: Path, device: Device, side: int) -> Prepared:
    """The job at an image size."""
    experiment = Experiment(
        data=str(data),
        backbone=[scale.backbone],
        seeds=list(range(scale.seeds)),
        folds=scale.folds,
        recipe=Recipe(epochs=scale.epochs),
        image_size=side,
        weights="random",
        precision="bf16",
        device=device,
    )
    folder, caches, terminal = ResultsFolder(data.with_name("speed")), user_caches(), Terminal(quiet=True)
    return prepare(experiment, folder, look_ahead(experiment, folder, caches, terminal), caches, terminal)


def _speeds(prepared: Prepared, product: float, rounds: int) -> Iterator[Sequence[str]]:
    """A row for each way. A first turn warms up and is not counted."""
    spec = prepared.specs()[0]
    steps = steps_per_epoch(len(spec.train), spec.recipe.batch_size) * spec.recipe.epochs
    ways = {way: with_numerics(spec, changes) for way, changes in WAYS.items()}
    bare: dict[str, list[float]] = {way: [] for way in ways}
    inside: dict[str, list[Inside]] = {way: [] for way in ways}
    for _ in range(rounds + 1):
        for way, one in ways.items():
            bare[way].append(bare_loop(one, steps))
            inside[way].append(in_engine(one, prepared))
    image = operations(spec)
    for way in ways:
        alone, engine = bare[way][1:], inside[way][1:]
        ratios = sorted(one.rate / rate for one, rate in zip(engine, alone, strict=True))
        yield (
            *(str(spec.pixels.image_size), way),
            *(f"{median(alone):.0f}", f"{median(alone) * image / product:.1%}"),
            *(f"{median(one.rate for one in engine):.0f}", f"{median(ratios):.2f} ({ratios[0]:.2f}–{ratios[-1]:.2f})"),
            *(f"{median(one.digests for one in engine):.1%}", f"{median(one.evaluation for one in engine):.1%}"),
        )
