"""From command-line options and a configuration file to a checked experiment. Reads files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.config.experiment import Experiment, checked
from bench.config.recipe_file import find_recipe_file
from bench.config.toml import read_toml
from bench.data.options import EVERY_SITE
from bench.data.sites import parse_external
from bench.errors import RequestError

COMMAND_LINE = "the command line"
DATA_KEYS = ("data", "internal", "external")


def experiment_from(
    config: Path | None,
    given: Mapping[str, Any],
    recipe: str | None,
    recipe_options: Mapping[str, Any],
    called: str = COMMAND_LINE,
) -> Experiment:
    """The experiment that a configuration file and options (None: not given) describe; options win.

    Options are texts, as the command line has them, or what the file would hold. `called` names them in errors.

    Raises:
        RequestError: an option, a key or a value is wrong.
    """
    values = read_toml(config) if config else {}
    values.pop("search", None)  # for bench search, which reads it by itself
    where = f"{config} and {called}" if config else called
    options = {key: value for key, value in given.items() if value not in (None, [])}
    if any(key in options for key in DATA_KEYS):  # data on the command line replace those of the file as a whole
        values = {key: value for key, value in values.items() if key not in (*DATA_KEYS, "reader")}
    if "folds" in options and "holdout" in options:
        raise RequestError("--folds and --holdout exclude each other. Give one of them.")
    if "folds" in options or "holdout" in options:
        values = {key: value for key, value in values.items() if key not in ("folds", "holdout")}
    if isinstance(options.get("seeds"), str):
        options["seeds"] = parse_seeds(options["seeds"])
    if isinstance(options.get("external"), list):
        options["external"] = _externals(options["external"])
    if isinstance(options.get("reader"), list):
        options["reader"] = parse_readers(options["reader"])
    if "columns" in options:
        columns = options["columns"]
        options["columns"] = {
            **values.get("columns", {}),
            **(parse_columns(columns) if isinstance(columns, list) else columns),
        }
    values |= options
    if recipe is not None:
        sized = {"image_size": options["image_size"]} if "image_size" in options else {}
        values |= _recipe_values(recipe) | sized
    elif isinstance(values.get("recipe"), str):
        values = _recipe_values(values["recipe"]) | {key: value for key, value in values.items() if key != "recipe"}
    changed = {key: value for key, value in recipe_options.items() if value is not None}
    if changed:
        before = values.get("recipe", {})
        if not isinstance(before, dict):
            raise RequestError(f"recipe in {config} must be a table of recipe keys, a name or a file, not {before!r}.")
        values["recipe"] = {**before, **changed}
    typed = {**dict.fromkeys(options), **{f"recipe.{key}": None for key in changed}} if called == COMMAND_LINE else {}
    return checked(Experiment, values, where, {key: as_option(key.removeprefix("recipe.")) for key in typed})


def as_option(key: str) -> str:
    """A key of the configuration as the command line has it."""
    return "--" + {"columns": "column"}.get(key, key).replace("_", "-")


def _recipe_values(name_or_file: str) -> dict[str, Any]:
    file = find_recipe_file(name_or_file)
    size = {"image_size": file.image_size} if file.image_size else {}
    return {"recipe": file.recipe.model_dump(), "tuned": file.tuned and file.tuned.model_dump(), **size}


def parse_seeds(text: str) -> int | list[int]:
    """`10` is a count, `3,5,8` (or `3,`) a list.

    Raises:
        RequestError: neither.
    """
    try:
        if "," in text:
            return [int(part) for part in text.split(",") if part.strip()]
        return int(text)
    except ValueError:
        raise RequestError(f"--seeds takes a count such as 10 or a list such as 3,5,8, not {text!r}.") from None


def parse_readers(texts: list[str]) -> dict[str, str]:
    """`cq500` is the reader of every site that has none of its own, `bern=cq500` that of one site."""
    parts = [text.rpartition("=") for text in texts]
    return {site if separator else EVERY_SITE: name for site, separator, name in parts}


def parse_columns(texts: list[str]) -> dict[str, str]:
    """`path=file` says that the manifest's column `file` is what we call path.

    Raises:
        RequestError: no `=` in it.
    """
    for text in texts:
        if not all(text.partition("=")):
            raise RequestError(f"--column takes OURS=YOURS, such as path=file, not {text!r}.")
    return {ours: yours for ours, _, yours in (text.partition("=") for text in texts)}


def _externals(texts: list[str]) -> dict[str, str]:
    sites: dict[str, str] = {}
    for text in texts:
        name, path = parse_external(text)
        if name in sites:
            raise RequestError(
                f"Two external sites are called {name!r}: {sites[name]} and {path}. Name them: --external NAME=PATH."
            )
        sites[name] = path
    return sites
