"""How long `bench report` takes for many backbones and seeds, where the time goes, and how much memory it needs.

    python -m benchmarks.report [--rounds 3]

A results folder of 1,000 simulated runs with probabilities is written by the code that stores real ones. Then `bench
report` compiles and prints it in a fresh process, as a user types it, and in turns with it the same command with clocks
around its parts. Medians are printed, the largest memory of all processes, and the limits.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.simulated_runs import CLASSES, SITE, Size, write_runs
from benchmarks.timing import machine, options, versions

SECONDS, GIBIBYTES = 30, 1.5
BUILT = "reports.tables.build_leaderboard"
START = "start, imports, is it out of date"
PARTS = {
    "reading 1,000 runs, cases, folds": [("bench.report.compiled", "read_stored")],
    "label worklist": [("bench.report.compiled", "find_labels"), ("bench.report.compiled", "write_worklist")],
    "pooling": [(BUILT, "index_cases"), (BUILT, "pool_predictions")],
    "resampling and jackknife": [(BUILT, "analyse")],
    "comparing all pairs": [(BUILT, "compare_all")],
    "rows": [(BUILT, "build_row")],
    "noise floors, sample gains, best": [("bench.report.leaderboard", "build_leaderboard")],
    "the page and its charts": [("bench.report.page", "write_page")],
    "drawing and writing": [
        ("bench.report.compiled", "draw_leaderboard"),
        ("bench.report.compiled", "store_leaderboard"),
    ],
}


@dataclass(frozen=True)
class Measured:
    """One process: seconds by the clock and of the processor, and its peak of resident memory."""

    wall: float
    processor: float
    gibibytes: float


def run_child(command: list[str], root: Path) -> Measured:
    """Run it to its end on a folder whose leaderboard is not there."""
    (root / "leaderboard.json").unlink(missing_ok=True)
    with tempfile.TemporaryFile() as printed:
        started = time.perf_counter()
        child = subprocess.Popen([*command, str(root)], stdout=printed, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - started
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode or not (root / "leaderboard.json").is_file():
        sys.exit(f"{' '.join(command)} failed with exit code {child.returncode}.")
    unit = 2**30 if sys.platform == "darwin" else 2**20
    return Measured(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit)


def report_with_clocks(root: Path) -> None:
    """In the child: `bench report` with a clock around each part; a part within another counts for itself alone."""
    started, seconds, running = time.perf_counter(), defaultdict[str, float](float), [START]
    last = started

    def switch() -> None:
        nonlocal last
        now = time.perf_counter()
        seconds[running[-1]] += now - last
        last = now

    def timed(part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            switch()
            running.append(part)
            try:
                return function(*arguments, **options)
            finally:
                switch()
                running.pop()

        return call

    for part, places in PARTS.items():
        for module, name in places:
            setattr(import_module(module), name, timed(part, getattr(import_module(module), name)))
    from bench.cli import main as bench_main

    sys.argv = ["bench", "report", str(root)]
    try:
        bench_main()
    finally:
        switch()
        (root / "seconds.json").write_text(json.dumps(seconds))


def main() -> None:
    parser = options(__doc__, rounds=3)
    parser.add_argument("--with-clocks", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.with_clocks:
        report_with_clocks(asked.with_clocks)
        return
    print(f"machine   {machine()}")
    print(f"versions  {versions('numpy', 'pandas', 'pyarrow')}")
    size, plain, parts = Size(), list[Measured](), list[dict[str, float]]()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name, "results")
        write_runs(root, size)
        for _ in range(asked.rounds):
            plain.append(run_child([str(Path(sys.executable).with_name("bench")), "report"], root))
            measured = run_child([sys.executable, "-m", "benchmarks.report", "--with-clocks"], root)
            found = json.loads((root / "seconds.json").read_text())
            parts.append({**found, START: measured.wall - sum(found.values()) + found[START]})
        printed = len((root / "leaderboard.md").read_text().splitlines())
    pairs = size.backbones * (size.backbones - 1) // 2
    print(f"data      {size.backbones} backbones x {size.seeds} seeds x {size.folds} folds = {size.runs:,} runs;")
    print(f"          {size.internal:,} internal cases, {size.external:,} of {SITE}, {len(CLASSES)} classes;")
    print(f"          {size.predictions:,} stored predictions with probabilities")
    print(f"report    {pairs} pairs compared, 10,000 resamples, {printed:,} lines; medians of {asked.rounds}")
    wall, peak = median(one.wall for one in plain), max(one.gibibytes for one in plain)
    print(f"bench report                       {wall:6.1f} s, limit {SECONDS} s: {said(wall <= SECONDS)}")
    print(f"  of which the processor worked    {median(one.processor for one in plain):6.1f} s")
    print(f"peak memory                        {peak:6.2f} GiB, limit {GIBIBYTES} GiB: {said(peak <= GIBIBYTES)}")
    print("where the seconds go:")
    for part in (START, *PARTS):
        seconds = median(one.get(part, 0.0) for one in parts)
        share = median(one.get(part, 0.0) / sum(one.values()) for one in parts)
        print(f"  {part:33s}{seconds:6.1f} s {share:6.0%}")


def said(kept: bool) -> str:
    return "kept" if kept else "missed"


if __name__ == "__main__":
    main()
