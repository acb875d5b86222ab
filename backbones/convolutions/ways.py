"""Ways to compute a convolution and its gradients.

All take and give images (n, channels, height, width) in channels-last memory, and weights (out, in / groups, rows,
columns).
A gradient is that of the sum of outputs times `gradient`, which is shaped as the outputs are.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from backbones.convolutions.geometry import Shape
from backbones.convolutions.tiles import ByTiles

STRIP = 3
"""Columns of a kernel up to which oneDNN has a fast weight gradient of depthwise layers."""


class Way(Protocol):
    """Computes what it can; no rule asks it for the rest."""

    def forward(self, images: Tensor, weight: Tensor, bias: Tensor | None, shape: Shape) -> Tensor:
        """The outputs."""

    def input_gradient(self, gradient: Tensor, images: Tensor, weight: Tensor, shape: Shape) -> Tensor:
        """The gradient with respect to the images."""

    def weight_gradient(self, gradient: Tensor, images: Tensor, weight: Tensor, shape: Shape) -> Tensor:
        """The gradient with respect to the weight."""


class ByTorch:
    """torch's own (oneDNN)."""

    def forward(self, images: Tensor, weight: Tensor, bias: Tensor | None, shape: Shape) -> Tensor:
        return F.conv2d(images, weight, bias, shape.stride, shape.padding, 1, shape.groups)

    def input_gradient(self, gradient: Tensor, images: Tensor, weight: Tensor, shape: Shape) -> Tensor:
        return _backward(gradient, images, weight, shape, [True, False, False])[0]

    def weight_gradient(self, gradient: Tensor, images: Tensor, weight: Tensor, shape: Shape) -> Tensor:
        return _backward(gradient, images, weight, shape, [False, True, False])[1]


class ByPlaces:
    """A matrix product for each place of the kernel, over the pixels that it meets.

    Unlike with columns nothing is multiplied with padding: on maps of 2 × 2 that spares 20 of 36 products.
    """

    def forward(self, images: Tensor, weight: Tensor, bias: Tensor | None, shape: Shape) -> Tensor:
        last, kernel = _last(images), weight.permute(2, 3, 1, 0)
        found = last.new_zeros((len(last), *shape.output_size, shape.channels_out))
        if bias is not None:
            found += bias
        for place in shape.places:
            taken = last[place.inputs]
            product = taken.reshape(-1, shape.channels_in) @ kernel[place.row, place.column]
            found[place.outputs] += product.view(*taken.shape[:3], -1)
        return _first(found)

    def input_gradient(self, gradient: Tensor, images: Tensor, weight: Tensor, shape: Shape) -> Tensor:
        last, kernel = _last(gradient), weight.permute(2, 3, 0, 1)
        found = last.new_zeros((len(last), *shape.size, shape.channels_in))
        for place in shape.places:
            taken = last[place.outputs]
            product = taken.reshape(-1, shape.channels_out) @ kernel[place.row, place.column]
            found[place.inputs] += product.view(*taken.shape[:3], -1)
        return _first(found)

    def weight_gradient(self, gradient: Tensor, images: Tensor, weight: Tensor, shape: Shape) -> Tensor:
        of_outputs, of_inputs = _last(gradient), _last(images)
        make = gradient.new_empty if len(shape.places) == shape.kernel[0] * shape.kernel[1] else gradient.new_zeros
        found = make((shape.channels_out, *shape.kernel, shape.channels_in))
        for place in shape.places:
            left = of_outputs[place.outputs].reshape(-1, shape.channels_out)
            right = of_inputs[place.inputs].reshape(-1, shape.channels_in)
            torch.mm(left.t(), right, out=found[:, place.row, place.column])
        return _first(found)


class ByColumns:
    """One matrix product with what each output sees, laid side by side (im2col); of 1 × 1 kernels simply the images."""

    def forward(self, images: Tensor, weight: Tensor, bias: Tensor | None, shape: Shape) -> Tensor:
        seen, kernel = columns(images, shape), _flat(weight).t()
        product = seen @ kernel if bias is None else torch.addmm(bias, seen, kernel)
        return _first(product.view(len(images), *shape.output_size, shape.channels_out))

    def input_gradient(self, gradient: Tensor, images: Tensor, weight: Tensor, shape: Shape) -> Tensor:
        product = _last(gradient).reshape(-1, shape.channels_out) @ _flat(weight)
        if _is_plain(shape):
            return _first(product.view(len(gradient), *shape.size, shape.channels_in))
        seen = product.view(len(gradient), *shape.output_size, *shape.kernel, shape.channels_in)
        found = gradient.new_zeros((len(gradient), *shape.size, shape.channels_in))
        for place in shape.places:
            found[place.inputs] += seen[(*place.outputs, place.row, place.column)]
        return _first(found)

    def weight_gradient(self, gradient: Tensor, images: Tensor, weight: Tensor, shape: Shape) -> Tensor:
        product = _last(gradient).reshape(-1, shape.channels_out).t() @ columns(images, shape)
        return _first(product.view(shape.channels_out, *shape.kernel, shape.channels_in))


