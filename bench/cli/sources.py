"""The folder that a command is given without an option, and sites that lie beside the images unused. Prints."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.config.texts import parse_columns
from bench.data.given_path import Source, overlooked, source_of
from bench.errors import RequestError
from bench.printing import to_output

if TYPE_CHECKING:
    from bench.config.experiment import Experiment


def with_source(given: dict[str, Any], directory: Path | None) -> dict[str, Any]:
    """What was given, with the folder under the option that it stands for.

    Raises:
        RequestError: it stands for none, or is given by an option as well.
    """
    if directory is None:
        return given
    other = next((name for name in ("data", "internal") if given.get(name) is not None), None)
    if other:
        raise RequestError(f"{directory} and --{other} both say where the images are. Give one of them.")
    column = parse_columns(given.get("columns") or []).get("site", "site")
    option: Source = "internal" if given.get("external") else source_of(directory.expanduser(), column)
    return {**given, option: str(directory)}


def say_overlooked(experiment: "Experiment") -> None:
    """Say which site lies beside the images and is not used."""
    if experiment.external or experiment.uses_phantom:
        return
    source: Source = "internal" if experiment.internal is not None else "data"
    path = experiment.internal if experiment.internal is not None else experiment.data
    if path and (text := overlooked(source, Path(path).expanduser())):
        to_output(f"Note: {text}")
