"""What commands write outside of results folders: whole or not at all. Deletes what killed ones left of the same.

Several processes may write to one place there, and no lock keeps them out.
"""

import glob
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.atomic import write_atomically, write_text
from bench.errors import RequestError, cannot_write
from bench.locks import is_open, lock_now
from bench.processes import exists


def write_output(path: Path, content: str | Callable[[Path], object]) -> None:
    """As `write_atomically`, of a text or what writes the file."""
    for left in path.parent.glob(f".{glob.escape(path.name)}.*.tmp"):
        number = left.name.removeprefix(f".{path.name}.").removesuffix(".tmp")
        if number.isdecimal() and not exists(int(number)):
            left.unlink(missing_ok=True)
    if isinstance(content, str):
        write_text(path, content)
    else:
        write_atomically(path, content)


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """A hidden folder beside `out` to fill, which has the name of `out` then. Deleted where anything goes wrong.

    Raises:
        RequestError: `out` is more than an empty folder, cannot be made, or is being made by another process.
        WriteError: the disk is full, or fails.
    """
    out = out.expanduser().resolve()
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise RequestError(f"{out} is already in use. Name a new or an empty folder.")
    partial = out.with_name(f".{out.name}.partial")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        handle = _made_and_locked(partial, out)
        try:
            for left in partial.iterdir():  # by a killed process
                shutil.rmtree(left) if left.is_dir() else left.unlink()
            yield partial
            if out.exists():
                out.rmdir()
            partial.rename(out)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        finally:
            if handle is not None:
                os.close(handle)
    except OSError as error:
        raise cannot_write(f"The folder {out} cannot be made", error, "Name another one.") from error


def _made_and_locked(partial: Path, out: Path) -> int | None:
    """A handle that holds the lock; again where another process gave the folder its name, or removed it, just now."""
    while True:
        partial.mkdir(exist_ok=True)
        if os.name == "nt":  # which locks no folders
            return None
        handle = os.open(partial, os.O_RDONLY)
        free = lock_now(handle)
        if free is not False and is_open(partial, handle):
            return handle
        os.close(handle)
        if free is False:
            raise RequestError(f"Another process is making {out}. Wait for it, or name another folder.")
