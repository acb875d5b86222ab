"""Images a second of training on a device: inside the engine of `bench run`, and in a bare PyTorch loop.

Both train the same architecture in bf16, channels last, in batches of 32, in turns; the bare loop has its batch on the
device and does forward, backward and AdamW, nothing else. For scale: the rate of a large bf16 matrix product.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import timm
import torch
from tabulate import tabulate
from torch.utils.flop_counter import FlopCounterMode

from bench.cache import user_caches
from bench.config.experiment import Experiment
from bench.engine.prepare import Prepared, look_ahead, prepare
from bench.execution.run import execute
from bench.execution.setup import Device, finish, set_up
from bench.plan.recipe import Recipe
from bench.plan.spec import Numerics, RunSpec
from bench.store.folder import ResultsFolder
from bench.terminal import Terminal

WARM_UP, PRODUCTS = 5, 10
WAYS = {"--deterministic": True, "--fast": False}
HEADERS = (
    *("px", "way", "bare loop, images/s", "of the matrix product", "engine, images/s", "engine / bare loop"),
    *("of it digests", "of it validation and prediction"),
)


@dataclass(frozen=True)
class Scale:
    """How large everything is; the phantom has `cases` internal and `external` other ones."""

    backbone: str = "resnet34"
    sides: tuple[int, ...] = (64, 224)
    cases: int = 600
    external: int = 240
    epochs: int = 5
    matrix: int = 8192


@dataclass(frozen=True)
class Inside:
    """A run in the engine: images a second of its training; seconds over those of the training."""

    rate: float
    digests: float
    evaluation: float


def throughput(scale: Scale, data: Path, device: Device, rounds: int) -> Iterator[str]:
    """The table: medians, and the least and greatest ratio of a turn."""
    product = matrix_product(scale.matrix, set_up(Numerics("bf16", device)), rounds)
    rows = [row for side in scale.sides for row in _speeds(_prepared(scale, data, device, side), product, rounds)]
    yield f"## Training speed, medians of {rounds} rounds in turns\n"
    yield tabulate(rows, HEADERS, tablefmt="github", disable_numparse=True)
    yield f"\nA bf16 matrix product of side {scale.matrix}: {product / 1e12:.4g} TFLOP/s."


def matrix_product(side: int, device: torch.device, rounds: int) -> float:
    """Operations a second."""
    a, b = (torch.randn(side, side, device=device, dtype=torch.bfloat16) for _ in range(2))

    def multiply() -> None:
        for _ in range(PRODUCTS):
            a @ b

    multiply()
    return 2 * side**3 * PRODUCTS / median(_seconds(multiply, device) for _ in range(rounds))


def bare_loop(spec: RunSpec, steps: int) -> float:
    """Images a second of so many steps."""
    device = set_up(spec.numerics)
    step = _bare_step(spec, device)
    for _ in range(WARM_UP):
        step()

    def loop() -> None:
        for _ in range(steps):
            step()

    return steps * spec.recipe.batch_size / _seconds(loop, device)


def in_engine(spec: RunSpec, prepared: Prepared) -> Inside:
    """One whole run."""
    result = execute(spec, prepared.resources(), lambda epoch: True)
    if result.status != "done":
        raise RuntimeError(result.error)
    seconds = result.timings
    evaluation = seconds["validate"] + seconds["predict"]
    images = sum(epoch.images for epoch in result.history)
    return Inside(images / seconds["train"], seconds["digests"] / seconds["train"], evaluation / seconds["train"])


def _prepared(scale: Scale, data: Path, device: Device, side: int) -> Prepared:
    experiment = Experiment(
        data=str(data),
        backbone=[scale.backbone],
        seeds=[0],
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
    recipe = spec.recipe
    ways = {way: replace(spec, numerics=replace(spec.numerics, deterministic=exact)) for way, exact in WAYS.items()}
    bare: dict[str, list[float]] = {way: [] for way in ways}
    inside: dict[str, list[Inside]] = {way: [] for way in ways}
    for _ in range(rounds + 1):
        for way, one in ways.items():
            bare[way].append(bare_loop(one, len(spec.train) // recipe.batch_size * recipe.epochs))
            inside[way].append(in_engine(one, prepared))
    with FlopCounterMode(display=False) as counter:
        _bare_step(spec, set_up(spec.numerics))()
    image = counter.get_total_flops() / recipe.batch_size
    for way in ways:
        alone, engine = bare[way][1:], inside[way][1:]
        ratios = sorted(one.rate / rate for one, rate in zip(engine, alone, strict=True))
        yield (
            *(str(spec.pixels.image_size), f"`{way}`"),
            *(f"{median(alone):.0f}", f"{median(alone) * image / product:.1%}"),
            *(f"{median(one.rate for one in engine):.0f}", f"{median(ratios):.2f} ({ratios[0]:.2f}–{ratios[-1]:.2f})"),
            *(f"{median(one.digests for one in engine):.1%}", f"{median(one.evaluation for one in engine):.1%}"),
        )


def _bare_step(spec: RunSpec, device: torch.device) -> Callable[[], None]:
    torch.manual_seed(0)
    batch, side, n_classes = spec.recipe.batch_size, spec.pixels.image_size, len(spec.classes)
    model = timm.create_model(spec.backbone, num_classes=n_classes).to(device).to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
    images = torch.randn(batch, 3, side, side, device=device).contiguous(memory_format=torch.channels_last)
    labels = torch.randint(0, n_classes, (batch,), device=device)
    model.train()

    def step() -> None:
        with torch.autocast(device.type, torch.bfloat16):
            logits = model(images)
        loss = torch.nn.functional.cross_entropy(logits.float(), labels)
        optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        optimiser.step()

    return step


def _seconds(work: Callable[[], None], device: torch.device) -> float:
    finish(device)
    started = time.perf_counter()
    work()
    finish(device)
    return time.perf_counter() - started
