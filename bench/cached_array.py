"""Arrays of the cache that are too large to read whole: mapped into memory, each row checked once a process.

Reads and makes files.
"""

import os
import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.cached_file import DamagedFileError, Signature, signature

_checked: dict[Path, tuple[Signature, NDArray[Any]]] = {}


def allocated(file: Path, shape: tuple[int, ...], dtype: type[np.generic]) -> "np.memmap[Any, np.dtype[Any]]":
    """A new array of zeros, mapped to a file that has all its place on the disk.

    Raises:
        OSError: there is too little place. Without this it would be a bus error at some later write.
    """
    array: np.memmap[Any, np.dtype[Any]] = np.lib.format.open_memmap(file, mode="w+", dtype=dtype, shape=shape)
    if hasattr(os, "posix_fallocate"):
        with file.open("r+b") as opened:
            os.posix_fallocate(opened.fileno(), 0, file.stat().st_size)
    return array


def row_checks(array: NDArray[Any]) -> list[int]:
    """The CRC-32 of each row."""
    with ThreadPoolExecutor() as threads:
        return list(threads.map(zlib.crc32, array, chunksize=64))


def open_checked(file: Path, checks: Sequence[int], dtype: type[np.generic]) -> NDArray[Any]:
    """The array in `file`, read-only: processes that open it share the memory.

    Raises:
        DamagedFileError: it is not as it was written.
        FileNotFoundError: there is none.
    """
    found = signature(file)
    known = _checked.get(file)
    if known and known[0] == found:
        return known[1]
    try:
        array: NDArray[Any] = np.load(file, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise DamagedFileError(file, str(error)) from None
    same = array.dtype == dtype and len(array) == len(checks) and row_checks(array) == list(checks)
    if not same:
        raise DamagedFileError(file)
    _checked[file] = (found, array)
    return array
