"""Every command that writes, killed or told to end at random moments and given again: what it leaves in the end.

`make torture` runs this. How many moments a command has at the least is GAPBENCH_KILLS.
"""

import math
import os
import re
import shutil
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torture import victims
from torture.jobs import COMMANDS, NOTHING_LEFT, Job, Shell, begun, failed_trials, job_of, write_data
from torture.trials import half_written
from torture.victims import Command, Disturb

from bench.status.read import read_status

KILLS = int(os.environ.get("GAPBENCH_KILLS", "100"))
WITH_WORKERS = ("run", "screen", "search", "nondeterminism")
FORKED = re.compile(r"^Process Fork\S+:\n(?:.*\n)*?KeyboardInterrupt\n", re.MULTILINE)
"""What a worker says that the tests fork with its driver's handlers and that is ended before it has its own."""
LEAST = 0.3  # seconds within which a moment lies at the least


@dataclass(frozen=True)
class Disturbance:
    """What is done to a command, in which share of its moments, and the exit codes that may follow."""

    name: str
    ways: Sequence[Disturb]
    share: float
    codes: Sequence[int]

    @property
    def moments(self) -> int:
        return math.ceil(KILLS * self.share)


DRIVER = (victims.kill_what_the_shell_started, victims.kill_what_works)
KILLED = (-signal.SIGKILL, 128 + signal.SIGKILL)
KILLS_OF_ONE = [Disturbance("driver", DRIVER, 0.6, KILLED)]
KILLS_OF_MANY = [
    Disturbance("driver", DRIVER, 0.2, KILLED),
    Disturbance("a worker", [victims.kill_a_worker], 0.2, [0]),
    Disturbance("driver and workers", [victims.kill_all], 0.2, KILLED),
]
SIGNALS = [  # the negative ones: it listened no more
    Disturbance("SIGTERM", [victims.terminate], 0.1, [130, -signal.SIGTERM]),
    Disturbance("SIGINT twice", [victims.interrupt_twice], 0.1, [130]),
    Disturbance("SIGHUP", [victims.hang_up], 0.1, [130, -signal.SIGHUP]),
    Disturbance("SIGSTOP, SIGCONT", [victims.stop_for_a_minute, *9 * [victims.stop_for_a_while]], 0.1, [0]),
]
ALL = [
    pytest.param(name, one, id=f"{name}-{one.name}")
    for name in COMMANDS
    for one in (*(KILLS_OF_MANY if name in WITH_WORKERS else KILLS_OF_ONE), *SIGNALS)
]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("kills") / "data")


@dataclass
class Ground:
    """A command, the folder and the cache that it works in, and how these are before."""

    name: str
    job: Job
    root: Path
    shell: Shell

    @property
    def cache(self) -> Path:
        return Path(self.shell.environment["GAPBENCH_CACHE"])

    @property
    def done(self) -> tuple[int, ...]:
        return (0, *NOTHING_LEFT.get(self.name, ()))

    def keep(self) -> None:
        shutil.copytree(self.root, self.root.with_name("before"))

    def renew(self) -> None:
        shutil.rmtree(self.root)
        shutil.rmtree(self.cache, ignore_errors=True)
        shutil.copytree(self.root.with_name("before"), self.root)

    def begin(self) -> Command:
        workers = ["--workers", "2"] if self.name in WITH_WORKERS else []
        return victims.begin([*self.job.command(self.root), *workers], self.shell.environment, self.shell.folder)

    def finish(self) -> None:
        code = self.begin().ended()
        assert code in self.done, self.shell.said()

    def left(self) -> Any:
        """What the finished command left; nothing half-written is among it."""
        assert not [*half_written(self.root, self.cache), *self.root.glob(".bench-*")]
        assert failed_trials(self.root) == []
        return self.job.left(self.root)


@pytest.fixture
def ground(name: str, data: Path, bench_environment: dict[str, str], tmp_path: Path) -> Ground:
    (tmp_path / "said").mkdir()
    (tmp_path / "results").mkdir()
    shell = Shell({**bench_environment, "GAPBENCH_CACHE": str(tmp_path / "cache")}, tmp_path / "said")
    made = Ground(name, job_of(name, data), tmp_path / "results", shell)
    begun(name, data, made.root, shell)
    made.keep()
    return made


def nobody_is_said_to_work(root: Path) -> None:
    """`bench status` counts what lies there, and sees no process."""
    if not (root / "experiment.toml").exists():
        return
    status = read_status(root)
    assert (status.processes, status.running, status.problems) == ((), (), ())
    assert sum(study.running for study in status.studies) == 0
    whole = {file.parent.name for file in root.glob("runs/[0-9a-f]*/predictions.parquet")}
    assert sum(one.done + one.unplanned + one.imported for one in status.backbones) == len(whole)


def disturbed(ground: Ground, command: Command, way: Disturb, moments: np.random.Generator, whole: float) -> bool:
    """Whether something was done to the command before it ended."""
    while True:
        command.process.join(float(moments.uniform(0, max(whole, LEAST))))
        if command.process.exitcode is not None:
            return False
        if way(command):
            return True


@pytest.mark.parametrize(("name", "disturbance"), ALL)
def test_a_command_that_is_disturbed_at_random_moments_ends_as_if_nobody_had(
    name: str, disturbance: Disturbance, ground: Ground
) -> None:
    began = time.monotonic()
    ground.finish()
    whole, undisturbed = time.monotonic() - began, ground.left()
    ground.renew()
    rng = np.random.default_rng(len(name))
    moments = ended = 0
    fresh = True
    while moments < disturbance.moments:
        command, since = ground.begin(), time.monotonic()
        there = disturbed(ground, command, disturbance.ways[moments % len(disturbance.ways)], rng, whole)
        code = command.ended()
        if fresh and not there:  # else most moments would come too late where the first call was a slow one
            whole = min(whole, time.monotonic() - since)
        nobody_is_said_to_work(ground.root)
        assert "Traceback" not in FORKED.sub("", ground.shell.said())
        moments += there
        if code in ground.done:
            assert ground.left() == undisturbed
            ended += 1
            ground.renew()
            fresh = True
        else:
            fresh = False
            assert there, (code, ground.shell.said())
            assert code in disturbance.codes, (code, ground.shell.said())
    ground.finish()
    assert ground.left() == undisturbed
    each = (time.monotonic() - began) / moments
    print(f"\n| `{name}` | {disturbance.name} | {moments} | {ended + 1} of {ended + 1} | {each:.1f} s |")
