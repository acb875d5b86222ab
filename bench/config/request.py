"""From the options that were given and a configuration file to a checked experiment. Reads files."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from bench.config.experiment import Experiment
from bench.config.faults import Model, checked
from bench.config.recipe_file import find_recipe_file
from bench.config.toml import read_toml
from bench.errors import RequestError
from bench.option import RESULTS, declared, option

COMMAND_LINE = "the command line"
DATA_KEYS = ("data", "internal", "external")
OF_RECIPE = "recipe."

Given = Mapping[str, Any]
"""What was given for options by their names; None where nothing was."""


class ConfigFile(BaseModel):
    """What is given beside the keys of an experiment."""

    config: Path | None = option(
        None,
        "TOML file; each option is a key, those of a search under [search]. Options win.",
        panel=RESULTS,
        path=True,
    )


def experiment_from(given: Given, called: str = COMMAND_LINE) -> Experiment:
    """The experiment that a configuration file and options describe; options win. Options of features are passed by.

    Values are texts, as the command line has them, or what the file would hold. `called` names them in errors.

    Raises:
        RequestError: an option, a key or a value is wrong.
    """
    config = given.get("config")
    where = f"{config} and {called}" if config else called
    options = _stated(Experiment, given)
    of_recipe = {key: options.pop(key) for key in list(options) if key.startswith(OF_RECIPE)}
    recipe = options.pop("recipe", None)
    typed = [*options, *of_recipe] if called == COMMAND_LINE else []
    values = _without_replaced(read_toml(Path(config)) if config else {}, options)
    if "columns" in options:
        options["columns"] = {**values.get("columns", {}), **options["columns"]}
    values |= options
    if recipe is not None:
        values |= _recipe_values(recipe) | {key: options[key] for key in ("image_size",) if key in options}
    elif isinstance(values.get("recipe"), str):
        values = _recipe_values(values["recipe"]) | {key: value for key, value in values.items() if key != "recipe"}
    if of_recipe:
        before = values.get("recipe", {})
        if not isinstance(before, dict):
            raise RequestError(f"recipe in {config} must be a table of recipe keys, a name or a file, not {before!r}.")
        values["recipe"] = {**before, **{key.removeprefix(OF_RECIPE): value for key, value in of_recipe.items()}}
    return checked(Experiment, values, where, _flags(Experiment, typed))


def refuse_probe(experiment: Experiment, command: str) -> None:
    """Raise `RequestError` where a command that trains networks is given a recipe that trains none."""
    if experiment.recipe.probes:
        raise RequestError(
            f"{command} trains networks, and the recipe ({experiment.recipe.label()}) trains none. Give another "
            f"--recipe; probes are for bench run and bench screen."
        )


def refuse_site_folds(experiment: Experiment, command: str) -> None:
    """Raise `RequestError` where a command that holds out parts of the internal site is asked to hold out sites."""
    if experiment.by_site:
        raise RequestError(
            f"{command} holds out parts of the internal site, and was asked for --folds sites. Give it a number of "
            f"folds; bench run leaves out one site at a time."
        )


def refuse_adaptation(experiment: Experiment, command: str, why: str) -> None:
    """Raise `RequestError` where a command that adapts nothing is asked to."""
    if experiment.adapted:
        raise RequestError(
            f"{command} {why}, so it has no use for --adapt {', '.join(experiment.adapted)} (adapt). Leave it out; "
            f"bench run compares adaptations."
        )


def options_from(model: type[Model], given: Given, table: Mapping[str, Any] | None = None, where: str = "") -> Model:
    """The options of a feature: `table` of a configuration file, over which go those that were given.

    Raises:
        RequestError: a key or a value is wrong.
    """
    options = _stated(model, given)
    return checked(model, {**(table or {}), **options}, where or COMMAND_LINE, _flags(model, options))


def _stated(model: type[BaseModel], given: Given) -> dict[str, Any]:
    """What was given for the options of a model, by their place in the file and as the file would have it."""
    found = {}
    for one in declared(model):
        value = given.get(one.name)
        if value is None or value == []:
            continue
        if one.repeatable and isinstance(value, str):
            value = [value]
        if one.option.parse and isinstance(value, list if one.repeatable else str):
            value = one.option.parse(value)
        found[one.key] = value
    return found


def _flags(model: type[BaseModel], keys: Iterable[str]) -> dict[str, str]:
    """How keys were typed, for error messages."""
    return {one.key: one.flag.partition("/")[0] for one in declared(model) if one.key in keys}


def _without_replaced(values: dict[str, Any], options: Given) -> dict[str, Any]:
    """The file's values but for those that these options replace as a whole: the data, and how it is divided."""
    replaced = {"search"}  # for bench search, which reads it by itself
    if any(key in options for key in DATA_KEYS):
        replaced |= {*DATA_KEYS, "reader"}
    if "folds" in options and "holdout" in options:
        raise RequestError("--folds and --holdout exclude each other. Give one of them.")
    if "folds" in options or "holdout" in options:
        replaced |= {"folds", "holdout"}
    return {key: value for key, value in values.items() if key not in replaced}


def _recipe_values(name_or_file: str) -> dict[str, Any]:
    file = find_recipe_file(name_or_file)
    size = {"image_size": file.image_size} if file.image_size else {}
    return {"recipe": file.recipe.model_dump(), "tuned": file.tuned and file.tuned.model_dump(), **size}
