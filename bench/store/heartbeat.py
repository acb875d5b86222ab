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

SEARCH = "bench search"  # what its processes call themselves, by which they are counted
SILENT = 3600.0  # seconds after which a process of another machine counts as gone


@dataclass(frozen=True)
class Flight:
    """A run under way, with `epoch` of its `epochs` done."""

    run_id: str
    backbone: str
    seed: int
    fold: int
    epoch: int
    epochs: int


@dataclass(frozen=True)
class Presence:
    """A process that writes to a results folder.

    born: when it started, as its system counts, which tells it from a later process of the same number. since, seen:
    seconds since 1970, of its first and its last sign. seconds_left: as it was when last seen.
    """

    command: str
    pid: int
    host: str
    born: str
    since: float
    seen: float
    workers: int | None = None
    seconds_left: float | None = None
    running: tuple[Flight, ...] = ()

    def alive(self) -> bool:
        """Whether it still runs; of another machine's, whether it was seen within the hour."""
        if self.host != socket.gethostname() or os.name == "nt":
            return time.time() - self.seen < SILENT
        return _exists(self.pid) and _born(self.pid) == self.born


class Sign:
    """What this process tells others by a file. That it cannot be written never stops the work."""

    def __init__(self, root: Path, command: str) -> None:
        pid, host, now = os.getpid(), socket.gethostname(), time.time()
        self._path = root / f".bench-{host}-{pid}.json"
        self._presence = Presence(command, pid, host, _born(pid), now, now)

    def tell(
        self, *, workers: int | None = None, seconds_left: float | None = None, running: Sequence[Flight] = ()
    ) -> None:
        """Replace what was told before."""
        self._presence = replace(
            self._presence, seen=time.time(), workers=workers, seconds_left=seconds_left, running=tuple(running)
        )
        temporary = self._path.with_suffix(".tmp")
        with contextlib.suppress(OSError):
            temporary.write_text(json.dumps(asdict(self._presence)), encoding="utf-8")
            temporary.replace(self._path)

    def there(self) -> bool:
        return self._path.exists()

    def remove(self) -> None:
        for path in (self._path, self._path.with_suffix(".tmp")):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


@contextmanager
def signed(root: Path, command: str) -> Iterator[Sign]:
    """Leave a sign in the folder while inside; signs of dead processes go. One that this process has there stays."""
    for path, other in _read(root):
        if other is None or not other.alive():
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
    sign = Sign(root, command)
    if sign.there():
        yield sign
        return
    sign.tell()
    try:
        yield sign
    finally:
        sign.remove()


def present(root: Path) -> list[Presence]:
    """The living processes that write to the folder, the first first."""
    found = [presence for _, presence in _read(root) if presence is not None and presence.alive()]
    return sorted(found, key=lambda presence: presence.since)


def _read(root: Path) -> Iterator[tuple[Path, Presence | None]]:
    for path in root.glob(".bench-*.json"):
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            told["running"] = tuple(Flight(**flight) for flight in told["running"])
            yield path, Presence(**told)
        except FileNotFoundError:  # it has just ended
            continue
        except (OSError, ValueError, TypeError, KeyError):
            yield path, None


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
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
