"""Which processes write to a results folder, and how far they are. Reads and writes .bench-<host>-<pid>.json there."""

import contextlib
import json
import os
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from bench.store.json_files import DamagedError, read_json

SEARCH = "bench search"  # what its processes call themselves, by which they are counted
SILENT = 3600.0  # seconds after which a process of another machine counts as gone


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

    born: when it started, as its system counts, which tells it from a later process of the same number. since, seen:
    seconds since 1970, of its first and its last heartbeat. seconds_left: as it was when last seen.
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

    def alive(self) -> bool:
        """Whether it still runs; of another machine's, whether it was seen within the hour."""
        if self.host != socket.gethostname() or os.name == "nt":
            return abs(time.time() - self.seen) < SILENT  # seen later than now: the clock of one of them was set
        return _exists(self.pid) and _born(self.pid) == self.born


class Heartbeat:
    """What this process tells others by a file. Where that cannot be written the work goes on."""

    def __init__(self, root: Path, command: str) -> None:
        pid, host, now = os.getpid(), socket.gethostname(), time.time()
        self._path = root / f".bench-{host}-{pid}.json"
        self._process = WorkingProcess(command, pid, host, _born(pid), now, now)

    def tell(
        self, *, workers: int | None = None, seconds_left: float | None = None, running: Sequence[ActiveRun] = ()
    ) -> None:
        """Replace what was told before."""
        self._process = replace(
            self._process, seen=time.time(), workers=workers, seconds_left=seconds_left, running=tuple(running)
        )
        temporary = self._path.with_suffix(".tmp")
        with contextlib.suppress(OSError):
            temporary.write_text(json.dumps(asdict(self._process)), encoding="utf-8")
            temporary.replace(self._path)

    def exists(self) -> bool:
        """Whether this process is seen in the folder already."""
        return self._path.exists()

    def remove(self) -> None:
        for path in (self._path, self._path.with_suffix(".tmp")):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


@contextmanager
def heartbeat(root: Path, command: str) -> Iterator[Heartbeat]:
    """Tell others that this process is at work in the folder, while inside; what dead processes left there goes.

    Within another heartbeat of this process it is that one.
    """
    for file, process in _read(root):
        if process is None or not process.alive():
            with contextlib.suppress(OSError):
                file.unlink(missing_ok=True)
    own = Heartbeat(root, command)
    if own.exists():
        yield own
        return
    own.tell()
    try:
        yield own
    finally:
        own.remove()


def processes_at_work(root: Path) -> list[WorkingProcess]:
    """The living processes that write to the folder, in the order in which they began."""
    found = [process for _, process in _read(root) if process is not None and process.alive()]
    return sorted(found, key=lambda process: process.since)


def _read(root: Path) -> Iterator[tuple[Path, WorkingProcess | None]]:
    """None for what is damaged."""
    for file in root.glob(".bench-*.json"):
        try:
            yield file, read_json(file, WorkingProcess)
        except DamagedError:
            if file.exists():  # else it has just ended
                yield file, None


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):  # a number that no process has
        return False
    except PermissionError:
        return True
    return True


def _born(pid: int) -> str:
    """Clock ticks from the start of the machine to that of the process; empty where the system does not say."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return "ended" if stat[0] == "Z" else stat[19]
