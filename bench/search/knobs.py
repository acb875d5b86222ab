"""From the parameters of a trial to a recipe and an image size, and back. Pure."""

from collections.abc import Mapping

from bench.plan.recipe import Recipe
from studies.space import Params, Space, Value

IMAGE_SIZE = "image_size"


def turned(recipe: Recipe, image_size: int, params: Mapping[str, Value]) -> tuple[Recipe, int]:
    """The recipe and image size with the parameters of a trial in place."""
    knobs = {name: value for name, value in params.items() if name != IMAGE_SIZE}
    size = params.get(IMAGE_SIZE, image_size)
    return Recipe.model_validate({**recipe.model_dump(), **knobs}), int(size)


def as_params(recipe: Recipe, image_size: int, space: Space) -> Params | None:
    """The recipe as a trial of `space`; None where it lies outside."""
    values = {**recipe.model_dump(), IMAGE_SIZE: image_size}
    params = {name: values[name] for name in space.dimensions}
    return params if space.contains(params) else None


def fixed(recipe: Recipe, space: Space) -> str:
    """The knobs that the search leaves alone, in a line."""
    values = recipe.model_dump(exclude={"name"})
    return ", ".join(f"{name} {value}" for name, value in values.items() if name not in space.dimensions)
