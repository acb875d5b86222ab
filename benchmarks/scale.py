"""The driver under many workers, and folders of many runs: what is stored a second, what a resume and a report cost.

    python -m benchmarks.scale [--folder FOLDER] [--only workers resume report]

Workers are simulated (`benchmarks/simulated_workers.py`): a run takes 19 s of a counted clock, as one of resnet34 at
64 px does (docs/training.md), and has five epochs and predictions of 120 + 240 cases. What stores them, tells the time
left and writes the heartbeat is the code of `bench run`, and the disk is this one. Each number of workers is a process
of its own on a plan of 10,000 runs, ended after 20 s of the driver's work. Then come real commands on folders in which
all is stored. The clock also counts what others do on the machine. With --folder the folders are kept there.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from bench.atomic import flush
from benchmarks import stored_plans
from benchmarks.load import megabytes, once, run_bench, show
from benchmarks.simulated_driver import LENGTH, PLAN, drive
from benchmarks.simulated_runs import write_runs
from benchmarks.timing import machine, versions

WORKERS = (1, 10, 100, 1000)
SLOW = 5.0  # milliseconds that a flush takes longer in the last line
RESUMED = {1_000: (3.0, None), 10_000: (None, 5.0), 50_000: (None, None)}
"""Stored runs, with limits in seconds of a call with nothing to do, and of `bench status`."""
GOAL = 50  # runs stored a second by the driver alone
HEAD = """\
                 stored    driver   workers   driver alone, stored a second
workers    runs  a second    busy      wait      clock   processor    memory   milliseconds of the driver for a run"""


def many_workers(_: Path) -> None:
    print(f"plan of {PLAN.runs:,} runs of {LENGTH:g} s; a flush of this disk takes {1e3 * flush_time():.2f} ms")
    print(HEAD, flush=True)
    for workers in WORKERS:
        drive_in_child(workers, 0.0)
    print(f"the same where each flush takes {SLOW:g} ms longer, as on a disk of a network:", flush=True)
    drive_in_child(WORKERS[-1], SLOW)
    print(f"goal: {GOAL} stored a second by the driver alone", flush=True)


def drive_in_child(workers: int, slow: float) -> None:
    command = [sys.executable, "-m", "benchmarks.scale", "--drive", str(workers), "--slow", str(slow)]
    subprocess.run(command, check=True)


def flush_time() -> float:
    """Seconds, the median of 50 new files."""
    taken = list[float]()
    with tempfile.TemporaryDirectory() as name:
        for number in range(50):
            file = Path(name, str(number))
            file.write_bytes(bytes(9000))
            started = time.perf_counter()
            flush(file)
            taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def resumes(below: Path) -> None:
    os.environ["GAPBENCH_CACHE"] = str(below / "cache")
    data = once(below / "digits", stored_plans.write_digits)
    for runs, (limit, of_status) in RESUMED.items():
        seeds = runs // (len(stored_plans.BACKBONES) * stored_plans.FOLDS)
        root = below / f"plan{runs}"
        if not (root / "experiment.toml").exists():
            stored_plans.write_stored(data, root, seeds)
        stored_plans.write_leaderboard(root)
        show(f"bench run, {runs:,} runs stored", run_bench(*stored_plans.command(data, root, seeds)), limit)
        show("bench status", run_bench("status", root), of_status)


def report(below: Path) -> None:
    root = once(below / "report", lambda root: write_runs(root, PLAN))
    (root / "leaderboard.json").unlink(missing_ok=True)
    print(f"{PLAN.runs:,} runs, {PLAN.predictions:,} predictions, {megabytes(root):,.0f} MB")
    show("bench report", run_bench("report", root), 120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, help="where folders are kept [a temporary one]")
    parts: Mapping[str, Callable[[Path], None]] = {"workers": many_workers, "resume": resumes, "report": report}
    parser.add_argument("--only", choices=parts, nargs="+", default=list(parts), help="parts [all]")
    parser.add_argument("--drive", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--slow", type=float, default=0.0, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.drive:
        drive(asked.drive, asked.slow / 1e3)
        return
    print(f"machine   {machine()}")
    print(f"versions  {versions('numpy', 'pandas', 'pyarrow')}")
    with tempfile.TemporaryDirectory() as name:
        below = asked.folder or Path(name)
        below.mkdir(parents=True, exist_ok=True)
        for part, measure in parts.items():
            if part in asked.only:
                measure(below)


if __name__ == "__main__":
    main()
