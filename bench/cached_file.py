"""Files of the cache: written whole under their name or not at all, and read only if they are as they were written.

Writes files, and deletes what killed processes have left.
"""

import hashlib
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from bench.atomic import flush, replace
from bench.errors import BenchError
from bench.locks import is_open, lock_now

DAY = 86400.0
SUFFIX = ".tmp"
SEAL = 65  # bytes: a new line, then 64 hexadecimal digits
Signature = tuple[int, int, int]


class DamagedFileError(BenchError):
    """A file of the cache does not hold what was written to it."""

    def __init__(self, path: Path, what: str = "its digest is not that of what it holds") -> None:
        super().__init__(f"{path} is damaged ({what}). The same command, given again, makes it anew.")
        self.fault = f"{path} is damaged ({what})"


@contextmanager
def claimed(path: Path) -> Iterator[Path]:
    """A new temporary file beside `path`, deleted at the end where it was not published.

    It is locked for as long as this process works on it, so that others can tell it from what a killed one left: a
    lock ends with its process.
    """
    temporary = path.with_name(f".{path.name}.{socket.gethostname()}.{os.getpid()}{SUFFIX}")
    with ExitStack() as locked:
        handle = _created(temporary)
        if os.name == "nt":  # where there is no lock, and an open file cannot get another name
            os.close(handle)
        else:
            locked.callback(os.close, handle)
        try:
            yield temporary
        finally:
            temporary.unlink(missing_ok=True)


def publish(temporary: Path, path: Path) -> None:
    """Give a file that was filled its name, once it is on the disk."""
    flush(temporary)
    replace(temporary, path)
    flush(path.parent)


@contextmanager
def written(path: Path) -> Iterator[Path]:
    """A temporary file to fill, which is published then."""
    with claimed(path) as temporary:
        yield temporary
        publish(temporary, path)


def write_sealed(path: Path, content: bytes) -> None:
    """Write `content` and a digest of it and of the file's name."""
    with written(path) as temporary:
        temporary.write_bytes(content + _seal(path.name, content))


def read_sealed(path: Path) -> bytes | None:
    """The content of a file that `write_sealed` wrote, None where there is none.

    Raises:
        DamagedFileError: it was changed, cut short or renamed since.
    """
    try:
        found = path.read_bytes()
    except FileNotFoundError:
        return None
    content = found[:-SEAL]
    if found[-SEAL:] != _seal(path.name, content):
        raise DamagedFileError(path)
    return content


def read_or_say(path: Path, say: Callable[[str], None] | None) -> bytes | None:
    """As `read_sealed`; a damaged file, which is said, is as none at all."""
    try:
        return read_sealed(path)
    except DamagedFileError as error:
        if say:
            say(f"The cached {error.fault}: it is made anew.")
        return None


def signature(path: Path) -> Signature:
    """Changes whenever a file is replaced or written to."""
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


def remove_leftovers(folder: Path) -> None:
    """Delete temporary files below `folder` whose process is gone."""
    for path in folder.glob(f"*/*{SUFFIX}"):
        with suppress(OSError):  # another process was quicker, or it is not ours to delete
            remove_if_left(path)


def _seal(name: str, content: bytes) -> bytes:
    digest = hashlib.blake2b(name.encode(), digest_size=32)
    digest.update(content)
    return b"\n" + digest.hexdigest().encode()


def _created(temporary: Path) -> int:
    """A handle; again where a process that removes leftovers came between making the file and locking it."""
    while True:
        handle = os.open(temporary, os.O_RDWR | os.O_CREAT, 0o666)
        if lock_now(handle) is not False and is_open(temporary, handle):
            return handle
        os.close(handle)


def remove_if_left(temporary: Path) -> None:
    """By its lock; by its age where there are no locks or it is another machine's, whose locks may not reach here.

    It is deleted while locked, and only if it still has its name: it may have been published since it was found, and
    its process have begun another one.
    """
    old = time.time() - temporary.stat().st_mtime > DAY
    if not old and f".{socket.gethostname()}." not in temporary.name:
        return
    handle = os.open(temporary, os.O_RDWR)
    try:
        free = lock_now(handle)
        if (old if free is None else free) and is_open(temporary, handle):
            temporary.unlink()
    finally:
        os.close(handle)
