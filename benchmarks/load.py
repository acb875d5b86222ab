"""Large results folders: how long `bench status` and `bench report` take, and how much memory.

    python -m benchmarks.load [--folder FOLDER]

Writes simulated runs by the code that stores real ones: 10,000 runs with 10 million predictions; then, one by one, 500
classes, 100 external sites, 100 backbones; then imports 200,000 cases. Each command is a fresh process. It prints
seconds by the clock and of the processor (the clock also counts what others do on the machine), the peak of memory, and
the limits. With --folder the results are kept there, and those that are already there are not written again.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from bench.near_duplicates.search import find_copies
from benchmarks.simulated_runs import CLASSES, Size, write_runs
from benchmarks.timing import BENCH, machine, versions

GIBIBYTES = 3.0
MANY = Size(backbones=20, seeds=50, folds=10, internal=2500, external=750)
STUDIES = {
    "classes": ("500 classes", Size(backbones=3, seeds=3, folds=2, internal=5000, external=1000, classes=500)),
    "sites": ("100 external sites", Size(backbones=3, seeds=3, folds=2, internal=2000, external=50, sites=100)),
    "backbones": ("100 backbones", Size(backbones=100, seeds=5, folds=2, internal=600, external=240)),
}
CASES = 200_000


@dataclass(frozen=True)
class Used:
    """By one process: seconds by the clock and of the processor, and its peak of resident memory."""

    wall: float
    processor: float
    gibibytes: float


def run_child(*command: str | Path) -> Used:
    """A process to its end."""
    with tempfile.TemporaryFile() as said:
        started = time.perf_counter()
        child = subprocess.Popen([*map(str, command)], stdout=said, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            said.seek(0)
            sys.exit(f"{command[-1]}: exit code {child.returncode}: {said.read().decode()[-2000:]}")
    unit = 2**30 if sys.platform == "darwin" else 2**20
    return Used(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit)


def run_bench(*arguments: str | Path) -> Used:
    return run_child(*BENCH, *arguments)


def show(what: str, used: Used, seconds: float | None = None) -> None:
    """A line; with a limit of seconds also the shares of it, by the processor and by the clock, and of memory's."""
    line = f"{what:34s}{used.wall:8.1f} s {used.processor:8.1f} s {used.gibibytes:6.2f} GiB"
    if seconds is not None:
        shares = used.processor / seconds, used.wall / seconds, used.gibibytes / GIBIBYTES
        line += f"   of {seconds:g} s {shares[0]:.2f} (clock {shares[1]:.2f}), of {GIBIBYTES:g} GiB {shares[2]:.2f}: "
        line += "missed" if max(shares[0], shares[2]) > 1 else "kept" if shares[1] <= 1 else "kept, not by the clock"
    print(line, flush=True)


def once(root: Path, write: Callable[[Path], None]) -> Path:
    """The folder, which is written whole where it is not there."""
    if not root.exists():
        part = root.with_name(f"{root.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        write(part)
        part.rename(root)
    return root


def megabytes(path: Path) -> float:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file()) / 1e6


def many_runs(below: Path) -> None:
    root = once(below / "runs", lambda root: write_runs(root, MANY))
    for name in ("leaderboard.json", "report.html"):
        (root / name).unlink(missing_ok=True)
    print(f"{MANY.runs:,} runs, {MANY.predictions:,} predictions, {megabytes(root):,.0f} MB")
    show("bench status", run_bench("status", root), 5)
    show("bench report", run_bench("report", root), 120)
    show("bench status --verify", run_bench("status", root, "--verify"))
    print(f"{'report.html':34s}{megabytes(root / 'report.html'):8.1f} MB")


def study(below: Path, name: str) -> None:
    what, size = STUDIES[name]
    root = once(below / name, lambda root: write_runs(root, size))
    (root / "leaderboard.json").unlink(missing_ok=True)
    print(f"{what}: {size.runs:,} runs, {size.predictions:,} predictions, {megabytes(root / 'runs'):,.0f} MB")
    show("bench report", run_bench("report", root), 120)
    print(f"{'report.html':34s}{megabytes(root / 'report.html'):8.1f} MB")


def many_cases(below: Path) -> None:
    """One model of five folds that predicts each case."""
    rng = np.random.default_rng(0)
    label, fold = rng.choice(CLASSES, CASES), rng.integers(5, size=CASES)
    frame = pd.DataFrame({"case_id": [f"{number:06d}.png" for number in range(CASES)], "site": "internal"})
    odds = rng.gamma(1.0, size=(CASES, len(CLASSES)))
    odds[np.arange(CASES), np.searchsorted(CLASSES, label)] += 1.0
    shares = pd.DataFrame(odds / odds.sum(1, keepdims=True), columns=[f"p_{name}" for name in CLASSES])
    frame = pd.concat([frame.assign(label=label, fold=fold, seed=0, backbone="theirs"), shares], axis=1)
    with tempfile.TemporaryDirectory() as name:
        table = Path(name, "theirs.parquet")
        frame.to_parquet(table, index=False)
        root = Path(name, "results")
        print(f"{CASES:,} cases, imported")
        show("bench import", run_bench("import", table, "--results", root), 120)
        show("bench status", run_bench("status", root), 5)
        show("bench report", run_bench("report", root), 120)
        print(f"{'report.html':34s}{megabytes(root / 'report.html'):8.1f} MB")


def copies(_: Path) -> None:
    show(f"search for copies, {CASES:,} images", run_child(sys.executable, "-m", "benchmarks.load", "--search"), 120)


def search() -> None:
    """In the child: images that are blurred noise, of which the last shows the first."""
    rng, thumbs = np.random.default_rng(0), np.empty((CASES, 48, 48), dtype=np.uint8)
    for start in range(0, CASES, 2000):
        coarse = np.kron(rng.normal(size=(2000, 6, 6)), np.ones((8, 8)))
        thumbs[start : start + 2000] = np.clip(128 + 50 * coarse + rng.normal(scale=10, size=coarse.shape), 0, 255)
    thumbs[-1] = thumbs[0]
    found = find_copies(thumbs, np.full(CASES, 48), np.full(CASES, -1))
    if [(one.first, one.second) for one in found] != [(0, CASES - 1)]:
        sys.exit(f"Found {len(found)} pairs where there is one.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, help="where results are kept [a temporary folder]")
    parser.add_argument("--only", choices=["runs", *STUDIES, "cases", "copies"], help="one part [all]")
    parser.add_argument("--search", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.search:
        search()
        return
    parts: dict[str, Callable[[Path], None]] = {
        "runs": many_runs,
        **{name: lambda below, name=name: study(below, name) for name in STUDIES},
        "cases": many_cases,
        "copies": copies,
    }
    print(f"machine   {machine()}")
    print(f"versions  {versions('numpy', 'pandas', 'pyarrow')}")
    print(f"{'':34s}{'clock':>8s}   {'processor':>8s}   memory")
    with tempfile.TemporaryDirectory() as name:
        below = asked.folder or Path(name)
        below.mkdir(parents=True, exist_ok=True)
        for part, measure in parts.items():
            if asked.only in (None, part):
                measure(below)


if __name__ == "__main__":
    main()
