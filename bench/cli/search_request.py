"""From command-line options and a configuration file to a checked search. Reads files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.cli.request import as_option, experiment_from
from bench.config.experiment import Experiment, checked
from bench.config.toml import read_toml
from bench.errors import RequestError
from bench.search.options import SearchOptions


def search_from(
    config: Path | None,
    given: Mapping[str, Any],
    recipe: str | None,
    recipe_options: Mapping[str, Any],
    of_search: Mapping[str, Any],
) -> tuple[Experiment, SearchOptions, str]:
    """The experiment, the search and the name of where both come from; one seed where nothing else is said.

    Raises:
        RequestError: an option, a key or a value is wrong.
    """
    values = read_toml(config) if config else {}
    where = f"{config} and the command line" if config else "the command line"
    if "seeds" not in values and given.get("seeds") is None:
        given = {**given, "seeds": "1"}
    experiment = experiment_from(config, given, recipe, recipe_options)
    table = values.get("search", {})
    if not isinstance(table, dict):
        raise RequestError(f"search in {config} must be a table, [search], not {table!r}.")
    chosen = {key: value for key, value in of_search.items() if value not in (None, [])}
    called = {key: as_option({"seed": "search_seed"}.get(key, key)) for key in chosen}
    options = checked(SearchOptions, {**table, **chosen}, f"[search] of {where}" if table else where, called)
    options.searched(str(config) if config else where)  # before anything is read
    return experiment, options, str(config) if config else where
