"""What can go wrong for a user, each with the exit code that the command line ends with."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


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
            f"Writing to {root} failed: {error.strerror or error}. {safe}. Make room and give the same command again; "
            f"it goes on from there."
        ) from error


def listed(names: list[str], limit: int = 10) -> str:
    """The first `limit` names, and how many more there are."""
    shown = ", ".join(names[:limit])
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit} more ({len(names)} in all)"
