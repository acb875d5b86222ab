"""Who writes to a results folder, as all machines see it that share it. Reads and writes .writer.json there.

A lock of the system is not seen by other machines on every file system; a file that only one can create is.
"""

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import uuid4

from bench.errors import RequestError, WriteError
from bench.store.beat import beating
from bench.store.file_clock import seconds_since
from bench.store.json_files import DamagedError, read_json
from bench.store.working_process import SILENT, WorkingProcess

FILE = ".writer.json"
LOOK = 0.2  # seconds between two looks at a claim of another process
HALF_WRITTEN = 5.0  # seconds after which a claim that cannot be read is nobody's
Patience = Callable[[WorkingProcess | None], bool]
"""Whether to wait longer for a process; None for one that is not known."""


class FolderBusy(RequestError):
    """Another process is writing to the folder."""

    def __init__(self, root: Path, holder: WorkingProcess | None) -> None:
        who = f" ({holder})" if holder else ""
        super().__init__(
            f"Another bench process is writing to {root}{who}. Wait for it, or use another --results folder."
        )


class Claim:
    """The claim of this process on a folder."""

    def __init__(self, root: Path, command: str) -> None:
        self._file, self._own = root / FILE, WorkingProcess.this(command)

    def made(self) -> bool:
        """Whether nobody else had the folder, so that it is this process's now.

        Raises:
            OSError: the folder cannot be written to.
        """
        try:
            with self._file.open("x", encoding="utf-8") as file:
                json.dump(asdict(self._own), file)
        except FileExistsError:
            return False
        return True

    def refuse_lost(self) -> None:
        """Raise `WriteError` where another process has taken the folder over, which was not to be expected alive."""
        holder = claimed_by(self._file.parent)
        if holder is not None and not holder.is_same(self._own):
            raise WriteError(
                f"{holder} has taken {self._file.parent} over, since this process gave no sign for {SILENT:.0f} s: it "
                f"or its disk stood still. Every run that had finished is stored. When the other has ended, the same "
                f"command goes on from there."
            )

    def beat(self) -> None:
        with contextlib.suppress(OSError):
            os.utime(self._file)

    def release(self) -> None:
        holder = claimed_by(self._file.parent)
        if holder is not None and holder.is_same(self._own):
            with contextlib.suppress(OSError):
                self._file.unlink()


@contextmanager
def claimed(root: Path, command: str, may_wait: Patience, say: Callable[[str], None]) -> Iterator[Claim]:
    """Claim the folder while inside. The claim of a process that is gone is taken over.

    Raises:
        FolderBusy: another process has it, and `may_wait` says that it is not to be waited for.
        OSError: the folder cannot be written to.
    """
    claim, look = Claim(root, command), _Look(root / FILE, say)
    while not claim.made():
        look.once(may_wait)
    try:
        with beating(claim.beat):
            yield claim
    finally:
        claim.release()


def claimed_by(root: Path) -> WorkingProcess | None:
    """Who has the folder, dead or alive; None where nobody has, or its claim cannot be read."""
    try:
        return read_json(root / FILE, WorkingProcess)
    except DamagedError:
        return None


def another_writes(root: Path) -> bool:
    """Whether another process has the folder, so that a file that was deleted may be named in it before it is there."""
    holder = claimed_by(root)
    if holder is None or holder.is_same(WorkingProcess.this(holder.command)):
        return False
    try:
        return holder.alive(seconds_since(root / FILE))
    except OSError:
        return True  # until this moment


@dataclass
class _Look:
    """Looks at the claim of another process, over and over.

    One of another place that may have been killed is watched until it gives a sign, or has been silent for too long.
    stamp: when it had given the last sign before it was watched.
    """

    file: Path
    say: Callable[[str], None]
    stamp: float | None = None

    def once(self, may_wait: Patience) -> None:
        """Take the claim away where its process is gone; else wait a moment, or give up."""
        holder = claimed_by(self.file.parent)
        try:
            silence, stamp = seconds_since(self.file), self.file.stat().st_mtime
        except FileNotFoundError:
            return  # it has just ended
        if holder is None:
            if abs(silence) > HALF_WRITTEN:
                _take_away(self.file, None)
        elif not holder.alive(silence):
            self._take_over(holder, silence)
            return
        elif (holder.is_here() or self._gave_a_sign(holder, silence, stamp)) and not may_wait(holder):
            raise FolderBusy(self.file.parent, holder)
        time.sleep(LOOK)

    def _take_over(self, holder: WorkingProcess, silence: float) -> None:
        if _take_away(self.file, holder) and not holder.is_here():
            since = f"has given no sign for {silence:.0f} s" if silence > 0 else "has a sign from the future"
            self.say(f"{holder} {since} and counts as gone; its place in {self.file.parent} is taken.")

    def _gave_a_sign(self, holder: WorkingProcess, silence: float, stamp: float) -> bool:
        """Whether it has, since it was first looked at."""
        if self.stamp is None:
            self.stamp = stamp
            self.say(
                f"{holder} writes to {self.file.parent}, or was killed: its last sign is {max(0.0, silence):.0f} s "
                f"old. Looking whether it gives another, for at most {SILENT - silence:.0f} s."
            )
        return stamp != self.stamp


def _take_away(file: Path, holder: WorkingProcess | None) -> bool:
    """Remove a claim; not where it is another process's by now, which was quicker."""
    aside = file.with_name(f".writer.{uuid4().hex[:8]}.tmp")
    try:
        file.rename(aside)
    except FileNotFoundError:
        return False
    try:
        found = read_json(aside, WorkingProcess)
    except DamagedError:
        found = None
    if found is not None and (holder is None or not found.is_same(holder)):
        with contextlib.suppress(OSError):
            os.link(aside, file)  # back, unless somebody has claimed the folder in between
    aside.unlink(missing_ok=True)
    return True
