"""The keys of TOML files, before a model checks them. Reads files."""

import tomllib
from pathlib import Path
from typing import Any

from bench.errors import RequestError

WRITTEN = ("backbone", "recipe")
"""Keys that every stored experiment has, one before its tables and one that is a table."""


def read_toml(path: Path, fault: str = "is not a TOML file") -> dict[str, Any]:
    """The keys of a TOML file; `fault` is what is said of one that cannot be read as that.

    Raises:
        RequestError: the file is missing or no TOML, with line and column.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))  # Windows' editors write a byte-order mark
    except OSError as error:
        raise RequestError(f"Cannot read {path}: {error.strerror}. Check the spelling.") from None
    except (ValueError, RecursionError) as error:  # no UTF-8, a number of thousands of digits, a zero byte in the path
        raise RequestError(f"{path} {fault}: {error}. Mend that line.") from None


def read_written(path: Path) -> dict[str, Any]:
    """The keys of an experiment that a results folder holds.

    Raises:
        RequestError: the file is damaged; an empty or half one too, from which another experiment would be read.
    """
    values = read_toml(path, "is damaged")
    if missing := [key for key in WRITTEN if key not in values]:
        raise RequestError(
            f"{path} is not as it was written: it lacks {', '.join(missing)}. Restore it from a copy, or use another "
            f"--results folder."
        )
    return values
