"""A command on a disk that fails once, and given again: what it says, and what it leaves. Writes folders.

What must hold of each: it ends with exit code 0 and everything done, or with one paragraph and exit code 1 (2 where
nothing was begun, since the folder may not be written to); nothing is stored half; the same command, given again, ends
as if nothing had been.
"""

import errno
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torture.faults import FAILED, FailingDisk, Place
from torture.jobs import NOTHING_LEFT, Shell, begun, job_of

from bench.store.aside import damage, run_folders

CODES = (errno.ENOSPC, errno.EIO, errno.EACCES, errno.EROFS)
REFUSED = (errno.EACCES, errno.EROFS)
FOREIGN = ("Traceback", "Unforeseen", "Exception ignored", "leaked")


@dataclass(frozen=True)
class Tried:
    """How a command ended whose disk failed at a place; `faults` is what did not hold."""

    place: Place
    code: int
    ended: int | None
    faults: tuple[str, ...]
    said: str


class Trials:
    """Tries one command in a folder, with a cache of its own, again and again.

    said: where its output goes, of which a full disk would take nothing; beside its results if not given.
    """

    def __init__(
        self, name: str, data: Path, folder: Path, environment: dict[str, str], said: Path | None = None
    ) -> None:
        self.name, self.job, self.folder = name, job_of(name, data), folder
        self.root, self.cache, self.log = folder / "results", folder / "cache", folder / "log"
        self._before, said = folder / "before", said or folder / "said"
        for each in (self.root, said):
            each.mkdir(parents=True)
        self.shell = Shell({**environment, "GAPBENCH_CACHE": str(self.cache)}, said)
        begun(name, data, self.root, self.shell)
        shutil.copytree(self.root, self._before)

    def undisturbed(self) -> tuple[list[Place], Any]:
        """The places that the command comes to, each at its first and its last time, and what it leaves."""
        assert self.call() == 0, self.shell.said()
        times = Counter(tuple(line.split("\t")[:2]) for line in self.log.read_text(encoding="utf-8").splitlines())
        places = [Place(*kind_and_file, when) for kind_and_file, n in times.items() for when in sorted({0, n - 1})]
        return places, self.job.left(self.root)

    def tried(self, place: Place, code: int, undisturbed: Any) -> Tried | None:
        """None where this time the command did not come to the place."""
        ended = self.call(place=place, code=code)
        said = self.shell.said()
        if FAILED not in self.log.read_text(encoding="utf-8"):
            return None
        faults = [*self.badly_said(ended, code), *self._half_stored()]
        if ended == 0 and self.job.left(self.root) != undisturbed:
            faults.append("it said that all was done")
        faults += self.given_again(undisturbed)
        return Tried(place, code, ended, tuple(faults), said)

    def call(self, place: Place | None = None, **disk: Any) -> int | None:
        """The exit code of the command on such a disk, in a folder as it was at the beginning.

        The cache is empty again where the place is in it, or where none is given.
        """
        self.begin_afresh()
        if place is None or place.file.startswith(self.cache.name):
            shutil.rmtree(self.cache, ignore_errors=True)
        before = FailingDisk((self.root, self.cache), self.log, place, **disk)
        return self.shell.call(self.job.command(self.root), before=before)

    def errors(self) -> str:
        """What the last call said beside its output."""
        return (self.shell.folder / "stderr").read_text(encoding="utf-8")

    def begin_afresh(self) -> None:
        """Let the folder be as it was when the command was first given."""
        shutil.rmtree(self.root, ignore_errors=True)
        shutil.copytree(self._before, self.root)
        self.log.unlink(missing_ok=True)

    def given_again(self, undisturbed: Any) -> Iterator[str]:
        """What does not hold of the command on a sound disk, in the folder as it is."""
        again = self.shell.call(self.job.command(self.root))
        if again not in {0, *NOTHING_LEFT.get(self.name, ())}:
            yield f"given again it ended with {again}: {self.shell.said()[-600:]}"
        elif (found := self.job.left(self.root)) != undisturbed:
            yield f"given again it left {str(found)[:900]} and not {str(undisturbed)[:900]}"
        yield from (f"it left {path}" for path in half_written(self.root, self.cache))

    def badly_said(self, ended: int | None, code: int = 0) -> Iterator[str]:
        """What does not hold of how the last call ended."""
        if any(word in self.shell.said() for word in FOREIGN):
            yield "a traceback or an error without words"
        paragraphs = [line for line in self.errors().splitlines() if line.startswith("Error: ")]
        if ended not in (0, 1, 2):
            yield f"it ended with {ended}"
        elif ended and len(paragraphs) != 1 and "run(s) failed" not in self.shell.said():
            yield f"{len(paragraphs)} paragraphs"
        if ended == 2 and code not in REFUSED:
            yield "it took a failed write for a wrong request"

    def _half_stored(self) -> list[str]:
        stores = [self.root / name for name in ("runs", "trials", "repeats")]
        found = {folder.name: damage(folder) for store in stores for folder in run_folders(store)}
        return [f"{name}: {why}" for name, why in found.items() if why]


def half_written(*folders: Path) -> list[Path]:
    """Files and folders that were not finished."""
    return [path for folder in folders for half in (".*.tmp*", ".*.partial") for path in folder.rglob(half)]


def chosen(places: Sequence[Place], number: int) -> list[tuple[Place, int]]:
    """So many of the places, spread evenly (all for 0), each with one of the errors in turn."""
    step = max(1.0, len(places) / number) if number else 1.0
    picked = [places[int(at * step)] for at in range(len(places)) if at * step < len(places)]
    return [(place, CODES[at % len(CODES)]) for at, place in enumerate(picked)]
