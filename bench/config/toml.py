"""Experiments and recipes as TOML files. Reads and writes files."""

import tomllib
from pathlib import Path
from typing import Any

import tomli_w

from bench.config.experiment import Experiment
from bench.config.faults import checked
from bench.errors import RequestError


def read_toml(path: Path) -> dict[str, Any]:
    """The keys of a TOML file.

    Raises:
        RequestError: the file is missing or no TOML, with line and column.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))  # Windows' editors write a byte-order mark
    except OSError as error:
        raise RequestError(f"Cannot read {path}: {error.strerror}. Check the spelling.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RequestError(f"{path} is not a TOML file: {error}. Mend that line.") from None


def read_experiment(path: Path) -> Experiment:
    """A checked experiment from a file."""
    return checked(Experiment, read_toml(path), str(path))


def experiment_text(experiment: Experiment) -> str:
    """The experiment as TOML; keys without a value are left out."""
    return tomli_w.dumps(experiment.model_dump(exclude_none=True))
