"""A recipe as a file, with the image size and the cases that it was tuned on. Reads and writes TOML."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import tomli_w
from pydantic import BaseModel, ConfigDict, Field

from bench.config.experiment import Experiment, Tuned
from bench.config.faults import checked
from bench.config.toml import read_toml
from bench.errors import RequestError
from bench.plan.recipe import RECIPES, Recipe

DIGITS = 12


class RecipeFile(BaseModel):
    """A recipe, the image size that goes with it, and what it was tuned on; the last two may be missing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    recipe: Recipe
    image_size: Annotated[int, Field(ge=16, le=2048)] | None = None
    tuned: Tuned | None = None


def find_recipe_file(name_or_file: str) -> RecipeFile:
    """A recipe by its name, or from a TOML file of recipe keys.

    Raises:
        RequestError: neither a known name nor a file, or wrong keys.
    """
    if name_or_file in RECIPES:
        return RecipeFile(recipe=RECIPES[name_or_file])
    path = Path(name_or_file).expanduser()
    if not path.is_file():
        raise RequestError(
            f"No recipe {name_or_file!r} (--recipe). Known: {', '.join(RECIPES)}; or give a TOML file with keys "
            f"among {', '.join(Recipe.model_fields)}."
        )
    values: dict[str, Any] = {"name": path.stem, **read_toml(path)}
    beside: dict[str, Any] = {key: values.pop(key) for key in ("image_size", "tuned") if key in values}
    recipe = checked(Recipe, values, str(path))
    return checked(RecipeFile, {**beside, "recipe": recipe}, str(path))


def recipe_text(file: RecipeFile) -> str:
    """The file as `find_recipe_file` reads it."""
    head = {"image_size": file.image_size} if file.image_size else {}
    foot = {"tuned": file.tuned.model_dump()} if file.tuned else {}
    return tomli_w.dumps({**file.recipe.model_dump(), **head, **foot})


def marks(digests: Iterable[str]) -> list[str]:
    """What names cases in a recipe file: the first digits of the digests of their contents."""
    return sorted({digest[:DIGITS] for digest in digests})


def overlap(experiment: Experiment, digests: Iterable[str]) -> int:
    """How many of these cases the experiment's recipe was tuned on."""
    tuned = set(experiment.tuned.cases) if experiment.tuned else set()
    return len(tuned & {digest[:DIGITS] for digest in digests})
