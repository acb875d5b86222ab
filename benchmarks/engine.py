"""How much of the machine's training speed `bench run` gets, and where the rest goes.

Compares training inside `bench run` with two workers against two bare one-thread loops on tensors in memory (same
model, precision, batch), in turns, as medians. Run: python -m benchmarks.engine [--rounds 5]
"""

import json
import multiprocessing
import os
import tempfile
import time
from multiprocessing.synchronize import Barrier
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.timing import bench, machine, options, seconds, versions

BACKBONE, SIZE, BATCH, CLASSES, CASES, EPOCHS = "resnet34", 64, 32, 6, 600, 3
STEPS = CASES // 2 // BATCH * EPOCHS


def bare_loop(start: Barrier, answers: Any) -> None:
    """One thread, one model, tensors in memory: nothing but forward, backward and AdamW."""
    import timm
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = timm.create_model(BACKBONE, num_classes=CLASSES).to(memory_format=torch.channels_last).train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
    images = torch.randn(BATCH, 3, SIZE, SIZE).contiguous(memory_format=torch.channels_last)
    labels = torch.randint(0, CLASSES, (BATCH,))
    native = torch.cpu._is_avx512_bf16_supported()
    for step in range(STEPS + 2):
        if step == 2:
            start.wait()
            started = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=native):
            logits = model(images)
        loss = torch.nn.functional.cross_entropy(logits.float(), labels)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
    answers.put(STEPS * BATCH / (time.perf_counter() - started))


def two_bare_loops() -> float:
    """Images a second of both together."""
    context = multiprocessing.get_context("spawn")
    start, answers = context.Barrier(2), context.Queue()
    processes = [context.Process(target=bare_loop, args=(start, answers)) for _ in range(2)]
    for process in processes:
        process.start()
    rates = [answers.get() for _ in processes]
    for process in processes:
        process.join()
    return sum(rates)


def inside_bench(data: Path, folder: Path) -> dict[str, float]:
    """Two folds at once by `bench run`: images a second of training, and seconds by phase, mean of the two runs."""
    small = ("--image-size", str(SIZE), "--folds", "2", "--seeds", "1", "--epochs", str(EPOCHS), "--workers", "2")
    model = ("--backbone", BACKBONE, "--weights", "random", "--batch-size", str(BATCH))
    wall = seconds(lambda: bench("run", "--data", data, *model, *small, "--results", folder))
    timings = [json.loads(path.read_text())["timings"] for path in folder.glob("runs/*/run.json")]
    images = CASES // 2 * EPOCHS
    phases = ("total", "train", "validate", "predict", "build")
    found = {phase: sum(t.get(phase, 0.0) for t in timings) / 2 for phase in phases}
    return {**found, "training": sum(images / t["train"] for t in timings), "wall": wall}


def main() -> None:
    rounds = options(__doc__, rounds=5).parse_args().rounds
    print(f"{machine()}; {versions('torch', 'timm')}")
    print(f"{BACKBONE}, {SIZE} px, batch {BATCH}; medians of {rounds} rounds in turns")
    with tempfile.TemporaryDirectory() as name:
        os.environ["GAPBENCH_CACHE"] = f"{name}/cache"
        data = Path(name, "phantom")
        bench("data", "phantom", "--out", data)
        bare, inside = [], []
        for number in range(rounds):
            bare.append(two_bare_loops())
            inside.append(inside_bench(data, Path(name, f"results-{number}")))
    training = median(run["training"] for run in inside)
    ratios = sorted(run["training"] / rate for run, rate in zip(inside, bare, strict=True))
    print(f"two bare loops:    {median(bare):6.1f} images/s")
    print(
        f"inside bench run:  {training:6.1f} images/s of training, ratio {median(ratios):.2f} "
        f"({ratios[0]:.2f}-{ratios[-1]:.2f})"
    )
    print("where a run's seconds go:")
    for phase in ("train", "validate", "predict", "build", "total"):
        taken = median(run[phase] for run in inside)
        share = median(run[phase] / run["total"] for run in inside)
        print(f"  {phase:9s} {taken:6.2f} s  {share:6.1%}")
    rest = median(run["wall"] - run["total"] for run in inside)
    print(f"  outside the runs (loading of libraries, reading, timing steps, leaderboard): {rest:.1f} s a call")


if __name__ == "__main__":
    main()
