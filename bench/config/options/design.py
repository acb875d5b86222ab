"""Options: what is compared, and by which seeds and folds."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, Field, PlainSerializer, WrapValidator, field_validator

from backbones.names import absolute, registered_names
from bench.config.texts import parse_seeds
from bench.option import NETWORKS, RECIPE, RUN, option
from bench.plan.adaptation import ADAPTATIONS, NONE, Adaptation, with_baseline
from bench.plan.recipe import RECIPES, Recipe

MOST_SEEDS = 10_000
MOST_DRAWS = 1000
SITES = "sites"
Seed = Annotated[int, Field(ge=0, lt=2**63)]
if TYPE_CHECKING:
    Folds = int | Literal["sites"]
else:
    Folds = Annotated[
        int,
        Field(ge=2),
        WrapValidator(lambda value, number: value if value == SITES else number(value)),
        PlainSerializer(lambda value: value),
    ]


class DesignOptions(BaseModel):
    """Backbones and their recipe, seeds, and folds or a hold-out split."""

    backbone: list[str] = option(
        ["resnet34"],
        "A timm model, hf-hub:ORGANISATION/NAME or local-dir:PATH; repeatable.",
        NETWORKS,
        names=registered_names,
        limits={"min_length": 1},
    )
    seeds: list[Seed] = option(
        list(range(5)),
        "How many seeds (0, 1, …), or a list such as 3,5,8.",
        (*RUN, "search"),
        shown={"run": "5", "screen": "10", "search": "1"},
        joined=True,
        parse=parse_seeds,
        limits={"min_length": 1},
    )
    folds: Folds = option(
        5,
        "Stratified folds of each seed; in a nested search the outer ones. With sites each fold is one site.",
        metavar="N|sites",
        choices=(SITES,),
        parse=str.strip,
    )
    holdout: float | None = option(
        None, "Instead of folds: one split that holds out this share, such as 0.2.", RUN, limits={"gt": 0, "lt": 1}
    )
    training_draws: int = option(
        0,
        "How often each seed is also trained on patients drawn anew from its training parts, 2 times or more.",
        ("run",),
        shown="never",
        limits={"ge": 0, "le": MOST_DRAWS},
    )
    recipe: Recipe = option(
        Recipe(),
        "How to train: a recipe's name, or a TOML file.",
        NETWORKS,
        panel=RECIPE,
        metavar="NAME|FILE",
        choices=tuple(RECIPES),
        shown="fine-tune",
        path=True,
    )

    adapt: list[Adaptation] = option(
        [NONE],
        "How models meet the images of other sites, a row each: {choices}; repeatable. none is always among them.",
        ("run", "nondeterminism"),
        RECIPE,
        choices=ADAPTATIONS,
    )

    @field_validator("seeds", mode="before")
    @classmethod
    def _count_or_list(cls, value: Any) -> Any:
        """A count N means the seeds 0 … N−1."""
        if isinstance(value, int) and not isinstance(value, bool):
            if value > MOST_SEEDS:
                raise ValueError(f"{value} seeds are more than {MOST_SEEDS}")
            return list(range(value))
        return value

    @field_validator("training_draws")
    @classmethod
    def _draws_that_differ(cls, value: int) -> int:
        if value == 1:
            raise ValueError("one draw has nothing to differ from: give 2 or more, or 0 for none")
        return value

    @field_validator("backbone")
    @classmethod
    def _whole_paths(cls, value: list[str]) -> list[str]:
        return list(map(absolute, value))

    @field_validator("seeds", "backbone")
    @classmethod
    def _once_each(cls, value: list[Any]) -> list[Any]:
        return list(dict.fromkeys(value))

    @field_validator("adapt")
    @classmethod
    def _beside_none(cls, value: list[Adaptation]) -> list[Adaptation]:
        return with_baseline(value)

    @property
    def adapted(self) -> list[Adaptation]:
        """The adaptations that are asked for."""
        return [one for one in self.adapt if one != NONE]

    @property
    def by_site(self) -> bool:
        """Whether each site is held out as a whole."""
        return self.folds == SITES

    @property
    def drawn_folds(self) -> int:
        """How many folds are drawn for a seed; 0 where each is a site."""
        return self.folds if isinstance(self.folds, int) else 0
