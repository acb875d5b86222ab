"""Moves files into quarantine, with a log by which it is undone. Moves files; deletes none."""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path, PurePath

from filelock import FileLock, Timeout

from bench.atomic import remove_leftovers, write_atomically
from bench.errors import BenchError, RequestError, WriteError, cannot_write, what_to_do
from bench.plain_file import plain

LOG = "moves.jsonl"
FILES = "files"


@dataclass(frozen=True)
class Move:
    """A file to be moved, by its path below the folder, and why."""

    file: str
    reason: str


def quarantine_of(root: Path) -> Path:
    """Beside the folder, or in it where it is a disk of its own; hidden, since no command reads what is hidden."""
    return root / ".quarantine" if root.is_mount() else root.with_name(f".{root.name}-quarantine")


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Keep other cleanings of the folder out, while inside: of two logs that are written at once one is lost.

    Raises:
        RequestError: another one is at work, or there can be no quarantine.
    """
    quarantine = quarantine_of(root)
    file = quarantine.with_name(f"{quarantine.name}.lock")
    lock = FileLock(file, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise RequestError(
            f"Another bench data clean is moving files of {root}. Give the command again when it has ended."
        ) from None
    except OSError as error:
        raise _refused(root, error) from None
    try:
        remove_leftovers(quarantine)
        yield
    finally:
        file.unlink(missing_ok=True)
        lock.release()


def apply_moves(root: Path, moves: Sequence[Move]) -> None:
    """Move, after all moves have been written to the log; a move that is logged but was never made does no harm.

    Call only inside `alone`.

    Raises:
        RequestError: something lies at a target already, or there can be no quarantine.
        WriteError: a file cannot be moved, or the disk of the quarantine is full or fails.
    """
    if not moves:
        return
    quarantine = quarantine_of(root)
    taken = [target for move in moves if os.path.lexists(target := quarantine / FILES / move.file)]
    if taken:
        raise RequestError(f"{taken[0]} is there already. Move it away, or undo the last cleaning first.")
    log = quarantine / LOG
    try:
        quarantine.mkdir(exist_ok=True)
        before = log.read_bytes() if log.exists() else b""
        lines = "".join(json.dumps(asdict(move)) + "\n" for move in moves).encode()
        write_atomically(log, lambda file: file.write_bytes(before + lines))
    except OSError as error:
        raise _refused(root, error) from None
    for move in moves:
        _move(root / move.file, quarantine / FILES / move.file)


def undo(root: Path) -> tuple[int, list[str]]:
    """Move everything of the log back, the last first: how many files that were, and which are in neither place.

    Raises:
        RequestError: no log, a damaged one, or something new at a file's old place.
        WriteError: a file cannot be moved.
    """
    quarantine = quarantine_of(root)
    log = quarantine / LOG
    if not log.is_file():
        raise RequestError(f"There is no {log}: nothing was moved out of {root}.")
    with alone(root):
        return _undo(root, quarantine, log)


def _undo(root: Path, quarantine: Path, log: Path) -> tuple[int, list[str]]:
    files = _logged(log)
    pending = [file for file in files if os.path.lexists(quarantine / FILES / file)]
    taken = [root / file for file in pending if os.path.lexists(root / file)]
    if taken:
        raise RequestError(
            f"{taken[0]} is there again; what lies in {quarantine / FILES} cannot go back. Move one of them away."
        )
    for file in reversed(pending):
        _move(quarantine / FILES / file, root / file)
    lost = [file for file in files if not os.path.lexists(root / file)]
    log.unlink()
    for folder, _, _ in os.walk(quarantine, topdown=False):
        if not os.listdir(folder):  # noqa: PTH208
            Path(folder).rmdir()
    return len(pending), lost


def _refused(root: Path, error: OSError) -> BenchError:
    where = f"Nothing was moved, since the quarantine {quarantine_of(root)} cannot be written to"
    return cannot_write(where, error, f"Make that folder, writable and on the disk of {root}.")


def _logged(log: Path) -> list[str]:
    """Paths below the folder, each once."""
    try:
        moves = [Move(**json.loads(line)) for line in plain(log).read_text(encoding="utf-8").splitlines()]
        files = list(dict.fromkeys(move.file for move in moves))
        sound = all(not PurePath(file).is_absolute() and ".." not in PurePath(file).parts for file in files)
    except (ValueError, TypeError, RecursionError):
        sound = False
    if not sound:
        raise RequestError(f"{log} is damaged. Move the files back by hand: {log.parent / FILES} has the same folders.")
    return files


def _move(source: Path, target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        source.rename(target)
    except OSError as error:
        raise WriteError(
            f"Cannot move {source} to {target}: {error.strerror}. {what_to_do(error)} What was moved before stays "
            f"moved; bench data clean --undo takes it back."
        ) from None