class ByShifts(ByTorch):
    """Depthwise kernels: the weight gradient of a place is a sum of images, shifted to it, times gradients.

    The input gradient is torch's own in fp32: in bf16 that of strides of 2 is fifty times slower.
    """

    def input_gradient(self, gradient: Tensor, images: Tensor, weight: Tensor, shape: Shape) -> Tensor:
        alike = torch.empty_like(images, dtype=torch.float32)  # of which only the shape is read
        return super().input_gradient(gradient.float(), alike, weight.float(), shape).to(images.dtype)

    def weight_gradient(self, gradient: Tensor, images: Tensor, weight: Tensor, shape: Shape) -> Tensor:
        of_outputs, of_inputs = _last(gradient), _last(images)
        found = gradient.new_zeros((*shape.kernel, shape.channels_in))
        for place in shape.places:
            product = of_outputs[place.outputs] * of_inputs[place.inputs]
            found[place.row, place.column] = product.sum((0, 1, 2))
        return found.permute(2, 0, 1).unsqueeze(1)


class ByStrips(ByShifts):
    """Depthwise kernels: weight gradients of at most three columns of the kernel at once.

    oneDNN's are many times slower where kernels are wider, in bf16 up to thirty times.
    """

    def weight_gradient(self, gradient: Tensor, images: Tensor, weight: Tensor, shape: Shape) -> Tensor:
        (down, across), beyond = shape.padding, replace(shape, padding=(0, 0))
        padded = F.pad(images, (across, across, down, down))
        found = []
        for first in range(0, shape.kernel[1], STRIP):
            strip = weight[:, :, :, first : first + STRIP]
            width = (shape.output_size[1] - 1) * shape.stride[1] + strip.shape[3]
            seen = padded[:, :, :, first : first + width].contiguous(memory_format=torch.channels_last)
            found.append(_backward(gradient, seen, strip, beyond, [False, True, False])[1])
        return torch.cat(found, 3)


WAYS: Mapping[str, Way] = {
    "torch": ByTorch(),
    "places": ByPlaces(),
    "columns": ByColumns(),
    "shifts": ByShifts(),
    "strips": ByStrips(),
    "tiles": ByTiles(),
}


def columns(images: Tensor, shape: Shape) -> Tensor:
    """(n × pixels, rows × columns × in): what each output sees, 0 where it sees padding."""
    last = _last(images)
    if not _is_plain(shape):
        (down, across), (high, wide) = shape.padding, shape.stride
        padded = F.pad(last, (0, 0, across, across, down, down))
        along_n, along_y, along_x, along_c = padded.stride()
        size = (len(last), *shape.output_size, *shape.kernel, shape.channels_in)
        last = padded.as_strided(size, (along_n, along_y * high, along_x * wide, along_y, along_x, along_c))
    return last.reshape(len(images) * shape.pixels, -1)


def _is_plain(shape: Shape) -> bool:
    return (shape.kernel, shape.stride, shape.padding) == ((1, 1), (1, 1), (0, 0))


def _backward(gradient: Tensor, images: Tensor, weight: Tensor, shape: Shape, wanted: list[bool]) -> tuple[Tensor, ...]:
    settings = (shape.stride, shape.padding, [1, 1], False, [0, 0], shape.groups, wanted)
    found: tuple[Tensor, ...] = torch.ops.aten.convolution_backward(gradient, images, weight, None, *settings)
    return found


def _flat(weight: Tensor) -> Tensor:
    return _last(weight).reshape(len(weight), -1)


def _last(tensor: Tensor) -> Tensor:
    return tensor.permute(0, 2, 3, 1)


def _first(tensor: Tensor) -> Tensor:
    return tensor.permute(0, 3, 1, 2)
