"""Disks that fail for one process, at calls that change something below given folders; and a process of nobody's.

Installs itself in the process: an audit hook refuses new files, folders, names and removals as the system would, and
Python's own functions for writing and flushing are replaced, since no hook hears of these. Writes a log of all calls.
"""

import builtins
import ctypes
import errno
import io
import os
import re
import shutil
import sqlite3
import sys
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
FAILED = "FAILED"
NOBODY = 65534
KEEP_CAPABILITIES, CAPABILITIES_3, READ_ALL = 8, 0x20080522, 1 << 2
VARYING = (
    (re.compile(r"[0-9a-f]{20}\.[0-9a-f]{8}"), "RUN"),
    (re.compile(r"\.[0-9a-f]{8}((\.before)?\.tmp)"), r"\1"),
    (re.compile(r"[0-9a-f]{20,64}"), "RUN"),
    (re.compile(r"\.bench-.*"), ".bench-PROCESS"),
    (re.compile(r"\.[^./]+\.\d+\.tmp|\.\d+\.tmp"), ".tmp"),
    (re.compile(r"\.[^./]+\.\d+\.partial"), ".partial"),
    (re.compile(r"#.*"), ""),
)
"""What names of files differ in from process to process and from run to run."""
SQLITE = {errno.ENOSPC: "database or disk is full", errno.EIO: "disk I/O error"}


@dataclass(frozen=True)
class Place:
    """Which call: its kind, the file without what varies in its name, and how often it was made before."""

    kind: str
    file: str
    before: int = 0


@dataclass(frozen=True)
class FailingDisk:
    """Fails at a place with an error of the system; at None nowhere. Call it in the process that is to have it.

    gone: at the place the first folder is removed instead. lacks: what this disk never does, as some file systems.
    """

    folders: tuple[Path, ...]
    log: Path
    place: Place | None = None
    code: int = errno.ENOSPC
    gone: bool = False
    lacks: Literal["", "flush of folders", "replacing"] = ""

    def __call__(self) -> None:
        _Installed(self)


