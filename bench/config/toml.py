"""Experiments as TOML files. Reads and writes files."""

from pathlib import Path

import tomli_w

from bench.config.experiment import Experiment
from bench.config.faults import checked
from bench.config.keys import read_written


def read_experiment(path: Path) -> Experiment:
    """The checked experiment of a results folder. Raises as `read_written`, and where a key or value is wrong."""
    return checked(Experiment, read_written(path), str(path))


def experiment_text(experiment: Experiment) -> str:
    """The experiment as TOML; keys without a value are left out."""
    return tomli_w.dumps(experiment.model_dump(exclude_none=True))
