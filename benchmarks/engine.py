"""How much of the machine's training speed `bench run` gets, and where the rest goes.

Compares training inside `bench run` with two workers against two bare one-thread loops on tensors in memory (the same
model with the same ways of its convolutions, precision, batch), in turns, as medians.
Run: python -m benchmarks.engine [--rounds 5]
"""

import json
import multiprocessing
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.goals import at_least, at_most
from benchmarks.timing import bench, machine, options, seconds, versions

BATCH, CLASSES = 32, 6
WARM_UP = 2  # steps
SHARE, OUTSIDE = 0.95, 8.0
PHASES = ("train", "validate", "predict", "build", "total")


@dataclass(frozen=True)
class Scale:
    """What both train: two folds of so many images; the phantom has `external` other ones."""

    backbone: str
    size: int
    cases: int
    external: int
    epochs: int

    @property
    def steps(self) -> int:
        """Of one fold, the last batch of an epoch left out where it is not full."""
        return self.cases // 2 // BATCH * self.epochs


def bare_loop(scale: Scale, start: Barrier, answers: Any) -> None:
    """One thread, one model, tensors in memory: nothing but forward, backward and AdamW."""
    import timm
    import torch

    from backbones.build import faster_precision, traits
    from backbones.convolutions import NEWEST
    from backbones.convolutions.layers import use

    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = timm.create_model(scale.backbone, num_classes=CLASSES).to(memory_format=torch.channels_last).train()
    use(NEWEST, model)
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
    images = torch.randn(BATCH, 3, scale.size, scale.size).contiguous(memory_format=torch.channels_last)
    labels = torch.randint(0, CLASSES, (BATCH,))
    native = faster_precision(traits(model).depthwise, "cpu", NEWEST) == "bf16"
    for step in range(scale.steps + WARM_UP):
        if step == WARM_UP:
            start.wait()
            started = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=native):
            logits = model(images)
        loss = torch.nn.functional.cross_entropy(logits.float(), labels)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
    answers.put(scale.steps * BATCH / (time.perf_counter() - started))


def two_bare_loops(scale: Scale) -> float:
    """Images a second of both together."""
    context = multiprocessing.get_context("spawn")
    start, answers = context.Barrier(2), context.Queue()
    processes = [context.Process(target=bare_loop, args=(scale, start, answers)) for _ in range(2)]
    for process in processes:
        process.start()
    rates = [answers.get() for _ in processes]
    for process in processes:
        process.join()
    return sum(rates)


def inside_bench(scale: Scale, data: Path, folder: Path) -> dict[str, float]:
    """Two folds at once by `bench run`: images a second of training, and seconds by phase, mean of the two runs."""
    small = ("--image-size", str(scale.size), "--folds", "2", "--seeds", "1", "--epochs", str(scale.epochs))
    model = ("--backbone", scale.backbone, "--weights", "random", "--batch-size", str(BATCH), "--workers", "2")
    wall = seconds(lambda: bench("run", "--data", data, *model, *small, "--results", folder))
    timings = [json.loads(path.read_text())["timings"] for path in folder.glob("runs/*/run.json")]
    images = scale.cases // 2 * scale.epochs
    found = {phase: sum(t.get(phase, 0.0) for t in timings) / 2 for phase in PHASES}
    return {**found, "training": sum(images / t["train"] for t in timings), "wall": wall}


def main() -> None:
    parser = options(__doc__, rounds=5, size=64, cases=600, external=240, epochs=3)
    parser.add_argument("--backbone", default="resnet34", help="[resnet34]")
    given = parser.parse_args()
    scale = Scale(given.backbone, given.size, given.cases, given.external, given.epochs)
    print(f"{machine()}; {versions('torch', 'timm')}")
    print(f"{scale.backbone}, {scale.size} px, batch {BATCH}; medians of {given.rounds} rounds in turns")
    bare, inside = [], []
    with tempfile.TemporaryDirectory() as name:
        os.environ["GAPBENCH_CACHE"] = f"{name}/cache"
        data = Path(name, "phantom")
        bench("data", "phantom", "--out", data, "--cases", str(scale.cases), "--external-cases", str(scale.external))
        for number in range(given.rounds):
            bare.append(two_bare_loops(scale))
            inside.append(inside_bench(scale, data, Path(name, f"results-{number}")))
    print_found(bare, inside)


def print_found(bare: Sequence[float], inside: Sequence[dict[str, float]]) -> None:
    """Of all rounds."""
    training = median(run["training"] for run in inside)
    ratios = sorted(run["training"] / rate for run, rate in zip(inside, bare, strict=True))
    print(f"two bare loops:    {median(bare):6.1f} images/s")
    print(
        f"inside bench run:  {training:6.1f} images/s of training, ratio {median(ratios):.2f} "
        f"({ratios[0]:.2f}-{ratios[-1]:.2f})"
    )
    print("where a run's seconds go:")
    for phase in PHASES:
        taken = median(run[phase] for run in inside)
        share = median(run[phase] / run["total"] for run in inside)
        print(f"  {phase:9s} {taken:6.2f} s  {share:6.1%}")
    rest = [run["wall"] - run["total"] for run in inside]
    print(f"  outside the runs (loading of libraries, reading, timing steps, leaderboard): {median(rest):.1f} s a call")
    print(f"  ({rest[0]:.1f} s in the first round, whose images are new)\n")
    print(at_least("the engine against a bare loop with the same layers", median(ratios), SHARE))
    print(at_most("a call of bench run outside its runs", median(rest), OUTSIDE, "{:.1f} s"))


if __name__ == "__main__":
    main()
