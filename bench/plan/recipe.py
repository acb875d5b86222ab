"""How a model is trained, in numbers."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer


class Recipe(BaseModel):
    """Knobs of one training.

    `head_epochs` train only the classifier on cached features, where weights are pretrained; then `epochs`
    train everything. Both use AdamW with a one-cycle learning rate: a linear rise to `lr` over the first
    `warmup` of the steps, then a cosine to zero. `class_weights` "balanced" weighs a case of class c with
    n / (K n_c). `augmentation` "light" mirrors and moves the images that everything is trained on, and changes their
    brightness, anew in each epoch.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = "fine-tune"
    epochs: Annotated[int, Field(ge=1, le=10_000)] = 5
    head_epochs: Annotated[int, Field(ge=0, le=10_000)] = 1
    lr: Annotated[float, Field(gt=0, le=10, allow_inf_nan=False)] = 1e-3
    weight_decay: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.01
    batch_size: Annotated[int, Field(ge=2)] = 32
    warmup: Annotated[float, Field(ge=0, lt=1)] = 0.25
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    class_weights: Literal["none", "balanced"] = "none"
    augmentation: Literal["none", "light"] = "none"

    @model_serializer(mode="wrap")
    def _names_only_what_is_on(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Recipes stored before there was augmentation stay what they are, and so do the names of their runs."""
        values: dict[str, Any] = dump(self)
        return {key: value for key, value in values.items() if (key, value) != ("augmentation", "none")}

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
