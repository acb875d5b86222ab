"""The options of `bench screen`, checked, and the experiment that they ask for."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from backbones.names import registered_names
from bench.config.experiment import Experiment
from bench.config.request import Given, experiment_from, options_from
from bench.config.toml import read_toml
from bench.errors import RequestError
from bench.option import option
from bench.screen.choose import chosen

ONLY = ("screen",)
SEEDS = "10"


class ScreenOptions(BaseModel):
    """Which backbones, and which probe; all else is as in `bench run`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    backbones: list[str] = option(
        [],
        "Backbones: a name, a pattern such as 'efficientnet*', or a file with one of these a line; repeatable.",
        ONLY,
        metavar="NAME|GLOB|FILE",
        names=registered_names,
        path=True,
    )
    probe: Literal["logistic", "knn"] = option("logistic", "What is fitted to the features: {choices}.", ONLY)


def screen_from(given: Given) -> Experiment:
    """The experiment of a screen: every backbone, ten seeds where nothing else is said, a probe as its recipe.

    Raises:
        RequestError: an option or a key is wrong, a pattern matches nothing, or no backbone is named.
    """
    options = options_from(ScreenOptions, given)
    if not options.backbones:
        raise RequestError("No backbones to screen. Name them by --backbones: 'efficientnet*', or a file of names.")
    values = read_toml(given["config"]) if given.get("config") else {}
    seeds = SEEDS if "seeds" not in values and given.get("seeds") is None else given.get("seeds")
    recipe = None if given.get("probe") is None and _has_probe(values) else f"{options.probe}-probe"
    return experiment_from({**given, "backbone": chosen(options.backbones), "recipe": recipe, "seeds": seeds})


def _has_probe(values: Mapping[str, Any]) -> bool:
    """Whether a configuration file has a recipe that is one, as that of an earlier screen."""
    recipe = values.get("recipe")
    return isinstance(recipe, dict) and recipe.get("probe") not in (None, "none")
