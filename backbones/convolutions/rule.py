"""Which way computes which convolution: a table by instruction set, precision and shape.

benchmarks/convolutions.py measures what stands here. A changed table is a new rule with a new name, since the ways
differ in the last bits; a run's own table must not change.
"""

from dataclasses import dataclass, replace
from math import inf
from typing import Literal

from backbones.convolutions import Rule
from backbones.convolutions.geometry import Shape
from backbones.convolutions.processor import InstructionSet
from backbones.convolutions.ways import STRIP

Precision = Literal["fp32", "bf16"]
WayName = Literal["torch", "places", "columns", "shifts", "strips", "tiles"]


@dataclass(frozen=True)
class Ways:
    """The names of the ways of one layer."""

    forward: WayName = "torch"
    input_gradient: WayName = "torch"
    weight_gradient: WayName = "torch"


@dataclass(frozen=True)
class Limits:
    """Up to how many pixels of an output each part of a layer is computed in a way; 0: never.

    channels: the least, of its inputs and outputs, for products to be worth their start.
    """

    way: WayName
    channels: int
    forward: int
    input_gradient: int
    weight_gradient: int


@dataclass(frozen=True)
class Products:
    """Of layers without groups: with 1 × 1 kernels, with larger ones, with 1 × 1 kernels and strides (none: as plain).

    The first line that takes a part counts.
    """

    plain: tuple[Limits, ...]
    larger: tuple[Limits, ...]
    strided: tuple[Limits, ...] | None = None

    def of(self, shape: Shape) -> tuple[Limits, ...]:
        """The lines of a layer."""
        if shape.kernel != (1, 1):
            return self.larger
        return self.plain if self.strided is None or shape.stride == (1, 1) else self.strided


@dataclass(frozen=True)
class Least:
    """From how many channels, of inputs and outputs, and pixels of an output on a part of a layer is computed by tiles.

    outputs: forward and input gradient.
    """

    channels: int
    outputs: float
    weight_gradient: float


OWN = Ways()
_KERNELS = (
    Limits("places", 256, forward=4, input_gradient=4, weight_gradient=16),
    Limits("places", 64, forward=0, input_gradient=4, weight_gradient=16),
)
_PLAIN = (
    Limits("columns", 512, forward=4, input_gradient=4, weight_gradient=16),
    Limits("columns", 64, forward=0, input_gradient=4, weight_gradient=16),
)
_AMX = (Limits("columns", 64, forward=16, input_gradient=16, weight_gradient=16),)
PRODUCTS_1: dict[tuple[InstructionSet, Precision], Products] = {
    ("avx2", "fp32"): Products(_PLAIN, _KERNELS),
    ("avx512", "fp32"): Products(_PLAIN, _KERNELS),
    ("avx512_bf16", "fp32"): Products(_PLAIN, _KERNELS),
    ("avx512_bf16", "bf16"): Products(_PLAIN, _KERNELS),
    ("amx_bf16", "fp32"): Products(_AMX, (*_KERNELS, *_AMX)),
    ("amx_bf16", "bf16"): Products(_AMX, _AMX),
}
_AMX_3 = Products(
    plain=(Limits("columns", 40, forward=100, input_gradient=196, weight_gradient=196),),
    larger=(
        Limits("columns", 128, forward=16, input_gradient=16, weight_gradient=16),
        Limits("columns", 64, forward=4, input_gradient=4, weight_gradient=16),
        Limits("columns", 512, forward=49, input_gradient=64, weight_gradient=0),
        Limits("places", 256, forward=0, input_gradient=0, weight_gradient=144),
        Limits("columns", 64, forward=0, input_gradient=0, weight_gradient=64),
    ),
    strided=(
        Limits("columns", 64, forward=0, input_gradient=196, weight_gradient=0),
        Limits("places", 64, forward=0, input_gradient=0, weight_gradient=196),
    ),
)
PRODUCTS_3 = {**PRODUCTS_1, ("amx_bf16", "bf16"): _AMX_3}
_TILES = (Least(256, outputs=64, weight_gradient=49), Least(128, outputs=196, weight_gradient=196))
TILES_2: dict[InstructionSet, tuple[Least, ...]] = {
    "avx2": (*_TILES, Least(64, outputs=inf, weight_gradient=1024)),
    "avx512": _TILES,
    "avx512_bf16": _TILES,
}
"""Of layers with 3 × 3 kernels in fp32. A part is taken where any line takes it."""
TILES_3: dict[InstructionSet, tuple[Least, ...]] = {
    **TILES_2,
    "amx_bf16": (Least(256, outputs=49, weight_gradient=36),),
}
FASTER_IN_BF16: dict[InstructionSet, tuple[Rule, ...]] = {
    "avx512_bf16": ("products-1", "products-2", "products-3"),
    "amx_bf16": ("products-3",),
}
"""Where models train faster in bf16 than in fp32, and by which rules those with depthwise layers do, too."""


