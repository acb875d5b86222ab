"""The options of `bench search`, checked."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from bench.config.experiment import Experiment
from bench.config.faults import in_words
from bench.config.request import (
    COMMAND_LINE,
    Given,
    experiment_from,
    options_from,
    refuse_adaptation,
    refuse_probe,
    refuse_site_folds,
)
from bench.config.toml import read_toml
from bench.errors import RequestError
from bench.option import SEARCH, option
from bench.plan.recipe import Recipe
from reports.statistics.metrics import primary, searchable
from studies.errors import StudyError
from studies.space import Choices, Dimension, FloatRange, IntRange, Space, parse_dimension

WHOLE = ("epochs", "head_epochs", "batch_size", "image_size")
IMAGE_SIZES = (16, 2048)
KNOBS: Mapping[str, Dimension] = {
    "lr": FloatRange(1e-4, 1e-2, log=True),
    "epochs": IntRange(2, 10),
    "weight_decay": FloatRange(1e-4, 0.3, log=True),
    "batch_size": Choices((8, 16, 32, 64)),
    "head_epochs": IntRange(0, 3),
    "label_smoothing": FloatRange(0.0, 0.2),
    "warmup": FloatRange(0.0, 0.5),
    "class_weights": Choices(("none", "balanced")),
    "image_size": Choices((64, 128, 224)),
}
"""What can be searched, and between which values where nothing else is said."""
ALWAYS = ("lr", "epochs")
ONLY = ("search",)


class SearchOptions(BaseModel):
    """Options of `bench search` beside those of an experiment; each is a key of `[search]`.

    `space` holds ranges and choices as TOML has them; `tune` names knobs to search between the values of `KNOBS`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    trials: int = option(40, "Trials of a study, other processes' included.", ONLY, limits={"ge": 1, "le": 100_000})
    metric: str = option(
        primary().name,
        "Score of a trial, as the mean over its folds: macro_f1, accuracy, auroc, …",
        ONLY,
        choices=searchable,
    )
    tune: list[str] = option(
        [], "Search this as well: weight_decay, batch_size, head_epochs, …; repeatable.", ONLY, choices=tuple(KNOBS)
    )
    sampler: Literal["tpe", "random", "grid", "cma-es", "gp"] = option(
        "tpe", "What proposes trials: {choices}.", ONLY, SEARCH
    )
    pruner: Literal["median", "hyperband", "wilcoxon", "none"] = option(
        "median", "What ends poor trials early: {choices}.", ONLY, SEARCH
    )
    nested: bool = option(False, "A study inside each outer fold.", ONLY, SEARCH)
    inner_folds: int = option(3, "Folds inside an outer fold, with --nested.", ONLY, SEARCH, limits={"ge": 2})
    seed: int = option(0, "Seed of the sampler.", ONLY, SEARCH, flag="--search-seed", limits={"ge": 0, "lt": 2**63})
    study: str | None = option(
        None,
        "Name of the study.",
        ONLY,
        SEARCH,
        shown="the backbone's",
        limits={"pattern": r"^[A-Za-z0-9][A-Za-z0-9._-]*$", "max_length": 100},
    )
    new_study: bool = option(False, "Begin another study beside those that ask something else.", ONLY, SEARCH)
    storage: str | None = option(
        None,
        "Where trials are kept: sqlite:///FILE or postgresql://USER@HOST/DB.",
        (*ONLY, "dashboard"),
        SEARCH,
        shown="study.db in the results folder",
        envvar="GAPBENCH_STORAGE",
    )
    heartbeat: int = option(
        30,
        "Seconds; a trial that gives no sign for three times as long is tried again.",
        ONLY,
        SEARCH,
        limits={"ge": 1, "le": 3600},
    )
    space: dict[str, Any] = option({}, "What is searched, and between which values: docs/search.md.", ())

    def searched(self, where: str) -> Space:
        """The search space; without one, learning rate and epochs, and what `tune` names.

        Raises:
            RequestError: an unknown knob, an empty or inverted range, a value that a recipe cannot have.
        """
        for name in [*self.tune, *self.space]:
            if name not in KNOBS:
                raise RequestError(
                    f"search.space in {where} names {name!r}, which cannot be searched. Known: {', '.join(KNOBS)}."
                )
        if self.metric not in searchable():
            raise RequestError(f"--metric {self.metric!r} in {where} is none of {', '.join(searchable())}.")
        usual = list(self.tune) if self.space else [*ALWAYS, *self.tune]
        dimensions = {name: KNOBS[name] for name in usual}
        for name, given in self.space.items():
            try:
                dimensions[name] = parse_dimension(name, given, whole=name in WHOLE, where=where)
            except StudyError as error:
                raise RequestError(str(error)) from None
            _check_values(name, dimensions[name], where)
        return Space(dimensions)


def _check_values(name: str, part: Dimension, where: str) -> None:
    """The ends of a range, and each choice, must be values that a recipe can have."""
    for value in part.values if isinstance(part, Choices) else (part.low, part.high):
        if name == "image_size":
            if not isinstance(value, int) or not IMAGE_SIZES[0] <= value <= IMAGE_SIZES[1]:
                raise RequestError(
                    f"search.space.image_size in {where} has {value!r}. An image has {IMAGE_SIZES[0]} to "
                    f"{IMAGE_SIZES[1]} pixels a side."
                )
            continue
        try:
            Recipe.model_validate({name: value}, strict=isinstance(value, bool))
        except ValidationError as error:
            raise RequestError(
                f"search.space.{name} in {where} has {value!r}. It {in_words(error.errors()[0])}."
            ) from None


def search_from(given: Given) -> tuple[Experiment, SearchOptions, str]:
    """The experiment, the search and the name of where both come from; one seed where nothing else is said.

    Raises:
        RequestError: an option, a key or a value is wrong.
    """
    config = given.get("config")
    values = read_toml(config) if config else {}
    where = f"{config} and {COMMAND_LINE}" if config else COMMAND_LINE
    if "seeds" not in values and given.get("seeds") is None:
        given = {**given, "seeds": "1"}
    experiment = experiment_from(given)
    refuse_probe(experiment, "bench search")
    refuse_site_folds(experiment, "bench search")
    refuse_adaptation(experiment, "bench search", "scores internal cases alone and opens no external site")
    table = values.get("search", {})
    if not isinstance(table, dict):
        raise RequestError(f"search in {config} must be a table, [search], not {table!r}.")
    options = options_from(SearchOptions, given, table, f"[search] of {where}" if table else where)
    named = str(config) if config else where
    options.searched(named)  # before anything is read
    return experiment, options, named
