"""Locks of the system on open files and folders: one ends with its process, so what is not locked belongs to nobody."""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

if sys.platform != "win32":
    import fcntl


@contextmanager
def one_at_a_time(lock: Path) -> Iterator[None]:
    """Wait until no other process is in here with this file; go on at once where there are no locks."""
    with ExitStack() as locked:
        if sys.platform != "win32":
            handle = locked.enter_context(lock.open("a"))
            with suppress(OSError):
                fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def lock_now(handle: int) -> bool | None:
    """Whether the lock was free and is now held; None where the system or its file system has none."""
    if sys.platform == "win32":
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def is_open(path: Path, handle: int) -> bool:
    """Whether the file or folder of this name is the one that was opened: it may have been replaced since."""
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False
