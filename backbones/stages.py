"""Divides a model after one of its stages: a body that may stay frozen, and the tail that is trained behind it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from typing import Any, NoReturn, cast

import torch
from torch import Tensor, nn

from backbones.build import BackboneError

FIRST_REDUCTION = 4
"""The first stage is the one whose maps are a quarter of the image's side; with each further one they halve."""


class NoStageError(BackboneError):
    """The architecture has no such stage, or cannot be divided after it."""


def stages(model: nn.Module) -> list[str]:
    """Names of the model's parts at whose end a stage ends, in order; empty where maps do not shrink by stages.

    From timm's `feature_info`: for ResNets these are layer1 … layer4, for ConvNeXts stages.0 … stages.3.
    """
    ends: dict[int, str] = {}
    for entry in cast(Any, getattr(model, "feature_info", None)) or []:
        ends[int(entry["reduction"])] = str(entry["module"])
    found = []
    reduction = FIRST_REDUCTION
    while reduction in ends:
        found.append(ends[reduction])
        reduction *= 2
    return found if len(found) > 1 else []


class _Reached(Exception):
    """Carries what a part gave out of a forward pass that needs not go on."""

    def __init__(self, output: Tensor) -> None:
        super().__init__()
        self.output = output


class Body(nn.Module):
    """`model` up to the end of one of its parts: images (n, 3, size, size) → that part's output."""

    def __init__(self, model: nn.Module, end: str) -> None:
        super().__init__()
        self.model = model
        self.end = end

    def forward(self, images: Tensor) -> Tensor:
        with _stopping_after(self.model.get_submodule(self.end)):
            try:
                self.model(images)
            except _Reached as reached:
                return reached.output
        raise NoStageError(f"the forward pass does not go through {self.end}")


@contextmanager
def _stopping_after(part: nn.Module) -> Iterator[None]:
    def stop(part: nn.Module, inputs: Any, output: Tensor) -> NoReturn:
        raise _Reached(output)

    handle = part.register_forward_hook(stop)
    try:
        yield
    finally:
        handle.remove()


def divide(model: nn.Module, name: str, n_stages: int, image_size: int) -> tuple[Body, nn.Module]:
    """The first `n_stages` stages, and the rest of the model as a module that takes their output.

    Both share the tensors of `model`: training the tail trains the model. Putting one after the other was compared
    with the whole, and gave the same bits.

    Raises:
        NoStageError: there is no such stage, it is the last one (then only the classifier would be trained), or the
            forward pass is no chain of parts at this place.
    """
    ends = stages(model)
    if not 0 < n_stages < len(ends):
        there, instead = "no stages", "another backbone, or leave out --freeze"
        if ends:
            there = f"{len(ends)} stages ({', '.join(ends)}), of which at least the last is trained"
            instead = f"--freeze stages:{len(ends) - 1} or fewer"
        raise NoStageError(f"Backbone {name} has {there}: its first {n_stages} cannot stay frozen. Choose {instead}.")
    end, probe = ends[n_stages - 1], _probe(model, image_size)
    body = Body(model, end)
    was_training = model.training
    model.eval()
    try:
        with torch.inference_mode():
            tail = _without(model, _ended_with(body, probe))
            same = torch.equal(tail(body(probe)), model(probe))
    except (AssertionError, ValueError, RuntimeError, TypeError, AttributeError):
        same = False
    model.train(was_training)
    if not same:
        raise NoStageError(
            f"Backbone {name} is no chain of parts after its stage {n_stages} ({end}), so what stands behind cannot "
            f"be trained alone. Choose another --freeze, or another backbone."
        )
    return body, tail


def _probe(model: nn.Module, image_size: int) -> Tensor:
    first = next(model.parameters())
    generator = torch.Generator().manual_seed(0)
    images = torch.rand((2, 3, image_size, image_size), generator=generator).to(first.device, first.dtype)
    return images.contiguous(memory_format=torch.channels_last)


def _ended_with(body: Body, probe: Tensor) -> list[str]:
    """The parts that have done their work when the body has, none of them within another."""
    ended: list[str] = []
    handles = [
        part.register_forward_hook(lambda part, inputs, output, name=name: ended.append(name))
        for name, part in body.model.named_modules()
        if name
    ]
    try:
        body(probe)
    finally:
        for handle in handles:
            handle.remove()
    whole = dict.fromkeys(ended)
    return [name for name in whole if not any(_within(name, other) for other in whole)]


def _within(name: str, other: str) -> bool:
    return name.startswith(f"{other}.")


def _without(model: nn.Module, names: Sequence[str]) -> nn.Module:
    """A copy of `model` that shares its tensors and hands on what it is given in place of the parts named."""
    tail = _shallow(model)
    copied = {"": tail}
    for name in names:
        *path, last = name.split(".")
        parent, place = tail, ""
        for part in path:
            place = f"{place}.{part}" if place else part
            if place not in copied:
                copied[place] = parent._modules[part] = _shallow(cast(nn.Module, parent._modules[part]))
            parent = copied[place]
        parent._modules[last] = nn.Identity()
    return tail


def _shallow(part: nn.Module) -> nn.Module:
    made = copy(part)
    made._modules = dict(part._modules)
    return made
