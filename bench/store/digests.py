"""SHA-256 of stored files. Reads files."""

import hashlib
from pathlib import Path

from bench.plain_file import plain

CHANGED = "it is not as it was written"


def digest_of(content: bytes) -> str:
    """In hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def file_digest(file: Path) -> str:
    """The same of a file; empty where there is none."""
    try:
        with plain(file).open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except (FileNotFoundError, NotADirectoryError):
        return ""
