"""How a model is trained, in numbers."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, model_serializer, model_validator

from bench.errors import RequestError
from bench.option import RECIPE, option

FREEZE = "stages:"
LATER = {"augmentation": "none", "frozen_stages": 0}
"""Keys that came later, with the values at which a recipe is what it was before."""


def parse_freeze(text: str) -> int:
    """`stages:3` is 3.

    Raises:
        RequestError: another form.
    """
    count = text.removeprefix(FREEZE)
    if count == text or not (count.isascii() and count.isdigit()):
        raise RequestError(f"--freeze takes stages:N, such as stages:3, not {text!r}.")
    return int(count[:4])


class Recipe(BaseModel):
    """Knobs of one training.

    `head_epochs` train only the classifier on cached features, where weights are pretrained; then `epochs`
    train everything. Both use AdamW with a one-cycle learning rate: a linear rise to `lr` over the first
    `warmup` of the steps, then a cosine to zero. `class_weights` "balanced" weighs a case of class c with
    n / (K n_c). `augmentation` "light" mirrors and moves the images that everything is trained on, and changes their
    brightness, anew in each epoch. `frozen_stages` keeps the first stages of a pretrained body as they are, batch norm
    in evaluation mode, in all epochs.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = "fine-tune"
    epochs: int = option(5, "Epochs of the whole model.", panel=RECIPE, limits={"ge": 1, "le": 10_000})
    head_epochs: int = option(
        1, "Epochs of the classifier alone, before, where weights are pretrained.", (), limits={"ge": 0, "le": 10_000}
    )
    lr: float = option(1e-3, "Peak learning rate.", panel=RECIPE, limits={"gt": 0, "le": 10, "allow_inf_nan": False})
    weight_decay: float = option(0.01, "Weight decay of AdamW.", (), limits={"ge": 0, "allow_inf_nan": False})
    batch_size: int = option(32, "Images per step.", panel=RECIPE, limits={"ge": 2})
    warmup: float = option(0.25, "Share of the steps in which the rate rises.", (), limits={"ge": 0, "lt": 1})
    label_smoothing: float = option(0.0, "Label smoothing.", (), limits={"ge": 0, "lt": 1})
    class_weights: Literal["none", "balanced"] = option("none", "Weights of classes in the loss.", ())
    augmentation: Literal["none", "light"] = option("none", "How images are changed in training.", ())

    frozen_stages: int = option(
        0,
        "Keep the first stages of pretrained weights as they are, and train what stands behind them.",
        panel=RECIPE,
        flag="--freeze",
        metavar="stages:N",
        shown="nothing",
        parse=parse_freeze,
        limits={"ge": 0, "le": 8},
    )

    @model_validator(mode="after")
    def _frozen_see_one_image(self) -> "Recipe":
        if self.frozen_stages and self.augmentation != "none":
            raise ValueError(
                "frozen_stages cannot go with augmentation: what frozen stages make of an image is computed once, and "
                "augmentation changes the image in each epoch; leave out one of the two"
            )
        return self

    @model_serializer(mode="wrap")
    def _names_only_what_is_on(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Recipes stored before there was a key stay what they are, and so do the names of their runs."""
        values: dict[str, Any] = dump(self)
        return {key: value for key, value in values.items() if key not in LATER or value != LATER[key]}

    def unnamed(self) -> "Recipe":
        """The same numbers under no name: what two recipes must agree in to be the same training."""
        return self.model_copy(update={"name": ""})

    def label(self) -> str:
        """The name, followed by what differs from the recipe's defaults: `fine-tune, epochs 10`."""
        defaults = Recipe(name=self.name)
        changed = [
            f"{field.replace('_', ' ')} {getattr(self, field)}"
            for field in Recipe.model_fields
            if getattr(self, field) != getattr(defaults, field)
        ]
        return ", ".join([self.name, *changed])


RECIPES = {"fine-tune": Recipe()}
"""By name; any other is a file."""
