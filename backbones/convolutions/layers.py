"""Layers that choose the ways of their convolution, with the state and the outputs of those that they replace."""

from typing import Any, cast

import torch
from timm.layers.conv2d_same import Conv2dSame
from timm.layers.padding import pad_same
from torch import Tensor, nn

from backbones.convolutions import Rule
from backbones.convolutions.geometry import Pair, Shape
from backbones.convolutions.processor import InstructionSet, instruction_set
from backbones.convolutions.rule import OWN, Precision, Ways, choose
from backbones.convolutions.ways import WAYS

_HUGE = 2**14
_PRECISIONS: dict[torch.dtype, Precision] = {torch.float32: "fp32", torch.bfloat16: "bf16"}


class ChosenConv2d(nn.Conv2d):
    """A convolution of which each part is computed in the way that its rule says.

    By torch's own on other devices than CPUs, and where images do not lie with their channels last.

    same: it pads as TensorFlow does, so that outputs are as large as the images divided by the stride. own_forward: its
    outputs are torch's own whatever the size.
    """

    rule: Rule
    same: bool
    own_forward: bool
    plans: dict[tuple[Pair, Precision, InstructionSet], tuple[Shape, Ways]]

    def forward(self, input: Tensor) -> Tensor:
        """The outputs; `input` is (n, in, height, width)."""
        images = pad_same(input, [*self.kernel_size], [*self.stride]) if self.same else input
        if self.own_forward and not torch.is_grad_enabled():
            return super().forward(images)
        dtype = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else images.dtype
        if images.device.type != "cpu" or dtype not in _PRECISIONS or not _channels_last(images):
            return super().forward(images)
        shape, ways = self._plan((images.shape[2], images.shape[3]), _PRECISIONS[dtype], instruction_set())
        if ways == OWN or (ways.forward == OWN.forward and not torch.is_grad_enabled()):
            return super().forward(images)
        bias = None if self.bias is None else self.bias.to(dtype)
        return convolve(images.to(dtype), self.weight.to(dtype), bias, shape, ways)

    def _plan(self, size: Pair, precision: Precision, instructions: InstructionSet) -> tuple[Shape, Ways]:
        """Found once for each size, since a model asks at every layer of every batch."""
        key = (size, precision, instructions)
        if key not in self.plans:
            kernel, stride, padding = (cast(Pair, pair) for pair in (self.kernel_size, self.stride, self.padding))
            shape = Shape(size, self.in_channels, self.out_channels, kernel, stride, padding, self.groups)
            self.plans[key] = shape, choose(self.rule, shape, precision, instructions)
        return self.plans[key]


def use(rule: Rule, model: nn.Module) -> None:
    """Let the convolutions of a model be computed by a rule. Its state and the names of its parts stay as they are."""
    if rule == "torch":
        return
    for part in model.modules():
        kind = type(part)
        if kind in (nn.Conv2d, Conv2dSame) and _is_usual(cast(nn.Conv2d, part)):
            possible = _possible(cast(nn.Conv2d, part), rule)
            if possible != {OWN}:
                part.__class__ = ChosenConv2d
                chosen = cast(ChosenConv2d, part)
                chosen.rule, chosen.same, chosen.plans = rule, kind is Conv2dSame, {}
                chosen.own_forward = {ways.forward for ways in possible} == {OWN.forward}


def _possible(layer: nn.Conv2d, rule: Rule) -> set[Ways]:
    """The ways where the output is a single pixel and where it is huge: rules have limits on either side."""
    kernel, stride = cast(Pair, layer.kernel_size), cast(Pair, layer.stride)
    sizes: tuple[tuple[Pair, Pair], ...] = ((kernel, (0, 0)), ((_HUGE, _HUGE), cast(Pair, layer.padding)))
    return {
        choose(rule, shape, precision, instruction_set())
        for size, padding in sizes
        for shape in [Shape(size, layer.in_channels, layer.out_channels, kernel, stride, padding, layer.groups)]
        for precision in _PRECISIONS.values()
    }


def convolve(images: Tensor, weight: Tensor, bias: Tensor | None, shape: Shape, ways: Ways) -> Tensor:
    """The outputs of a convolution, forward and backward in the ways given."""
    return cast(Tensor, cast(Any, _Convolution).apply(images, weight, bias, shape, ways))


class _Convolution(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, images: Tensor, weight: Tensor, bias: Tensor | None, shape: Shape, ways: Ways) -> Tensor:
        ctx.save_for_backward(images, weight)
        ctx.shape, ctx.ways = shape, ways
        return WAYS[ways.forward].forward(images, weight, bias, shape)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None, Tensor | None, None, None]:
        images, weight = ctx.saved_tensors
        gradient = gradients[0].contiguous(memory_format=torch.channels_last)
        of_images = of_weight = of_bias = None
        if ctx.needs_input_grad[0]:
            of_images = WAYS[ctx.ways.input_gradient].input_gradient(gradient, images, weight, ctx.shape)
        if ctx.needs_input_grad[1]:
            of_weight = WAYS[ctx.ways.weight_gradient].weight_gradient(gradient, images, weight, ctx.shape)
        if ctx.needs_input_grad[2]:
            of_bias = gradient.sum((0, 2, 3))
        return of_images, of_weight, of_bias, None, None


def _is_usual(layer: nn.Conv2d) -> bool:
    return layer.dilation == (1, 1) and layer.padding_mode == "zeros" and not isinstance(layer.padding, str)


def _channels_last(images: Tensor) -> bool:
    return images.is_contiguous(memory_format=torch.channels_last)
