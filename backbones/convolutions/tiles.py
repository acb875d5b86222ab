"""Convolutions of 3 × 3 kernels by tiles of 4 × 4 outputs, with 36 instead of 144 products each.

Winograd's minimal filtering F(4 × 4, 3 × 3) as matrix products: Lavin & Gray 2016, "Fast Algorithms for Convolutional
Neural Networks". Sums before and after the products make rounding errors about four times as large, so it is for fp32.
"""

from functools import cache
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from backbones.convolutions.geometry import Shape

SIDE = 4
"""Outputs of a tile along an axis; it takes two inputs more."""
_ALONG_AN_AXIS = {
    "inputs": (
        (4, 0, -5, 0, 1, 0),
        (0, -4, -4, 1, 1, 0),
        (0, 4, -4, -1, 1, 0),
        (0, -2, -1, 2, 1, 0),
        (0, 2, -1, -2, 1, 0),
        (0, 4, 0, -5, 0, 1),
    ),
    "kernel": (
        (1 / 4, 0, 0),
        (-1 / 6, -1 / 6, -1 / 6),
        (-1 / 6, 1 / 6, -1 / 6),
        (1 / 24, 1 / 12, 1 / 6),
        (1 / 24, -1 / 12, 1 / 6),
        (0, 0, 1),
    ),
    "outputs": ((1, 1, 1, 1, 1, 0), (0, 1, -1, 2, -2, 0), (0, 1, 1, 4, 4, 0), (0, 1, -1, 8, -8, 1)),
}


class ByTiles:
    """3 × 3 kernels with strides of 1 and a padding of 1."""

    def forward(self, images: Tensor, weight: Tensor, bias: Tensor | None, shape: Shape) -> Tensor:
        high, wide = _tiles(shape)
        products = torch.bmm(_of_inputs(images, shape), _of_kernel(weight).transpose(1, 2))
        blocks = _matrix("outputs", images.dtype) @ products.view(len(products), -1)
        blocks = blocks.view(SIDE, SIDE, len(images), high, wide, len(weight)).permute(2, 3, 0, 4, 1, 5)
        found = blocks.reshape(len(images), high * SIDE, wide * SIDE, len(weight))
        found = found[:, : shape.size[0], : shape.size[1]].contiguous()
        if bias is not None:
            found += bias
        return found.permute(0, 3, 1, 2)

    def input_gradient(self, gradient: Tensor, images: Tensor, weight: Tensor, shape: Shape) -> Tensor:
        return self.forward(gradient, weight.flip(2, 3).transpose(0, 1), None, shape)

    def weight_gradient(self, gradient: Tensor, images: Tensor, weight: Tensor, shape: Shape) -> Tensor:
        products = torch.bmm(_of_outputs(gradient, shape).transpose(1, 2), _of_inputs(images, shape))
        found = _matrix("kernel", images.dtype).t() @ products.view(len(products), -1)
        return found.view(3, 3, *weight.shape[:2]).permute(2, 0, 1, 3).contiguous().permute(0, 3, 1, 2)


def _of_inputs(images: Tensor, shape: Shape) -> Tensor:
    """(36, tiles of all images, channels)."""
    (height, width), (high, wide) = shape.size, _tiles(shape)
    around = (0, 0, 1, wide * SIDE + 1 - width, 1, high * SIDE + 1 - height)
    padded = F.pad(images.permute(0, 2, 3, 1), around)
    along_n, along_y, along_x, along_c = padded.stride()
    size = (SIDE + 2, SIDE + 2, len(images), high, wide, padded.shape[3])
    seen = padded.as_strided(size, (along_y, along_x, along_n, SIDE * along_y, SIDE * along_x, along_c))
    found = _matrix("inputs", images.dtype) @ seen.reshape((SIDE + 2) ** 2, -1)
    return found.view(len(found), -1, padded.shape[3])


def _of_kernel(weight: Tensor) -> Tensor:
    """(36, out, in)."""
    found = _matrix("kernel", weight.dtype) @ weight.permute(2, 3, 0, 1).reshape(9, -1)
    return found.view(len(found), *weight.shape[:2])


def _of_outputs(gradient: Tensor, shape: Shape) -> Tensor:
    """(36, tiles of all images, channels): the gradient of the products."""
    (height, width), (high, wide), (n, channels) = shape.size, _tiles(shape), gradient.shape[:2]
    padded = F.pad(gradient.permute(0, 2, 3, 1), (0, 0, 0, wide * SIDE - width, 0, high * SIDE - height))
    blocks = padded.view(n, high, SIDE, wide, SIDE, channels).permute(2, 4, 0, 1, 3, 5).reshape(SIDE**2, -1)
    found = _matrix("outputs", gradient.dtype).t() @ blocks
    return found.view(len(found), -1, channels)


def _tiles(shape: Shape) -> tuple[int, int]:
    """How many there are downwards and across."""
    height, width = shape.size
    return -(-height // SIDE), -(-width // SIDE)


@cache
def _matrix(of: Literal["inputs", "kernel", "outputs"], dtype: torch.dtype) -> Tensor:
    """Along both axes at once."""
    along = torch.tensor(_ALONG_AN_AXIS[of], dtype=torch.float64)
    return torch.kron(along, along).to(dtype)
