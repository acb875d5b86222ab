"""What all timings share: their options, the machine, candidates that take turns, and `bench` as a process."""

import argparse
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import IO, TypeVar

Name = TypeVar("Name")
BENCH = (sys.executable, "-c", "import sys; sys.argv[0] = 'bench'; from bench.cli import main; main()")


def options(about: str | None, **numbers: int) -> argparse.ArgumentParser:
    """A parser with an option of a whole number for each of `numbers`, which are the defaults."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in numbers.items():
        parser.add_argument(f"--{name}", type=int, default=default, help=f"[{default}]")
    return parser


def processor() -> str:
    """The name of the processor, as the system knows it."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def machine() -> str:
    """What a benchmark that begins now runs on."""
    return f"{processor()}, {os.cpu_count()} cores, load before this began {os.getloadavg()[0]:.1f}"


def versions(*packages: str) -> str:
    """Of Python and the packages, as they are installed."""
    return ", ".join([f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in packages)])


def seconds(work: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """How long it takes once."""
    started = clock()
    work()
    return clock() - started


def take_turns(
    candidates: Mapping[Name, Callable[[], object]],
    turns: int,
    *,
    warm_up: int = 0,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[Name, list[float]]:
    """The seconds of each candidate in each turn, after turns of warm-up that are not counted."""
    taken: dict[Name, list[float]] = {name: [] for name in candidates}
    for turn in range(warm_up + turns):
        for name, work in candidates.items():
            spent = seconds(work, clock)
            if turn >= warm_up:
                taken[name].append(spent)
    return taken


def bench(*arguments: str | Path, stdout: IO[str] | int | None = subprocess.DEVNULL) -> None:
    """`bench` with arguments in a process of its own; an error of it is one here."""
    subprocess.run([*BENCH, *map(str, arguments)], check=True, stdout=stdout)
