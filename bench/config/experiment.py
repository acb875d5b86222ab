"""The experiment: every option of `bench run`, declared and checked, with its default."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from backbones.convolutions import Rule
from bench.config.options.design import DesignOptions
from bench.config.options.machine import MachineOptions
from bench.config.options.numerics import NumericsOptions
from bench.config.options.pixels import DEFAULT_IMAGE_SIZE, PHANTOM_IMAGE_SIZE, PixelOptions
from bench.config.options.reading import ReadingOptions
from bench.config.options.report import ReportOptions
from bench.config.options.sources import SourceOptions
from bench.data.images import PixelSettings
from bench.plan.adaptation import BY_BATCH_NORM, TRANSDUCTIVE
from bench.plan.spec import Precision, Steps


class FrozenBackbone(BaseModel):
    """What was decided when a backbone was first planned, and holds for the whole results folder."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    weights: str
    weights_digest: str
    precision: Precision
    device: Literal["cpu", "cuda", "mps"]
    parameters: int
    note: str = ""
    convolutions: Rule = "torch"
    steps: Steps = "eager"


class Tuned(BaseModel):
    """That a recipe was chosen by a score on cases; `cases` are the first digits of their digests."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    study: str
    metric: str
    score: float
    trials: int
    cases: list[str]


class Experiment(
    MachineOptions, ReportOptions, NumericsOptions, ReadingOptions, PixelOptions, DesignOptions, SourceOptions
):
    """Options of `bench run`; each is a key of the TOML file.

    Keys have the order of the groups from the last named to the first, as pydantic inherits them, and validators of
    two groups must not share a name: one would replace the other. `frozen` and `tuned` (what the recipe's file says of
    the cases it was tuned on) are written by the program.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    frozen: dict[str, FrozenBackbone] = Field(default_factory=dict)
    tuned: Tuned | None = None

    @model_validator(mode="after")
    def _sites_as_they_are(self) -> Self:
        if self.by_site and self.holdout is not None:
            raise ValueError("folds that are sites and a hold-out split exclude each other: give one of them")
        if self.by_site and self.group_duplicates:
            raise ValueError(
                "copies at two sites cannot be held out together where folds are sites: leave out --group-duplicates "
                "(group_duplicates), and remove one of each pair"
            )
        return self

    @model_validator(mode="after")
    def _models_to_save(self) -> Self:
        if self.save_models and self.recipe.probes:
            raise ValueError("a probe leaves no model to save: leave out --save-models (save_models)")
        return self

    @model_validator(mode="after")
    def _adaptations_that_fit(self) -> Self:
        fault = why_not_adapted(self)
        if fault:
            raise ValueError(fault)
        return self

    @property
    def pixels(self) -> PixelSettings:
        """Pixel settings with the default size filled in: 224, or 64 for the embedded phantom."""
        default = PHANTOM_IMAGE_SIZE if self.uses_phantom else DEFAULT_IMAGE_SIZE
        return PixelSettings(self.image_size or default, self.fit, self.white16, tuple(self.windows), self.slices)


def why_not_adapted(experiment: Experiment) -> str:
    """Why an adaptation that is asked for cannot go with the other options; empty where all can."""
    adapted = experiment.adapted
    of_sites, transductive = ([one for one in adapted if one in kind] for kind in (BY_BATCH_NORM, TRANSDUCTIVE))
    given, leave_out = f"--adapt {', '.join(adapted)} (adapt)", "leave out one of the two"
    if adapted and experiment.recipe.probes:
        return f"{given}: a probe is fitted to features that all folds share, of images as they are; {leave_out}"
    if adapted and experiment.recipe.frozen_stages:
        return f"{given}: what frozen stages make of images is computed once, before any adaptation; {leave_out}"
    if transductive and experiment.by_site:
        return (
            f"--adapt {', '.join(transductive)} (adapt) needs unlabelled images of an external site, and with --folds "
            f"sites every site is labelled and trained on; give a number of folds, or histogram alone"
        )
    if of_sites and experiment.save_models:
        return (
            f"--adapt {', '.join(of_sites)} (adapt) changes a copy of the model for each site, and copies are not "
            f"kept: leave out --save-models (save_models)"
        )
    return ""
