"""Keeps other writers out of a results folder. Writes .lock and .writer.json there.

Two lines: the system's lock, which a process that is killed gives back at once, and a claim that machines see as well
which do not see that lock.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from bench.store.claim import LOOK, Claim, FolderBusy, claimed, claimed_by
from bench.store.working_process import IMPORT, REPORT, SEARCH, WorkingProcess

BRIEF = (REPORT, IMPORT, SEARCH)
"""What has the folder only for a short time (a search while it begins and when it ends), so that others wait for it."""
FOR_BRIEF = 300.0  # seconds
FOR_UNKNOWN = 2.0  # seconds for a process that has not said yet which it is


@contextmanager
def writer_lock(root: Path, command: str, wait: float, say: Callable[[str], None]) -> Iterator[Claim]:
    """Keep other writers out while inside, waiting so many seconds for one that is there, or longer for a brief one.

    Raises:
        FolderBusy: another process is writing there, and goes on.
        OSError: the folder cannot be written to.
    """
    patience, lock = _Patience(root, wait, say), FileLock(root / ".lock", timeout=0)
    try:
        _acquire(lock, root, patience)
        with claimed(root, command, patience, say) as claim:
            yield claim
    finally:
        lock.release()


def _acquire(lock: FileLock, root: Path, patience: "_Patience") -> None:
    while True:
        try:
            lock.acquire()
        except Timeout:
            holder = claimed_by(root)
            if holder is not None and holder.is_here() and not holder.alive(0.0):
                holder = None  # of a killed process, whose place has just been taken
            if not patience(holder):
                raise FolderBusy(root, holder) from None
            time.sleep(LOOK)
        else:
            return


@dataclass
class _Patience:
    """How long to wait for another process; says so when it begins to."""

    root: Path
    wait: float
    say: Callable[[str], None]
    began: float = field(default_factory=time.monotonic)
    said: str = ""

    def __call__(self, holder: WorkingProcess | None) -> bool:
        brief = holder is not None and holder.command in BRIEF
        allowed = max(self.wait, FOR_BRIEF if brief else FOR_UNKNOWN if holder is None else 0.0)
        if time.monotonic() - self.began >= allowed:
            return False
        if holder is not None and self.said != str(holder):
            self.said = str(holder)
            longest = f", at most {allowed:.0f} s" if allowed < float("inf") else ""
            self.say(f"Waiting until {holder} has written to {self.root}{longest}.")
        return True
