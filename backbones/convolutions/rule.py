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
PRODUCTS_1: dict[tuple[InstructionSet, Precision], tuple[tuple[Limits, ...], tuple[Limits, ...]]] = {
    ("avx2", "fp32"): (_PLAIN, _KERNELS),
    ("avx512", "fp32"): (_PLAIN, _KERNELS),
    ("avx512_bf16", "fp32"): (_PLAIN, _KERNELS),
    ("avx512_bf16", "bf16"): (_PLAIN, _KERNELS),
    ("amx_bf16", "fp32"): (_AMX, (*_KERNELS, *_AMX)),
    ("amx_bf16", "bf16"): (_AMX, _AMX),
}
"""Of layers without groups: for 1 × 1 kernels, and for larger ones. The first line that takes a part counts."""
_TILES = (Least(256, outputs=64, weight_gradient=49), Least(128, outputs=196, weight_gradient=196))
TILES: dict[InstructionSet, tuple[Least, ...]] = {
    "avx2": (*_TILES, Least(64, outputs=inf, weight_gradient=1024)),
    "avx512": _TILES,
    "avx512_bf16": _TILES,
}
"""Of layers with 3 × 3 kernels in fp32, since products-2. A part is taken where any line takes it."""
FASTER_IN_BF16: dict[InstructionSet, Literal["all", "not depthwise"]] = {
    "avx512_bf16": "all",
    "amx_bf16": "not depthwise",
}
"""Which models train faster in bf16 than in fp32 by the newest rule."""


def choose(rule: Rule, shape: Shape, precision: Precision, instructions: InstructionSet) -> Ways:
    """The ways of a layer."""
    if rule == "torch" or (instructions, precision) not in PRODUCTS_1:
        return OWN
    if shape.depthwise:
        return _depthwise_1(shape, precision) if rule == "products-1" else _depthwise(shape, precision)
    if shape.groups > 1:
        return OWN
    plain, larger = PRODUCTS_1[instructions, precision]
    channels = min(shape.channels_in, shape.channels_out)
    lines = [line for line in (plain if shape.kernel == (1, 1) else larger) if line.channels <= channels]

    def first(part: Literal["forward", "input_gradient", "weight_gradient"]) -> WayName:
        return next((line.way for line in lines if shape.pixels <= getattr(line, part)), "torch")

    ways = Ways(first("forward"), first("input_gradient"), first("weight_gradient"))
    return ways if rule == "products-1" or precision != "fp32" else _with_tiles(ways, shape, instructions)


def _with_tiles(ways: Ways, shape: Shape, instructions: InstructionSet) -> Ways:
    """Where so many pixels are left to torch that fewer products are worth their sums."""
    if (shape.kernel, shape.stride, shape.padding) != ((3, 3), (1, 1), (1, 1)):
        return ways
    channels = min(shape.channels_in, shape.channels_out)
    lines = [line for line in TILES.get(instructions, ()) if line.channels <= channels]
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
