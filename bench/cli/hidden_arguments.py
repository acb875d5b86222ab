"""Passwords of a command line, which every user of a machine can list (`ps`). Overwrites this process's arguments."""

import contextlib
import ctypes
import re
import sys
from collections.abc import Sequence
from pathlib import Path

_PASSWORD = re.compile(r"://[^/?#\s]*?:(?P<of_user>.+)@|[?&][^=&]*pass[^=&]*=(?P<of_query>[^&#]+)", re.IGNORECASE)
_START, _END = 45, 46  # of arg_start and arg_end among the fields that follow the name in /proc/self/stat


def hide_passwords(arguments: Sequence[str]) -> None:
    """Stars in place of passwords in URLs among `arguments`, as other processes see these; the program keeps them.

    On Linux. Elsewhere, and for the moments before, the password is seen: GAPBENCH_STORAGE takes it unseen.
    """
    secrets = [secret.encode(errors="surrogateescape") for text in arguments for secret in passwords(text)]
    if secrets and sys.platform == "linux":
        with contextlib.suppress(OSError, ValueError, IndexError):
            _overwrite(secrets)


def passwords(text: str) -> list[str]:
    """Those in a URL: before the @, and of every key of its query with `pass` in its name."""
    return [found for match in _PASSWORD.finditer(text) for found in match.groups() if found]


def _overwrite(secrets: Sequence[bytes]) -> None:
    fields = Path("/proc/self/stat").read_bytes().rpartition(b")")[2].split()
    start, end = int(fields[_START]), int(fields[_END])
    if not 0 < start < end:  # the system does not say
        return
    before = ctypes.string_at(start, end - start)
    after = before
    for secret in secrets:
        after = after.replace(secret, b"*" * len(secret))
    ctypes.memmove(start, after, len(before))