class _Installed:
    def __init__(self, disk: FailingDisk) -> None:
        self._disk, self._made, self._lock = disk, Counter[tuple[str, str]](), threading.RLock()
        self._log = os.open(disk.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._replace_writers()
        sys.addaudithook(self._heard)

    def reach(self, kind: str, path: object, failing: Callable[[], object] | None = None) -> None:
        """Count a call; raise where it is the one to fail, once `failing` has done half of it."""
        file = self._name(path)
        if file is None:
            return
        with self._lock:
            place = Place(kind, file, self._made[kind, file])
            self._made[kind, file] += 1
            wanted = place == self._disk.place
            os.write(self._log, "\t".join([kind, file, *[FAILED] * wanted, "\n"]).encode())
        self._refuse_what_it_lacks(kind, Path(str(path)))
        if wanted and self._disk.gone:
            shutil.rmtree(self._disk.folders[0])
        elif wanted:
            if failing:
                failing()
            raise OSError(self._disk.code, os.strerror(self._disk.code), str(path))

    def _refuse_what_it_lacks(self, kind: str, path: Path) -> None:
        if self._disk.lacks == "flush of folders" and kind == "flush" and path.is_dir():
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        if self._disk.lacks == "replacing" and kind == "rename" and path.exists():
            raise OSError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))

    def _name(self, path: object) -> str | None:
        """As places have it; None outside the folders."""
        if isinstance(path, int):
            path = _opened_as(path)
        if not isinstance(path, str | bytes | os.PathLike):
            return None
        whole = Path(os.fsdecode(path)).absolute()
        folder = next((one for one in self._disk.folders if whole.is_relative_to(one)), None)
        if folder is None:
            return None
        name = str(whole.relative_to(folder.parent))
        for pattern, fixed in VARYING:
            name = pattern.sub(fixed, name)
        return name

    def _heard(self, event: str, given: tuple[Any, ...]) -> None:
        if event == "open" and given[2] & WRITING and not isinstance(given[0], int):
            self.reach("create", given[0])
        elif event == "os.rename":
            self.reach("rename", given[1])
        elif event == "os.mkdir" and not os.path.lexists(given[0]):  # else the system says just that
            self.reach("mkdir", given[0])
        elif event in ("os.remove", "os.rmdir"):
            within = _opened_as(given[1]) if given[1] != -1 else Path()
            self.reach("remove", within / os.fsdecode(given[0]))

    def _replace_writers(self) -> None:
        import numpy as np
        import pyarrow.parquet as pq

        plain, fsync, allocate, flush, write_table, connect = (
            *(io.open, os.fsync, os.posix_fallocate, np.memmap.flush, pq.write_table, sqlite3.connect),
        )

        def opened(file: Any, mode: str = "r", buffering: int = -1, *text: Any, **named: Any) -> Any:
            if not set(mode) & set("wax+") or self._name(file) is None:
                return plain(file, mode, buffering, *text, **named)
            closefd, opener = named.pop("closefd", True), named.pop("opener", None)
            raw = _Raw(file, mode.replace("b", "").replace("t", ""), closefd, opener)
            raw.reach = self.reach
            if buffering == 0:
                return raw
            buffer = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
            return buffer if "b" in mode else io.TextIOWrapper(buffer, *text, **named)

        def synced(file: Any) -> None:
            self.reach("flush", _opened_as(file if isinstance(file, int) else file.fileno()))
            fsync(file)

        def allocated(file: int, start: int, length: int) -> None:
            self.reach("write", file)
            allocate(file, start, length)

        def flushed(array: Any) -> None:
            self.reach("flush", array.filename)
            flush(array)

        def table_written(table: Any, where: Any, **named: Any) -> None:
            if not isinstance(where, str | os.PathLike):
                write_table(table, where, **named)
                return
            with Path(where).open("wb") as file:
                write_table(table, file, **named)

        def connected(database: Any, *given: Any, **named: Any) -> Any:
            named.setdefault("factory", _Connection)
            found = connect(database, *given, **named)
            if isinstance(found, _Connection):
                found.reach, found.file, found.code = self.reach, os.fsdecode(database), self._disk.code
            return found

        for module, name, put in (
            *((builtins, "open", opened), (io, "open", opened), (os, "fsync", synced)),
            *((os, "posix_fallocate", allocated), (np.memmap, "flush", flushed), (pq, "write_table", table_written)),
            *((sqlite3, "connect", connected), (sqlite3.dbapi2, "connect", connected)),
        ):
            setattr(module, name, put)


def _opened_as(file: int) -> Path:
    return Path(f"/proc/self/fd/{file}").readlink()


class _Raw(io.FileIO):
    """An open file of which a write may fail, half done."""

    reach: Callable[..., None]

    def write(self, data: Any) -> int:
        content = memoryview(data).cast("B")
        self.reach("write", self.fileno(), lambda: super(_Raw, self).write(content[: len(content) // 2]))
        return super().write(data)


class _Connection(sqlite3.Connection):
    """A database of which a commit may fail, as SQLite says it."""

    reach: Callable[..., None]
    file: str
    code: int

    def commit(self) -> None:
        if self.in_transaction:
            try:
                self.reach("commit", self.file)
            except OSError as error:
                said = SQLITE.get(self.code, "attempt to write a readonly database")
                raise sqlite3.OperationalError(said) from error
        super().commit()


def become_nobody() -> None:
    """Let this process be that of a user who owns nothing, but may read everything: Python may lie in a closed folder.

    See capset(2) for the numbers.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(KEEP_CAPABILITIES, 1)
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    header, kept = (ctypes.c_uint32 * 2)(CAPABILITIES_3, 0), (ctypes.c_uint32 * 6)(READ_ALL, READ_ALL)
    assert libc.capset(header, kept) == 0, os.strerror(ctypes.get_errno())
