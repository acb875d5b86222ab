"""Runs the benchmarks of speed in order, each as a process of its own, and writes benchmarks/RESULTS.md.

What they print is kept as it is; their goals are put into one table. One that fails is said to have failed, and the
others go on; the exit code is 1 then. Run: python -m benchmarks.results [NAME ...] [--out FILE]
"""

import argparse
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import torch
from tabulate import tabulate

from backbones.convolutions.processor import instruction_set
from bench.version import __version__
from benchmarks.goals import MISSED, REACHED, Goal, goals_in
from benchmarks.timing import processor, versions

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "benchmarks" / "RESULTS.md"
PACKAGES = ("torch", "torchvision", "timm", "fastai", "numpy", "pandas", "scikit-learn")


@dataclass(frozen=True)
class Listed:
    """A benchmark: its module with arguments, and variables of its environment. minutes: about, on two quiet cores."""

    command: str
    minutes: float
    environment: Mapping[str, str] | None = None

    @property
    def shown(self) -> str:
        """As it is typed."""
        variables = "".join(f"{name}={value} " for name, value in (self.environment or {}).items())
        return f"{variables}python -m benchmarks.{self.command}"


ALL = {
    "whole-job": Listed("whole_job --trainings 2", 20),
    "engine": Listed("engine", 3),
    "around": Listed("around", 3),
    "convolutions": Listed("convolutions", 3),
    "convolutions-avx512": Listed("convolutions --no-layers", 1.5, {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE"}),
    "convolutions-avx2": Listed("convolutions --no-layers", 1.5, {"ONEDNN_MAX_CPU_ISA": "AVX2"}),
    "full-size": Listed("full_size", 0.5),
    "frozen-stages": Listed("frozen_stages", 5),
    "equivalence": Listed("equivalence", 3),
    "screen-speed": Listed("screen", 1),
    "status-speed": Listed("status", 0.3),
}
"""In their order."""


@dataclass(frozen=True)
class Done:
    """What a benchmark printed, and the seconds that it took; not `whole` where it failed."""

    name: str
    command: str
    printed: str
    seconds: float
    whole: bool

    @property
    def goals(self) -> list[Goal]:
        return list(goals_in(self.printed))


def run(name: str, listed: Listed) -> Done:
    """To its end; what it says beside goes to standard error."""
    module, *arguments = shlex.split(listed.command)
    command = [sys.executable, "-W", "ignore", "-m", f"benchmarks.{module}", *arguments]
    environment = {**os.environ, **(listed.environment or {})}
    started = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment)
    return Done(name, listed.shown, done.stdout, time.perf_counter() - started, done.returncode == 0)


def page(found: Sequence[Done]) -> str:
    """RESULTS.md: the machine, the goals, and what each benchmark printed."""
    goals = [(one.name, goal) for one in found for goal in one.goals]
    reached = sum(goal.reached for _, goal in goals)
    rows = [[name, goal.what, goal.found, goal.wanted, REACHED if goal.reached else MISSED] for name, goal in goals]
    table = tabulate(rows, ["Benchmark", "What", "Found", "Wanted", ""], tablefmt="github", disable_numparse=True)
    there = [name for name in PACKAGES if find_spec(name.replace("scikit-learn", "sklearn"))]
    capability = torch.backends.cpu.get_cpu_capability()
    minutes = sum(one.seconds for one in found) / 60
    parts = [
        "# What the benchmarks of speed found",
        "Written by `make bench`; do not edit. `make bench NAME=…` prints one of those that `make page` lists.",
        f"- {processor()}, {os.cpu_count()} cores; instruction set {instruction_set()} (torch: {capability})\n"
        f"- gapbench {__version__}; {versions(*there)}\n- {minutes:.0f} minutes in all",
        f"## Goals\n\n{reached} of {len(goals)} are reached. Found are medians; what a benchmark printed below says of "
        f"how many rounds, and where the time goes where a goal is not reached.\n\n{table}",
        *map(_section, found),
    ]
    return "\n\n".join(parts) + "\n"


def _section(one: Done) -> str:
    text = "\n".join(f"    {line}".rstrip() for line in one.printed.strip().splitlines()) or "    nothing"
    failed = "" if one.whole else " It failed; this is what it had printed before."
    return f"## {one.name}\n\n`{one.command}` took {one.seconds / 60:.1f} minutes.{failed}\n\n{text}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", nargs="*", help=f"[all: {', '.join(ALL)}]")
    parser.add_argument("--out", type=Path, default=OUT, help="[benchmarks/RESULTS.md]")
    given = parser.parse_args()
    if unknown := [name for name in given.name if name not in ALL]:
        parser.error(f"{', '.join(unknown)}: there is {', '.join(ALL)}")
    found = list[Done]()
    for name in given.name or ALL:
        print(f"{name}: {ALL[name].shown}, about {ALL[name].minutes:g} minutes", file=sys.stderr, flush=True)
        found.append(run(name, ALL[name]))
        given.out.write_text(page(found), encoding="utf-8")  # each time, since all take long
    failed = [one.name for one in found if not one.whole]
    print(f"{given.out} is written" + (f"; failed: {', '.join(failed)}" if failed else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
