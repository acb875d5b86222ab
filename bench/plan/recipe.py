"""How a model is trained, in numbers."""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, model_serializer, model_validator

from bench.errors import RequestError
from bench.option import NETWORKS, RECIPE, option

OF_PROBES = {"name", "probe", "class_weights"}
"""What a probe has of a recipe; neighbours have no weights of classes."""

FREEZE = "stages:"
OF_ATTENTION = {*OF_PROBES, "label_order"}
LATER = {"augmentation": "none", "frozen_stages": 0, "probe": "none", "label_order": ()}
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

    `probe` "logistic" or "knn" trains no network: scikit-learn's classifier is fitted to what the frozen body makes of
    each image; "attention" fits a small one to what it makes of the images of each group, which `label_order` labels
    where they disagree. Then all that is about training in epochs stays as it is by default, and is not dumped.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = "fine-tune"
    epochs: int = option(5, "Epochs of the whole model.", NETWORKS, RECIPE, limits={"ge": 1, "le": 10_000})
    head_epochs: int = option(
        1, "Epochs of the classifier alone, before, where weights are pretrained.", (), limits={"ge": 0, "le": 10_000}
    )
    lr: float = option(
        1e-3, "Peak learning rate.", NETWORKS, RECIPE, limits={"gt": 0, "le": 10, "allow_inf_nan": False}
    )
    weight_decay: float = option(0.01, "Weight decay of AdamW.", (), limits={"ge": 0, "allow_inf_nan": False})
    batch_size: int = option(32, "Images per step.", NETWORKS, RECIPE, limits={"ge": 2})
    warmup: float = option(0.25, "Share of the steps in which the rate rises.", (), limits={"ge": 0, "lt": 1})
    label_smoothing: float = option(0.0, "Label smoothing.", (), limits={"ge": 0, "lt": 1})
    class_weights: Literal["none", "balanced"] = option("none", "Weights of classes in the loss.", ())
    augmentation: Literal["none", "light"] = option("none", "How images are changed in training.", ())
    probe: Literal["none", "logistic", "knn", "attention"] = option(
        "none", "Instead: a probe on features of the frozen body.", ()
    )
    label_order: tuple[str, ...] = ()
    frozen_stages: int = option(
        0,
        "Keep the first stages of pretrained weights as they are, and train what stands behind them.",
        NETWORKS,
        RECIPE,
        flag="--freeze",
        metavar="stages:N",
        shown="nothing",
        parse=parse_freeze,
        limits={"ge": 0, "le": 8},
    )

    @model_validator(mode="after")
    def _probe_has_no_epochs(self) -> "Recipe":
        if self.label_order and self.probe != "attention":
            raise ValueError("label_order of a recipe is of attention probes; leave it out")
        if self.probes:
            kept = {"logistic": OF_PROBES, "attention": OF_ATTENTION}.get(self.probe, OF_PROBES - {"class_weights"})
            for name, field in Recipe.model_fields.items():
                if name not in kept and getattr(self, name) != field.default:
                    article = "an" if self.probe == "attention" else "a"
                    raise ValueError(f"{article} {self.probe} probe has no {name.replace('_', ' ')}; leave it out")
        return self

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
        return {
            key: value
            for key, value in values.items()
            if (key not in LATER or value != LATER[key]) and (key in OF_ATTENTION or not self.probes) and value != []
        }

    def with_labels_of_groups(self, order: Sequence[str]) -> "Recipe":
        """With the order in which classes label a group, where groups are what is trained on and it has none itself."""
        if self.probe != "attention" or self.label_order:
            return self
        return self.model_copy(update={"label_order": tuple(order)})

    @property
    def probes(self) -> bool:
        """Whether no network is trained."""
        return self.probe != "none"

    def unnamed(self) -> "Recipe":
        """The same numbers under no name: what two recipes must agree in to be the same training."""
        return self.model_copy(update={"name": ""})

    def label(self) -> str:
        """The name, followed by what differs from the recipe's defaults: `fine-tune, epochs 10`."""
        defaults = Recipe(name=self.name, probe=self.probe)
        changed = [f"{self.probe} probe"] if self.probes and self.name != f"{self.probe} probe" else []
        changed += [
            f"{field.replace('_', ' ')} {' > '.join(value) if isinstance(value, tuple) else value}"
            for field in Recipe.model_fields
            if (value := getattr(self, field)) != getattr(defaults, field)
        ]
        return ", ".join([self.name, *changed])


RECIPES = {
    "fine-tune": Recipe(),
    "logistic-probe": Recipe(name="logistic probe", probe="logistic"),
    "knn-probe": Recipe(name="knn probe", probe="knn"),
    "attention-probe": Recipe(name="attention probe", probe="attention"),
}
"""By name; any other is a file."""
