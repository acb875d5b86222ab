"""Where an architecture still knows places: the layer that importance maps are computed on, and how to read it."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, cast

import torch
from torch import Tensor, nn

from backbones.build import BackboneError

LEAST_GRID = 4
PROBES = 2
_PROBE_SEED = 0


class NoSpatialLayerError(BackboneError):
    """No layer of the architecture has places that matter to the output."""


@dataclass(frozen=True)
class CamLayer:
    """A layer whose output is a map of `grid` × `grid` places.

    `layout` is how it lies: channels before or after the places, or as tokens behind `prefix` others (class tokens and
    registers).
    """

    name: str
    grid: int
    layout: Literal["channels first", "channels last", "tokens"]
    prefix: int = 0

    def as_map(self, output: Tensor) -> Tensor:
        """The layer's output as (n, channels, grid, grid)."""
        if self.layout == "channels first":
            return output
        if self.layout == "tokens":
            output = output[:, self.prefix :].reshape(len(output), self.grid, self.grid, -1)
        return output.permute(0, 3, 1, 2)


def cam_layer(model: nn.Module, name: str, image_size: int) -> CamLayer:
    """The layer to explain `model` by, for images of `image_size`.

    That is the last one whose places matter to the output: what the classifier pools over, or for transformers that
    read a class token the input of the last attention. Where images are small its grid may be coarser than 4 × 4; then
    the deepest earlier stage that has so many places is taken, or else that with the most.

    Raises:
        NoSpatialLayerError: there is none.
    """
    probe = torch.rand((PROBES, 3, image_size, image_size), generator=torch.Generator().manual_seed(_PROBE_SEED))
    probe = probe.to(next(model.parameters()).device)
    was_training = model.training
    model.eval()
    coarse: list[CamLayer] = []
    for layer in _candidates(model, probe):
        if layer.grid > 1 and _places_matter(model, layer, probe):
            if layer.grid >= LEAST_GRID:
                coarse = [layer]
                break
            coarse.append(layer)
    model.train(was_training)
    if not coarse:
        raise NoSpatialLayerError(
            f"Backbone {name} has no layer with places for images of {image_size} px that its output depends on, so "
            f"there is nothing to map. Choose another backbone, or larger images (--image-size)."
        )
    return max(coarse, key=lambda layer: layer.grid)


def _candidates(model: nn.Module, probe: Tensor) -> Iterator[CamLayer]:
    """From the output down: the features that are pooled, the last attention's input, then timm's stages."""
    outputs, features = _outputs(model, probe)
    channels: dict[str, int] = {}
    for part in [name for name, output in outputs.items() if output is features][-1:]:
        channels[part] = cast(Any, model).num_features
    blocks = [name for name in outputs if name.startswith("blocks.") and name.endswith(".norm1")]
    for part in blocks[-1:]:
        channels.setdefault(part, outputs[part].shape[-1])
    for stage in reversed(getattr(model, "feature_info", None) or []):
        channels.setdefault(stage["module"], stage["num_chs"])
    prefix = getattr(model, "num_prefix_tokens", 0)
    for part, width in channels.items():
        layer = _layer(part, outputs[part], width, prefix) if part in outputs else None
        if layer:
            yield layer


def _outputs(model: nn.Module, probe: Tensor) -> tuple[dict[str, Tensor], object]:
    """What each named part gives for `probe`, in the order in which they end, and the features behind all of them."""
    found: dict[str, Tensor] = {}

    def note(name: str) -> Callable[[nn.Module, Any, Any], None]:
        def hook(part: nn.Module, inputs: Any, output: Any) -> None:
            if isinstance(output, Tensor):
                found.pop(name, None)
                found[name] = output

        return hook

    handles = [part.register_forward_hook(note(name)) for name, part in model.named_modules() if name]
    try:
        with torch.inference_mode():
            features = cast(Any, model).forward_features(probe)
    finally:
        for handle in handles:
            handle.remove()
    return found, features


def _layer(name: str, output: Tensor, channels: int, prefix: int) -> CamLayer | None:
    shape = output.shape
    if output.ndim == 3 and shape[2] == channels:
        for skipped in (prefix, 0):  # some architectures join their class token to the last blocks only
            grid = math.isqrt(shape[1] - skipped)
            if grid**2 == shape[1] - skipped:
                return CamLayer(name, grid, "tokens", skipped)
    if output.ndim == 4 and shape[1] == channels and shape[2] == shape[3]:
        return CamLayer(name, shape[2], "channels first")
    if output.ndim == 4 and shape[3] == channels and shape[1] == shape[2]:
        return CamLayer(name, shape[1], "channels last")
    return None


def _places_matter(model: nn.Module, layer: CamLayer, probe: Tensor) -> bool:
    """Whether the output changes with what stands at the places of the layer, not only with its prefix tokens."""
    with torch.enable_grad(), cut_below(model, layer) as leaves:
        torch.autograd.backward(cast(Tensor, model(probe)).float().square().sum())
    gradient = leaves[0].grad if leaves else None
    return gradient is not None and bool(layer.as_map(gradient).any())


@contextmanager
def cut_below(model: nn.Module, layer: CamLayer) -> Iterator[list[Tensor]]:
    """Let gradients end at a layer: its output becomes a leaf, and nothing below is differentiated.

    Gives the list that collects these leaves. No parameter gets a gradient inside.
    """
    needed = [parameter for parameter in model.parameters() if parameter.requires_grad]
    leaves: list[Tensor] = []

    def cut(part: nn.Module, inputs: Any, output: Tensor) -> Tensor:
        leaves.append(output.detach().requires_grad_())
        return leaves[-1]

    handle = model.get_submodule(layer.name).register_forward_hook(cut)
    try:
        for parameter in needed:
            parameter.requires_grad_(False)
        yield leaves
    finally:
        handle.remove()
        for parameter in needed:
            parameter.requires_grad_()
