"""Experiments and recipes as TOML files. Reads and writes files."""

import tomllib
from pathlib import Path
from typing import Any

import tomli_w

from bench.config.experiment import Experiment
from bench.config.faults import checked
from bench.errors import RequestError

WRITTEN = ("backbone", "recipe")
"""Keys that every stored experiment has, one before its tables and one that is a table."""


def read_toml(path: Path) -> dict[str, Any]:
    """The keys of a TOML file.

    Raises:
        RequestError: the file is missing or no TOML, with line and column.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))  # Windows' editors write a byte-order mark
    except OSError as error:
        raise RequestError(f"Cannot read {path}: {error.strerror}. Check the spelling.") from None
    except (ValueError, RecursionError) as error:  # no UTF-8, a number of thousands of digits, a zero byte in the path
        raise RequestError(f"{path} is not a TOML file: {error}. Mend that line.") from None


def read_experiment(path: Path) -> Experiment:
    """The checked experiment of a results folder. Raises as `read_written`, and where a key or value is wrong."""
    return checked(Experiment, read_written(path), str(path))


def read_written(path: Path) -> dict[str, Any]:
    """The keys of an experiment that a results folder holds.

    Raises:
        RequestError: the file is damaged; an empty or half one too, from which another experiment would be read.
    """
    values = read_toml(path)
    if missing := [key for key in WRITTEN if key not in values]:
        raise RequestError(
            f"{path} is not as it was written: it lacks {', '.join(missing)}. Restore it from a copy, or use another "
            f"--results folder."
        )
    return values


def experiment_text(experiment: Experiment) -> str:
    """The experiment as TOML; keys without a value are left out."""
    return tomli_w.dumps(experiment.model_dump(exclude_none=True))
