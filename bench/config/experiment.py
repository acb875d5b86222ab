"""The experiment: every option of `bench run`, checked, with its default."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from bench.config.faults import described, no_text
from bench.data.images import MAX_PIXELS, Fit, PixelSettings
from bench.data.options import EVERY_SITE, MANIFEST_COLUMNS, GroupBy, MultiLabel
from bench.data.tree.layout import Layout
from bench.data.windows import DEFAULT as DEFAULT_WINDOWS
from bench.data.windows import parse_windows
from bench.errors import RequestError
from bench.plan.recipe import Recipe
from bench.plan.spec import Precision
from reports.statistics.intervals import Interval, chosen_interval

DEFAULT_IMAGE_SIZE = 224
PHANTOM_IMAGE_SIZE = 64
MOST_SEEDS = 10_000

Model = TypeVar("Model", bound=BaseModel)


class FrozenBackbone(BaseModel):
    """What was decided when a backbone was first planned, and holds for the whole results folder."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    weights: str
    weights_digest: str
    precision: Precision
    device: Literal["cpu", "cuda", "mps"]
    parameters: int
    note: str = ""


class Tuned(BaseModel):
    """That a recipe was chosen by a score on cases; `cases` are the first digits of their digests."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    study: str
    metric: str
    score: float
    trials: int
    cases: list[str]


class Experiment(BaseModel):
    """Options of `bench run`; each is a key of the TOML file.

    `data` or `internal` and `external` (site name → path) say where the images lie; without any of them the
    embedded phantom is used. `reader` names the reader of each site (`*`: of all others), `columns` what a manifest
    calls its columns, `root` where its paths begin. `tree` says what folders name, `group_by` which DICOM identifier
    holds cases together. `classes` renames or merges labels (found → wanted), `class_order` declares the
    classes. `interval` and `stratify` say how intervals are made; they change the leaderboard, not the runs.
    `save_models` keeps trained models beside their predictions.
    `frozen` and `tuned` (what the recipe's file says of the cases it was tuned on) are written by the program.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: str | None = None
    internal: str | None = None
    external: dict[str, str] = Field(default_factory=dict)
    backbone: Annotated[list[str], Field(min_length=1)] = Field(default_factory=lambda: ["resnet34"])
    seeds: list[Annotated[int, Field(ge=0, lt=2**63)]] = Field(default_factory=lambda: list(range(5)), min_length=1)
    folds: Annotated[int, Field(ge=2)] = 5
    holdout: Annotated[float, Field(gt=0, lt=1)] | None = None
    recipe: Recipe = Recipe()
    image_size: Annotated[int, Field(ge=16, le=2048)] | None = None
    fit: Fit = "pad"
    white16: Annotated[int, Field(ge=1, le=65535)] = 65535
    windows: list[str] = Field(default_factory=lambda: list(DEFAULT_WINDOWS), min_length=1)
    reader: dict[str, str] = Field(default_factory=dict)
    columns: dict[str, str] = Field(default_factory=dict)
    root: str | None = None
    tree: Layout = "auto"
    group_by: GroupBy = "patient"
    multilabel: MultiLabel = "single-only"
    allow_outside: bool = False
    max_pixels: Annotated[int, Field(ge=1)] = MAX_PIXELS
    group_duplicates: bool = False
    allow_leaks: bool = False
    class_order: list[str] | None = None
    classes: dict[str, str] = Field(default_factory=dict)
    weights: str = "auto"
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    deterministic: bool = True
    skip_unreadable: bool = False
    interval: Interval | None = None
    stratify: bool = False
    workers: Annotated[int, Field(ge=1)] | None = None
    executor: Literal["auto", "in-process", "processes"] = "auto"
    save_models: bool = False
    results: str = "results"
    frozen: dict[str, FrozenBackbone] = Field(default_factory=dict)
    tuned: Tuned | None = None

    @field_validator("seeds", mode="before")
    @classmethod
    def _count_or_list(cls, value: Any) -> Any:
        """A count N means the seeds 0 … N−1."""
        if isinstance(value, int) and not isinstance(value, bool):
            if value > MOST_SEEDS:
                raise ValueError(f"{value} seeds are more than {MOST_SEEDS}")
            return list(range(value))
        return value

    @field_validator("reader", mode="before")
    @classmethod
    def _one_reader(cls, value: Any) -> Any:
        """A name alone is the reader of every site."""
        return {EVERY_SITE: value} if isinstance(value, str) else value

    @field_validator("windows", mode="before")
    @classmethod
    def _windows(cls, value: Any) -> Any:
        """Names separated by commas, or a list of them."""
        names = [name.strip() for name in value.split(",")] if isinstance(value, str) else value
        if isinstance(names, list) and all(isinstance(name, str) for name in names):
            try:
                parse_windows(names)
            except RequestError as error:
                raise ValueError(str(error)) from None
        return names

    @field_validator("columns")
    @classmethod
    def _known_columns(cls, value: dict[str, str]) -> dict[str, str]:
        unknown = sorted(set(value) - set(MANIFEST_COLUMNS))
        if unknown:
            raise ValueError(f"{unknown[0]!r} is none of {', '.join(MANIFEST_COLUMNS)}")
        return value

    @field_validator("seeds", "backbone")
    @classmethod
    def _once_each(cls, value: list[Any]) -> list[Any]:
        return list(dict.fromkeys(value))

    @model_validator(mode="after")
    def _one_source(self) -> "Experiment":
        if self.data is not None and (self.internal is not None or self.external):
            raise ValueError("give either data (a tree with internal/ and external*/) or internal and external")
        if self.external and self.internal is None:
            raise ValueError("external needs internal as well: the paths of both are required")
        if "internal" in self.external:
            raise ValueError("an external site cannot be called 'internal'; give it another name, as in bern=PATH")
        return self

    @model_validator(mode="after")
    def _draws_to_stratify(self) -> "Experiment":
        chosen_interval(self.interval, stratify=self.stratify)
        return self

    @property
    def uses_phantom(self) -> bool:
        """Whether no data was named, so that the embedded phantom stands in."""
        return self.data is None and self.internal is None

    @property
    def pixels(self) -> PixelSettings:
        """Pixel settings with the default size filled in: 224, or 64 for the embedded phantom."""
        default = PHANTOM_IMAGE_SIZE if self.uses_phantom else DEFAULT_IMAGE_SIZE
        return PixelSettings(self.image_size or default, self.fit, self.white16, tuple(self.windows))


def checked(
    model: type[Model], values: Mapping[str, Any], where: str, called: Mapping[str, str] | None = None
) -> Model:
    """Validate `values`; `where` (a file's name, or the command line) goes into the error.

    called: how keys were typed, where that is otherwise than they are named here (`seeds` → `--seeds`).

    Raises:
        RequestError: each key that is wrong, and why.
    """
    called = called or {}
    for key, value in values.items():
        if shown := no_text(value):
            raise RequestError(
                f"Wrong option in {where}: {called.get(key, key)}: the name '{shown}' is no text here and could not be "
                f"stored. Set LANG to a UTF-8 locale such as C.UTF-8, or rename it."
            )
    try:
        return model.model_validate(values)
    except ValidationError as error:
        faults = [described(fault, model, called) for fault in error.errors()]
        raise RequestError(f"Wrong option(s) in {where}: {'; '.join(faults)}.") from None
