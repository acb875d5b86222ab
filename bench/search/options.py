"""The options of `bench search`, checked."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bench.config.faults import in_words
from bench.errors import RequestError
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


class SearchOptions(BaseModel):
    """Options of `bench search` beside those of an experiment; each is a key of `[search]`.

    `space` holds ranges and choices as TOML has them; `tune` names knobs to search between the values of `KNOBS`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    trials: Annotated[int, Field(ge=1, le=100_000)] = 40
    metric: str = primary().name
    sampler: Literal["tpe", "random", "grid", "cma-es", "gp"] = "tpe"
    pruner: Literal["median", "hyperband", "wilcoxon", "none"] = "median"
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    nested: bool = False
    inner_folds: Annotated[int, Field(ge=2)] = 3
    study: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)] | None = None
    new_study: bool = False
    storage: str | None = None
    heartbeat: Annotated[int, Field(ge=1, le=3600)] = 30
    tune: list[str] = Field(default_factory=list)
    space: dict[str, Any] = Field(default_factory=dict)

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
