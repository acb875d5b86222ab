"""Whether a path is an ordinary file: reading a pipe or a device might never end. Reads files' status."""

import errno
import stat
from pathlib import Path


def plain(path: Path) -> Path:
    """The path itself, to be opened.

    Raises:
        OSError: there is no file, or it is a folder, pipe, socket or device.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "it is no file but a folder, pipe, socket or device", str(path))
    return path
