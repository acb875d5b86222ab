"""Seconds of many runs on a card: `bench run --workers auto` beside a plain PyTorch loop (benchmarks/gpu_plain.py)."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tabulate import tabulate

from bench.engine.cards import cards_for
from bench.engine.prepare import Prepared
from bench.engine.sharing import measured_loads
from bench.execution.setup import Device
from bench.store.folder import ResultsFolder
from benchmarks.gpu_plain import plain_runs
from benchmarks.gpu_speed import Scale, prepared_for
from benchmarks.timing import BENCH

HEADERS = (
    *("px", "`bench run`, s", "workers", "its runs, s of all workers"),
    *("plain loop, s", "plain loop / `bench run`"),
)


def whole_job(scale: Scale, data: Path, device: Device) -> Iterator[str]:
    """A row for each image size; images are decoded before, by the benchmark of training speed."""
    runs = scale.seeds * scale.folds
    yield f"## {runs} runs of {scale.epochs} epochs\n"
    rows = []
    for side in scale.sides:
        prepared = prepared_for(scale, data, device, side)
        yield from _load(prepared, side)
        results = data.with_name(f"job-{side}")
        taken, workers = _command(scale, data, device, side, results)
        stored = [run.record.timings["total"] for run in ResultsFolder(results).runs.read_all()]
        if len(stored) != runs:
            raise RuntimeError(f"{len(stored)} of {runs} runs are stored in {results}")
        plain = plain_runs(prepared.specs()[: scale.plain], prepared.resources()) * runs / min(scale.plain, runs)
        rows.append((side, f"{taken:.1f}", workers, f"{sum(stored):.1f}", f"{plain:.1f}", f"{plain / taken:.2f}"))
    yield tabulate(rows, HEADERS, tablefmt="github", disable_numparse=True)
    yield (
        f"\nThe command from its start to its leaderboard, with images that were decoded before. In the plain loop one "
        f"run is a warm-up and {scale.plain} are timed, from which {runs} are reckoned.\n"
    )


def _load(prepared: Prepared, side: int) -> Iterator[str]:
    specs = prepared.specs()
    resources = replace(prepared.resources(), cards=cards_for(prepared.experiment, specs))
    for load in measured_loads(resources, specs) if resources.cards else []:
        yield (
            f"- {side} px: a step takes {1000 * load.step:.2f} ms, {1000 * load.busy:.2f} of them on the card: "
            f"{load.paying} worker(s) pay. Each takes {(load.peak + load.context) / 1e9:.2f} GB of "
            f"{load.total / 1e9:.0f}: {load.fitting} fit.\n"
        )


def _command(scale: Scale, data: Path, device: Device, side: int, results: Path) -> tuple[float, str]:
    """Seconds, and how many workers it says that it has."""
    job = ("--seeds", scale.seeds, "--folds", scale.folds, "--epochs", scale.epochs, "--image-size", side)
    how = ("--backbone", scale.backbone, "--weights", "random", "--precision", "bf16", "--workers", "auto")
    where = ("--data", data, "--device", device, "--results", results)
    started = time.perf_counter()
    done = subprocess.run([*BENCH, "run", *map(str, (*job, *how, *where))], stdout=subprocess.PIPE, text=True)
    taken = time.perf_counter() - started
    sys.stderr.write(done.stdout)
    if done.returncode:
        raise RuntimeError(f"bench run ended with exit code {done.returncode}")
    said = re.search(r"with (\d+) worker", done.stdout)
    return taken, said[1] if said else "?"
