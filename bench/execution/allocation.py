"""Memory that a training step frees is kept for the next one. Changes a process-wide setting of the C library."""

import ctypes
import sys
from functools import cache
from typing import Any

_TRIM_THRESHOLD, _MMAP_MAX = -1, -4  # of glibc's malloc.h


@cache
def keep_freed() -> bool:
    """Let the C library hold on to freed memory; False where it is not glibc, and nothing changes.

    Usually it hands large pieces back to the system, which has to clear each page again when the next layer asks: up to
    a fifth of a step where maps are large. The peak is the same.
    """
    library = _glibc()
    if library is None:
        return False
    return bool(library.mallopt(_MMAP_MAX, 0)) and bool(library.mallopt(_TRIM_THRESHOLD, -1))


def give_back() -> None:
    """Hand what is free to the system, as a process should that waits after a run."""
    library = _glibc()
    if library is not None:
        library.malloc_trim(0)


@cache
def _glibc() -> Any:
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "gnu_get_libc_version") else None
