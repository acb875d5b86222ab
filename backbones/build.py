"""From a name to a torch module with a classifier of the wanted width."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

import timm
import torch
from torch import Tensor, nn

from backbones.convolutions import Rule
from backbones.convolutions.layers import use
from backbones.convolutions.processor import instruction_set
from backbones.convolutions.rule import FASTER_IN_BF16
from backbones.elsewhere import UnreadableModelError, cached_first, pretrained_config
from backbones.names import check_name, is_elsewhere

CLASSIFIER_SD = 0.01
NO_MEMORY = (
    "not enough memory",
    "can't allocate memory",
    "out of memory",
    "std::bad_alloc",
    "could not create a memory",
    "_STATUS_ALLOC_FAILED",
)
"""In what torch, oneDNN, cuDNN and cuBLAS say, as plain runtime errors, where an allocation fails."""


class BackboneError(ValueError):
    """The backbone exists but cannot be built or run as asked."""


@dataclass(frozen=True)
class Traits:
    """What is particular to an architecture.

    `mean` and `std` normalise RGB in 0–1; `depthwise` says that it has depthwise convolutions; `parameters` counts them
    with the classifier.
    """

    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    depthwise: bool
    parameters: int


def create(name: str, n_classes: int, image_size: int, *, pretrained: bool = False) -> nn.Module:
    """A timm model for images of `image_size`, its weights drawn from torch's global generator.

    With `n_classes` 0 it has no classifier. `pretrained` asks timm's cache and hub.

    Raises:
        UnknownBackboneError: no such name.
        BackboneError: the architecture does not take this image size, or the model that is kept elsewhere cannot be
            read.
    """
    check_name(name)
    size: dict[str, Any] = {"img_size": image_size} if _fixed_size(name) else {}
    try:
        if is_elsewhere(name):
            return cached_first(lambda: timm.create_model(name, pretrained=pretrained, num_classes=n_classes, **size))
        return timm.create_model(name, pretrained=pretrained, num_classes=n_classes, **size)
    except (AssertionError, ValueError, TypeError, RuntimeError, MemoryError) as error:
        raise BackboneError(_wrong_size(name, image_size, error)) from error


def _fixed_size(name: str) -> bool:
    """Whether the architecture has to be told the size of its images."""
    if is_elsewhere(name):
        try:
            return bool(pretrained_config(name).get("fixed_input_size"))
        except UnreadableModelError as error:
            raise BackboneError(str(error)) from error
    try:
        config = timm.get_pretrained_cfg(name, allow_unregistered=True)
    except RuntimeError as error:
        raise BackboneError(f"Backbone {name}: {error}. Leave out the part after the dot, or correct it.") from error
    return config is not None and bool(config.fixed_input_size)


def build(
    name: str,
    n_classes: int,
    image_size: int,
    body: Mapping[str, Tensor] | None = None,
    *,
    convolutions: Rule = "torch",
) -> nn.Module:
    """A model whose body starts from `body` (see `weights`), or random; the classifier is always random.

    Its convolutions are computed by the rule of that name.

    On a pretrained body the classifier starts small (normal, sd 0.01; biases 0): architectures whose own rule depends
    on the number of classes would begin with logits so large that the first epochs only shrink them.
    """
    model = create(name, n_classes, image_size)
    if body is not None:
        load_body(model, body)
        for part in _as_tuple(classifier(model)):
            if isinstance(part, nn.Linear):
                nn.init.normal_(part.weight, std=CLASSIFIER_SD)
                nn.init.zeros_(part.bias)
    use(convolutions, model)
    return model


def load_body(model: nn.Module, body: Mapping[str, Tensor]) -> None:
    """Copy pretrained tensors into everything but the classifier.

    Raises:
        BackboneError: tensors are missing, left over, or of another shape; names the first of them.
    """
    expected = {key: value for key, value in model.state_dict().items() if key not in classifier_keys(model)}
    faults = [f"missing {key}" for key in expected if key not in body]
    faults += [f"unknown {key}" for key in body if key not in expected]
    faults += [
        f"{key} is {tuple(body[key].shape)}, not {tuple(value.shape)}"
        for key, value in expected.items()
        if key in body and body[key].shape != value.shape
    ]
    if faults:
        raise BackboneError(f"The weights do not fit the architecture: {'; '.join(faults[:3])} ({len(faults)} in all)")
    model.load_state_dict(dict(body), strict=False)


def classifier_keys(model: nn.Module) -> set[str]:
    """Names of the classifier's tensors in the model's state."""
    wanted = {id(value) for part in _as_tuple(classifier(model)) for value in part.state_dict(keep_vars=True).values()}
    return {key for key, value in model.state_dict(keep_vars=True).items() if id(value) in wanted}


def classifier(model: nn.Module) -> Any:
    """timm's classifier module (a tuple of two for distilled transformers)."""
    return cast(Any, model).get_classifier()


def _as_tuple(part: Any) -> tuple[nn.Module, ...]:
    return part if isinstance(part, tuple) else (part,)


def pooled_features(model: nn.Module, images: Tensor) -> Tensor:
    """(n, n_features): what the classifier sees of `images` (n, 3, size, size)."""
    timm_model = cast(Any, model)
    return cast(Tensor, timm_model.forward_head(timm_model.forward_features(images), pre_logits=True))


def try_size(model: nn.Module, name: str, image_size: int) -> None:
    """Raise `BackboneError` where a forward pass of two blank images of `image_size` fails."""
    model.eval()
    try:
        with torch.inference_mode():
            model(torch.zeros(2, 3, image_size, image_size))
    except (AssertionError, ValueError, RuntimeError, MemoryError) as error:
        raise BackboneError(_wrong_size(name, image_size, error)) from error


def ran_out_of_memory(error: Exception) -> bool:
    """Whether that is what an error says, of a processor or a GPU."""
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or any(words in str(error) for words in NO_MEMORY)


def _wrong_size(name: str, image_size: int, error: Exception) -> str:
    if ran_out_of_memory(error):
        return f"There is too little memory to try backbone {name} on images of {image_size} px ({error})."
    return f"Backbone {name} does not take images of {image_size} px ({error}). Choose another --image-size."


def traits(model: nn.Module) -> Traits:
    """The traits of a built model."""
    config = cast(Any, model).pretrained_cfg
    depthwise = any(
        isinstance(part, nn.Conv2d) and part.groups > 1 and part.groups == part.in_channels for part in model.modules()
    )
    return Traits(tuple(config["mean"]), tuple(config["std"]), depthwise, sum(p.numel() for p in model.parameters()))


def faster_precision(depthwise: bool, device: str, convolutions: Rule = "torch") -> Literal["bf16", "fp32"]:
    """bf16 where the device computes it natively and the architecture gains from it, else fp32.

    By torch's own convolutions depthwise layers lose in bf16; by a rule that depends on the processor.
    """
    if device == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    rules = FASTER_IN_BF16.get(instruction_set()) if device == "cpu" else None
    return "bf16" if rules is not None and (not depthwise or convolutions in rules) else "fp32"
