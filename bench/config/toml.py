"""Experiments and recipes as TOML files. Reads and writes files."""

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.errors import RequestError
from bench.plain_file import plain

if TYPE_CHECKING:
    from bench.config.experiment import Experiment

WRITTEN = ("backbone", "recipe")
"""Keys that every stored experiment has, one before its tables and one that is a table."""


def read_toml(path: Path, otherwise: str = "is not a TOML file: {}. Mend that line.") -> dict[str, Any]:
    """The keys of a TOML file. otherwise: what is said of one that is none, with the reason in the place of the braces.

    Raises:
        RequestError: the file is missing or no TOML, with line and column.
    """
    try:
        return tomllib.loads(plain(path).read_text(encoding="utf-8-sig"))  # Windows' editors write a byte-order mark
    except OSError as error:
        raise RequestError(f"Cannot read {path}: {error.strerror}. Check the spelling.") from None
    except (ValueError, RecursionError) as error:  # no UTF-8, a number of thousands of digits, a zero byte in the path
        raise RequestError(f"{path} {otherwise.format(error)}") from None


def read_experiment(path: Path) -> "Experiment":
    """The checked experiment of a results folder. Raises as `read_written`, and where a key or value is wrong."""
    from bench.config.experiment import Experiment  # whose statistics `bench status` does not need
    from bench.config.faults import checked

    return checked(Experiment, read_written(path), str(path))


def read_written(path: Path) -> dict[str, Any]:
    """The keys of an experiment that a results folder holds.

    Raises:
        RequestError: the file is damaged; an empty or half one too, from which another experiment would be read.
    """
    values = read_toml(path, "is damaged: {}. Mend that line, or restore the file.")
    if missing := [key for key in WRITTEN if key not in values]:
        raise RequestError(
            f"{path} is not as it was written: it lacks {', '.join(missing)}. Restore it from a copy, or use another "
            f"--results folder."
        )
    return values


def experiment_text(experiment: "Experiment") -> str:
    """The experiment as TOML; keys without a value are left out."""
    import tomli_w

    return tomli_w.dumps(experiment.model_dump(exclude_none=True))