def choose(rule: Rule, shape: Shape, precision: Precision, instructions: InstructionSet) -> Ways:
    """The ways of a layer."""
    products = (PRODUCTS_3 if rule == "products-3" else PRODUCTS_1).get((instructions, precision))
    if rule == "torch" or products is None:
        return OWN
    if shape.depthwise:
        return _depthwise_1(shape, precision) if rule == "products-1" else _depthwise(shape, precision)
    if shape.groups > 1:
        return OWN
    channels = min(shape.channels_in, shape.channels_out)
    lines = [line for line in products.of(shape) if line.channels <= channels]

    def first(part: Literal["forward", "input_gradient", "weight_gradient"]) -> WayName:
        return next((line.way for line in lines if shape.pixels <= getattr(line, part)), "torch")

    ways = Ways(first("forward"), first("input_gradient"), first("weight_gradient"))
    if rule == "products-1" or precision != "fp32":
        return ways
    return _with_tiles(ways, shape, (TILES_2 if rule == "products-2" else TILES_3).get(instructions, ()))


def _with_tiles(ways: Ways, shape: Shape, tiles: tuple[Least, ...]) -> Ways:
    """Where so many pixels are left to torch that fewer products are worth their sums."""
    if (shape.kernel, shape.stride, shape.padding) != ((3, 3), (1, 1), (1, 1)):
        return ways
    channels = min(shape.channels_in, shape.channels_out)
    lines = [line for line in tiles if line.channels <= channels]
    if any(shape.pixels >= line.outputs for line in lines):
        ways = replace(ways, forward="tiles", input_gradient="tiles")
    if any(shape.pixels >= line.weight_gradient for line in lines):
        ways = replace(ways, weight_gradient="tiles")
    return ways


def _depthwise(shape: Shape, precision: Precision) -> Ways:
    """oneDNN is slow at weight gradients of wide kernels and tiny maps, in bf16 also at input gradients of strides."""
    strided = _strided(shape, precision)
    if shape.kernel[1] <= STRIP:
        return Ways("torch", strided, "shifts" if shape.pixels <= 4 else "torch")
    if precision == "fp32" and shape.stride != (1, 1):  # where strips gain nothing
        return Ways("torch", strided, "shifts" if shape.pixels <= 49 else "torch")
    return Ways("torch", strided, "shifts" if shape.pixels <= 9 else "strips")


def _strided(shape: Shape, precision: Precision) -> WayName:
    return "shifts" if precision == "bf16" and shape.stride != (1, 1) else "torch"


def _depthwise_1(shape: Shape, precision: Precision) -> Ways:
    large = max(shape.kernel) >= 5 and (precision == "bf16" or shape.pixels <= 49)
    small = large or shape.pixels <= 4
    return Ways("torch", _strided(shape, precision), "shifts" if small else "torch")
