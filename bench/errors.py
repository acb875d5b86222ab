"""What can go wrong for a user, each with the exit code that the command line ends with."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PASSING = (errno.ENOSPC, errno.EDQUOT, errno.EIO)
"""What a disk says of which the same folder can be written to another time."""
REPLACING = (
    "no file there may take the name of another one: the files are another user's, or the file system is of a kind "
    "that results cannot be kept on"
)
DO = {
    errno.ENOSPC: "Make room, and give the same command again.",
    errno.EDQUOT: "Your quota is used up: make room, and give the same command again.",
    errno.EMFILE: "Too many files are open: raise the limit (ulimit -n 4096), and give the same command again.",
    **dict.fromkeys((errno.EACCES, errno.EPERM), "Check who may read and write there."),
    errno.EROFS: "Choose a folder that can be written to.",
    errno.EEXIST: "Choose a folder on a disk of this machine.",
    errno.ENOENT: "It was there a moment ago, or is misspelt: check, and give the same command again.",
    errno.ENAMETOOLONG: "Choose shorter names.",
}


class BenchError(Exception):
    """One paragraph: what is wrong, where (file, row, option), what to do."""

    exit_code = 1


class RequestError(BenchError):
    """The request is wrong; nothing was written to the results."""

    exit_code = 2


class WriteError(BenchError):
    """A write failed under way; every run that had finished is stored."""


class Interrupted(BenchError):
    """The user stopped the work; what had finished is stored."""

    exit_code = 130


def of_an_interrupt(error: BaseException | None) -> bool:
    """Whether a library turned an interrupt into an error of its own, as some do that are written in C++."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt) or "KeyboardInterrupt" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


@contextmanager
def interruptible(then: str) -> Iterator[None]:
    """Turn Ctrl-C into `Interrupted`, with what is stored and what to do then."""
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(f"Interrupted. {then}") from None


@contextmanager
def writing(root: Path, safe: str) -> Iterator[None]:
    """Turn a failed write into `WriteError`; `safe` says what is stored all the same."""
    try:
        yield
    except OSError as error:
        if not root.is_dir():
            raise WriteError(
                f"The results folder {root} is gone: it was removed or renamed, or its disk was taken away, while this "
                f"command was writing to it. Nothing more is trained. Bring it back, or begin anew by the same command."
            ) from error
        raise WriteError(
            f"Writing to {root} failed: {error.strerror or error}. {safe}. {what_to_do(error)} The same command goes "
            f"on from there."
        ) from error


def what_to_do(error: OSError) -> str:
    """About a failed reading or writing, in a sentence."""
    return DO.get(error.errno or 0, "Check the disk and the connection to it, and give the same command again.")


def disk_failed(error: BaseException | None) -> bool:
    """Whether an error, or what it came from, is a disk that is full or fails for a while."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in PASSING:
            return True
        error = error.__cause__
    return False


def cannot_write(where: str, error: OSError, instead: str) -> BenchError:
    """What to raise where a command's first write fails: the folder is a wrong one, or its disk fails for now."""
    text = f"{where}: {error.strerror or error}."
    if error.errno in PASSING:
        return WriteError(f"{text} {what_to_do(error)}")
    return RequestError(f"{text} {instead}")


def listed(names: list[str], limit: int = 10) -> str:
    """The first `limit` names, and how many more there are."""
    shown = ", ".join(names[:limit])
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit} more ({len(names)} in all)"
