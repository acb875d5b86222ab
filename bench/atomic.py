"""Writes files so that a reader sees the old or the new one, never half of one."""

import errno
import os
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.errors import REPLACING

NO_FLUSH = (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS, errno.EBADF)
"""What file systems say that cannot flush a folder: some of networks, and of FUSE."""
NO_REPLACE = (errno.EEXIST, errno.EPERM, errno.ENOTSUP, errno.ENOSYS)
"""What those say where a file may not take the name of another one."""

MOST_FLUSHES = 16  # at once


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary file beside `path`, flush it to the disk, then rename it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        write(temporary)
        flush(temporary)
        replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    flush(path.parent)


def write_text(path: Path, text: str) -> None:
    """`write_atomically` for text."""
    write_atomically(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def remove_leftovers(folder: Path) -> None:
    """Delete what writers left in a folder that were killed. Call only where nobody writes there now.

    Heartbeats are written at any time, so theirs stay.
    """
    for path in folder.glob(".*.tmp"):
        if path.is_file() and not path.name.startswith(".bench-"):
            path.unlink(missing_ok=True)


def replace(temporary: Path, path: Path) -> None:
    """Give a file the name of another one, which goes.

    There is no other way on a file system that refuses this: to delete the old one first could lose both.

    Raises:
        OSError: with the reason in words where the file system is of that kind.
    """
    try:
        temporary.replace(path)
    except OSError as error:
        if error.errno in NO_REPLACE and path.exists():
            raise FileExistsError(errno.EEXIST, REPLACING, str(path)) from error
        raise


def flush_all(paths: Collection[Path]) -> None:
    """The same as `flush` of each, at once: a disk puts many together in about the time of one."""
    with ThreadPoolExecutor(min(len(paths), MOST_FLUSHES)) as threads:
        list(threads.map(flush, paths))


def flush(path: Path) -> None:
    """Make the kernel put a file or folder on the disk (folders: where the file system can)."""
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in NO_FLUSH or not path.is_dir():
            raise
    finally:
        os.close(handle)
