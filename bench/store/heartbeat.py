"""Which processes work on a results folder, and how far they are. Reads and writes .bench-<host>-<pid>….json there."""

import contextlib
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path
from threading import Lock

from bench.store.beat import beating
from bench.store.claim import Claim
from bench.store.file_clock import seconds_since
from bench.store.json_files import DamagedError, read_json
from bench.store.working_process import ActiveRun, WorkingProcess


class Heartbeat:
    """What this process tells others by a file. Where that cannot be written the work goes on."""

    def __init__(self, root: Path, command: str, claim: Claim | None = None) -> None:
        """claim: of the folder, where this process keeps others out of it."""
        self._claim = claim
        self._process = process = WorkingProcess.this(command)
        where = sha256(process.place.encode()).hexdigest()[:6]
        self._path = root / f".bench-{process.host}-{process.pid}-{where}.json"
        self._lock = Lock()

    def tell(
        self, *, workers: int | None = None, seconds_left: float | None = None, running: Sequence[ActiveRun] = ()
    ) -> None:
        """Replace what was told before.

        Raises:
            WriteError: another process has taken the folder over.
        """
        if self._claim is not None:
            self._claim.refuse_lost()
        with self._lock:
            self._process = replace(
                self._process, seen=time.time(), workers=workers, seconds_left=seconds_left, running=tuple(running)
            )
            self._write()

    def beat(self) -> None:
        """Tell the same again, now."""
        with self._lock:
            now, left = time.time(), self._process.seconds_left
            if left is not None:
                left = max(0.0, left - (now - self._process.seen))
            self._process = replace(self._process, seen=now, seconds_left=left)
            self._write()

    def _write(self) -> None:
        temporary = self._path.with_suffix(".tmp")
        with contextlib.suppress(OSError):
            temporary.write_text(json.dumps(asdict(self._process)), encoding="utf-8")
            temporary.replace(self._path)

    def exists(self) -> bool:
        """Whether this process is seen in the folder already."""
        return self._path.exists()

    def remove(self) -> None:
        _remove(self._path)


@contextmanager
def heartbeat(root: Path, command: str, claim: Claim | None = None) -> Iterator[Heartbeat]:
    """Tell others that this process is at work in the folder, while inside; what dead processes left there goes.

    Within another heartbeat of this process it is that one.
    """
    for file, process in _read(root):
        if process is None:
            _remove(file)
    own = Heartbeat(root, command, claim)
    if own.exists():
        yield own
        return
    own.tell()
    try:
        with beating(own.beat):
            yield own
    finally:
        own.remove()


def processes_at_work(root: Path) -> list[WorkingProcess]:
    """The living processes that work on the folder, in the order in which they began.

    Their `since` and `seen` are of this machine's clock, also where theirs goes differently.
    """
    found = [process for _, process in _read(root) if process is not None]
    return sorted(found, key=lambda process: process.since)


def _read(root: Path) -> Iterator[tuple[Path, WorkingProcess | None]]:
    """None for what is damaged, or of a process that is gone."""
    for file in root.glob(".bench-*.json"):
        try:
            process = read_json(file, WorkingProcess)
            if process.is_here():
                yield file, process if process.alive(0.0) else None
                continue
            silence = seconds_since(file)
            seen = time.time() - silence
            theirs = replace(process, seen=seen, since=seen - (process.seen - process.since))
            yield file, theirs if process.alive(silence) else None
        except (DamagedError, OSError):
            if file.exists():  # else it has just ended
                yield file, None


def _remove(file: Path) -> None:
    for path in (file, file.with_suffix(".tmp")):
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
