"""Numbers of the formats of stored files, and what is said of newer ones. A file without a number has format 1."""

import re
from pathlib import Path
from typing import Final

from bench.errors import RequestError
from bench.version import __version__

FORMAT: Final = 1
"""Of a results folder. The number in run.json is also that of the files beside it, the one in .digests.json that of the
folder's own files, those in search/NAME.json and explain/explain.json those of what they name. Raised where an earlier
release would misread what this one writes; what earlier releases wrote is read for ever (tests/test_old_results.py)."""
AUDIT: Final = 1
"""Of audit.json, in the same way."""

WRITTEN_BY = f"gapbench {__version__}"
_STAMP = re.compile(rb'\s*\{\s*"(?:format|schema)": *([0-9]{1,9})\b(?:,\s*"written_by": *"gapbench ([\w.+-]{1,40})")?')


class NewerError(RequestError):
    """A file has a format that this release does not know."""


def stamp() -> dict[str, int | str]:
    """The first entries of a stored object of JSON."""
    return {"format": FORMAT, "written_by": WRITTEN_BY}


def refuse_newer(content: bytes, file: Path, known: int = FORMAT) -> None:
    """Raise `NewerError` where the content of a file says that it is in a format above `known`."""
    found = _STAMP.match(content)
    if found is None or int(found[1]) <= known:
        return
    writer = found[2].decode() if found[2] else ""
    raise NewerError(
        f"{file} has format {int(found[1])}, and this is gapbench {__version__}, which reads formats up to {known}. "
        f"Install gapbench {writer + ' or newer, which wrote it' if writer else 'in a newer version'}, and give the "
        f"command again."
    )
