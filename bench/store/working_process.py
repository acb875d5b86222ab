"""Which process works on a results folder, and whether it still does. Reads /proc."""

import os
import socket
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bench.processes import exists, of_system

RUN, SCREEN, SEARCH, REPORT, IMPORT = "bench run", "bench screen", "bench search", "bench report", "bench import"
"""What processes call themselves."""
BEAT = 10.0  # seconds between two signs of life
SILENT = 90.0  # seconds without one after which a process of another place counts as gone


@dataclass(frozen=True)
class ActiveRun:
    """A run under way, with `epoch` of its `epochs` done."""

    run_id: str
    backbone: str
    seed: int
    fold: int
    epoch: int
    epochs: int


@dataclass(frozen=True)
class WorkingProcess:
    """A process that writes to a results folder.

    place: the machine since its start, and its space of process numbers, where alone `pid` means this process; empty
    where the system does not say. born: when it started, as its system counts, which tells it from a later process of
    the same number. since, seen: seconds since 1970, of its first and its last heartbeat. seconds_left: as it was when
    last seen.
    """

    command: str
    pid: int
    host: str
    born: str
    since: float
    seen: float
    workers: int | None = None
    seconds_left: float | None = None
    running: tuple[ActiveRun, ...] = ()
    place: str = ""

    @classmethod
    def this(cls, command: str) -> "WorkingProcess":
        """The process that calls."""
        pid, now = os.getpid(), time.time()
        return cls(command, pid, socket.gethostname(), _born(pid), now, now, place=_place())

    def is_same(self, other: "WorkingProcess") -> bool:
        return self._identity() == other._identity()

    def _identity(self) -> tuple[str, str, int, str]:
        return self.host, self.place, self.pid, self.born

    def is_here(self) -> bool:
        """Whether its number can be looked up by this process."""
        return (self.host, self.place) == (socket.gethostname(), _place()) and os.name != "nt"

    def alive(self, silence: float) -> bool:
        """Whether it still runs; of another place's, whether it gave a sign lately.

        silence: seconds since its last sign, by the clock of the file system that it is given in. Far in the future
        is no sign either: a process that lives gives it anew.
        """
        if not self.is_here():
            return abs(silence) < SILENT
        return exists(self.pid) and _born(self.pid) == self.born

    def __str__(self) -> str:
        return f"{self.command}, process {self.pid} on {self.host}"


@cache
def _place() -> str:
    """Two containers may have one host name, and one machine has other processes after each start."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _born(pid: int) -> str:
    """Clock ticks from the start of the machine to that of the process; empty where the system does not say."""
    stat = of_system(pid)
    return stat[19] if stat else ""
