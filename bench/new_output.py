"""What commands write outside of results folders: whole or not at all. Deletes what killed ones left of the same.

Nobody is kept out there, so everything bears the name of its process until it is whole.
"""

import glob
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bench.cached_file import SUFFIX, remove_if_left, written
from bench.errors import RequestError, cannot_write
from bench.locks import lock_now
from bench.processes import exists

PARTIAL = ".partial"


def write_output(path: Path, content: str | Callable[[Path], object]) -> None:
    """A text, or what `content` writes into a temporary file, which gets its name when it is on the disk."""
    for left in path.parent.glob(f".{glob.escape(path.name)}.*{SUFFIX}"):
        with suppress(OSError):  # it is not ours to delete
            remove_if_left(left)
    with written(path) as temporary:
        if isinstance(content, str):
            temporary.write_text(content, encoding="utf-8")
        else:
            content(temporary)


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """A hidden folder beside `out` to fill, which has the name of `out` then. Deleted where anything goes wrong.

    Raises:
        RequestError: `out` is more than an empty folder, or is so in the end, or cannot be made.
        WriteError: the disk is full, or fails, when it is made or named.
    """
    out = out.expanduser().resolve()
    _refuse_used(out)
    partial = out.with_name(f".{out.name}.{socket.gethostname()}.{os.getpid()}{PARTIAL}")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        for left in out.parent.glob(f".{glob.escape(out.name)}.{glob.escape(socket.gethostname())}.*{PARTIAL}"):
            with suppress(OSError):
                _remove_if_left(left)
        partial.mkdir()
        lock = _locked(partial)
    except OSError as error:
        raise _cannot_make(out, error) from error
    try:
        yield partial
        try:
            if out.exists():
                out.rmdir()
            partial.rename(out)
        except OSError as error:
            _refuse_used(out)  # another process was quicker
            raise _cannot_make(out, error) from error
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    finally:
        if lock is not None:
            os.close(lock)


def _refuse_used(out: Path) -> None:
    """Raise `RequestError` where `out` is more than an empty folder."""
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise RequestError(f"{out} is already in use. Name a new or an empty folder.")


def _cannot_make(out: Path, error: OSError) -> Exception:
    return cannot_write(f"The folder {out} cannot be made", error, "Choose another place.")


def _locked(folder: Path) -> int | None:
    """A handle that holds the folder's lock; None on Windows, which has none."""
    if os.name == "nt":
        return None
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    lock_now(handle)
    return handle


def _remove_if_left(partial: Path) -> None:
    """By the number in its name; and by its lock, since processes of another container may have the same number."""
    number = partial.name.removesuffix(PARTIAL).rpartition(".")[2]
    if os.name == "nt" or not number.isdecimal() or (int(number) != os.getpid() and exists(int(number))):
        return
    handle = os.open(partial, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if lock_now(handle) is not False:
            shutil.rmtree(partial)
    finally:
        os.close(handle)
