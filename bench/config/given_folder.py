"""The folder that is given without an option, and sites that lie beside the images unused. Reads folder listings."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.config.experiment import Experiment
from bench.config.request import COMMAND_LINE
from bench.config.texts import parse_columns
from bench.data.given_path import Source, overlooked, source_of
from bench.errors import RequestError


def with_source(given: dict[str, Any], directory: Path | None, called: str = COMMAND_LINE) -> dict[str, Any]:
    """What was given, with the folder under the option that it stands for. `called` is who was given it.

    Raises:
        RequestError: it stands for none, or is given by an option as well.
    """
    if directory is None:
        return given
    other = next((name for name in ("data", "internal") if given.get(name) is not None), None)
    if other:
        option = f"--{other}" if called == COMMAND_LINE else f"{other} of {called}"
        raise RequestError(f"{directory} and {option} both say where the images are. Give one of them.")
    columns = given.get("columns") or {}
    column = (columns if isinstance(columns, Mapping) else parse_columns(columns)).get("site", "site")
    source: Source = "internal" if given.get("external") else source_of(directory.expanduser(), column)
    return {**given, source: str(directory)}


def overlooked_by(experiment: Experiment) -> str:
    """Which site lies beside the images and is not used; empty where there is none."""
    if experiment.external or experiment.uses_phantom:
        return ""
    source: Source = "internal" if experiment.internal is not None else "data"
    path = experiment.internal if experiment.internal is not None else experiment.data
    text = overlooked(source, Path(path).expanduser()) if path else ""
    return f"Note: {text}" if text else ""
