"""How old a file is by the clock of its file system, which all machines that share it have. Reads the folder."""

import os
import time
from pathlib import Path
from tempfile import TemporaryFile


def seconds_since(file: Path) -> float:
    """How long ago the file was written or touched; negative where that lies in the future.

    The clock is read off a nameless file, which is gone at once; this machine's own where none can be made.

    Raises:
        OSError: the file cannot be looked at.
    """
    return _now(file.parent) - file.stat().st_mtime


def _now(folder: Path) -> float:
    try:
        with TemporaryFile(dir=folder) as nameless:
            return os.fstat(nameless.fileno()).st_mtime
    except OSError:
        return time.time()
