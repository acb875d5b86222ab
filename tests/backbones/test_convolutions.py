"""Convolutions by other ways than torch's are the same convolutions."""

import copy
import itertools
from functools import partial
from typing import Any, cast, get_args

import pytest
import timm
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from backbones.convolutions import NEWEST, Rule, layers
from backbones.convolutions.geometry import Pair, Shape
from backbones.convolutions.layers import ChosenConv2d, convolve, use
from backbones.convolutions.processor import InstructionSet, instruction_set
from backbones.convolutions.rule import OWN, Precision, WayName, Ways, choose
from backbones.convolutions.ways import WAYS

LAST = torch.channels_last
DENSE = [
    Shape(size, 3, 4, (kernel, kernel), (stride, stride), (padding, padding))
    for size in ((2, 2), (5, 4), (8, 8))
    for kernel in (1, 3, 5, 7)
    for stride in (1, 2)
    for padding in (0, kernel // 2)
    if kernel <= min(size) + 2 * padding
]
SIZES = [(4, 4), (8, 4), (5, 7), (1, 3), (9, 9)]
DEPTHWISE = [Shape(s.size, 4, 4, s.kernel, s.stride, s.padding, groups=4) for s in DENSE]
UNEVEN = [
    Shape((6, 3), 2, 5, (3, 1), (1, 2), (1, 0)),
    Shape((1, 1), 3, 2, (3, 3), (1, 1), (1, 1)),
    Shape((3, 3), 2, 3, (3, 3), (3, 3), (2, 2)),
]


def drawn(shape: Shape, dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor, Tensor]:
    """Images in channels-last memory, a weight and a bias, whose gradients are wanted."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randn((2, shape.channels_in, *shape.size), generator=generator, dtype=dtype)
    wide = (shape.channels_out, shape.channels_in // shape.groups, *shape.kernel)
    weight = torch.randn(wide, generator=generator, dtype=dtype)
    bias = torch.randn(shape.channels_out, generator=generator, dtype=dtype)
    images, weight = images.to(memory_format=LAST), weight.to(memory_format=LAST)
    return images.requires_grad_(), weight.requires_grad_(), bias.requires_grad_()


def alike(way: WayName) -> Ways:
    return Ways("torch" if way in ("shifts", "strips") else way, way, way)


@pytest.mark.parametrize("way", ["places", "columns", "torch"])
@pytest.mark.parametrize("shape", DENSE + UNEVEN, ids=str)
def test_gradients_of_layers_without_groups_are_right(shape: Shape, way: WayName) -> None:
    check(shape, alike(way))


@pytest.mark.parametrize("way", ["shifts", "strips"])
@pytest.mark.parametrize("shape", DEPTHWISE, ids=str)
def test_gradients_of_depthwise_layers_are_right(shape: Shape, way: WayName) -> None:
    check(shape, alike(way))


def check(shape: Shape, ways: Ways) -> None:
    """Outputs against torch's, gradients against differences."""
    images, weight, bias = drawn(shape)
    expected = F.conv2d(images, weight, bias, shape.stride, shape.padding, 1, shape.groups)
    assert expected.shape[2:] == shape.output_size
    torch.testing.assert_close(convolve(images, weight, bias, shape, ways), expected)
    torch.testing.assert_close(convolve(images, weight, None, shape, ways), expected - bias.view(-1, 1, 1))
    given = (images, weight, bias)
    assert torch.autograd.gradcheck(lambda a, b, c: convolve(a, b, c, shape, ways), given, fast_mode=True)


@pytest.mark.parametrize("shape", [Shape(size, 3, 4, (3, 3), (1, 1), (1, 1)) for size in SIZES], ids=str)
def test_gradients_by_tiles_are_right(shape: Shape) -> None:
    check(shape, alike("tiles"))


def test_tiles_round_less_than_bf16_does() -> None:
    shape = Shape((16, 16), 128, 128, (3, 3), (1, 1), (1, 1))
    images, weight, _ = (each.detach() for each in drawn(shape))
    exact = F.conv2d(images, weight, padding=1)
    found = WAYS["tiles"].forward(images.float(), weight.float(), None, shape)
    assert (found - exact).norm() / exact.norm() < 1e-5


def test_all_numbers_of_a_gradient_are_right_not_only_their_sum() -> None:
    shape = Shape((3, 3), 2, 2, (3, 3), (2, 2), (1, 1))
    for way in ("places", "columns"):
        ways = alike(cast(WayName, way))
        assert torch.autograd.gradcheck(lambda a, b, c, ways=ways: convolve(a, b, c, shape, ways), drawn(shape))


def test_products_with_padding_are_left_out() -> None:
    assert len(Shape((2, 2), 1, 1, (3, 3), (1, 1), (1, 1)).places) == 9
    pixels = [
        (place.outputs[1].stop - place.outputs[1].start) * (place.outputs[2].stop - place.outputs[2].start)
        for place in Shape((2, 2), 1, 1, (3, 3), (1, 1), (1, 1)).places
    ]
    assert pixels == [1, 2, 1, 2, 4, 2, 1, 2, 1]  # 16 of the 4 outputs × 9 places
    assert [place.row for place in Shape((1, 1), 1, 1, (5, 5), (1, 1), (2, 2)).places] == [2]


SETS: list[tuple[Any, Precision]] = [
    ("avx2", "fp32"),
    ("avx512", "fp32"),
    ("avx512_bf16", "fp32"),
    ("avx512_bf16", "bf16"),
    ("amx_bf16", "fp32"),
    ("amx_bf16", "bf16"),
]


def with_set(monkeypatch: pytest.MonkeyPatch, name: Any) -> None:
    monkeypatch.setattr(layers, "instruction_set", lambda: name)


def layer(*arguments: int, **options: Any) -> tuple[nn.Conv2d, nn.Conv2d]:
    """A layer as torch has it, and its copy by the rule."""
    torch.manual_seed(0)
    plain = nn.Conv2d(*arguments, **options).to(memory_format=LAST)
    chosen = copy.deepcopy(plain)
    use(NEWEST, chosen)
    return plain, chosen


@pytest.mark.parametrize(("instructions", "precision"), SETS)
@pytest.mark.parametrize("size", [2, 4, 9, 14])
@pytest.mark.parametrize(
    "options",
    [
        {"kernel_size": 3, "padding": 1},
        {"kernel_size": 3, "padding": 1, "stride": 2, "bias": False},
        {"kernel_size": 1},
        {"kernel_size": 1, "stride": 2},
        {"kernel_size": 3, "padding": 1, "groups": 2},
        {"kernel_size": 5, "padding": 2, "groups": 256},
        {"kernel_size": 3, "padding": 1, "stride": 2, "groups": 256},
        {"kernel_size": 3, "padding": 2, "dilation": 2},
        {"kernel_size": 3, "padding": "same"},
        {"kernel_size": 3, "padding": 1, "padding_mode": "circular"},
    ],
    ids=str,
)
def test_layers_give_what_torchs_give(
    options: dict[str, Any], size: int, instructions: Any, precision: Precision, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_set(monkeypatch, instructions)
    plain, chosen = layer(256, 256, **options)
    images = torch.randn(3, 256, size, size).to(memory_format=LAST)
    gradient: Tensor | None = None
    found = []
    for part in (plain, chosen):
        given = images.clone(memory_format=torch.preserve_format).requires_grad_()
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
            outputs = part(given)
        gradient = torch.randn_like(outputs) if gradient is None else gradient
        outputs.backward(gradient)
        found.append([outputs, given.grad, *(parameter.grad for parameter in part.parameters())])
    for ours, theirs in zip(found[1], found[0], strict=True):
        assert ours is not None
        assert theirs is not None
        assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape)
        error = (ours.float() - theirs.float()).norm() / theirs.float().norm()
        assert error < (0.01 if precision == "bf16" else 1e-5)


def test_the_rule_is_used_where_it_says_and_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Ways] = []
    real = layers.convolve
    monkeypatch.setattr(layers, "convolve", lambda *given: asked.append(given[-1]) or real(*given))
    with_set(monkeypatch, "avx512")
    _, chosen = layer(256, 256, 3, padding=1)
    small = torch.randn(2, 256, 2, 2).to(memory_format=LAST)
    chosen(small)
    assert asked == [Ways("places", "places", "places")]
    chosen(torch.randn(2, 256, 4, 4).to(memory_format=LAST))
    assert asked[1:] == [Ways("torch", "torch", "places")]
    with torch.inference_mode():
        chosen(torch.randn(2, 256, 4, 4).to(memory_format=LAST))  # what differs is not needed
        chosen(small)
    assert asked[2:] == [Ways("places", "places", "places")]
    chosen(small.contiguous())  # channels first
    chosen(torch.randn(2, 256, 6, 6).to(memory_format=LAST))
    chosen.double()(small.double())
    with_set(monkeypatch, "other")
    chosen.float()(small)
    assert len(asked) == 3


def test_what_needs_no_gradient_has_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """As features of frozen stages must, which are computed without gradients."""
    for name, precision in SETS:
        with_set(monkeypatch, name)
        for options in ({}, {"stride": 2}, {"groups": 256}):
            _, chosen = layer(256, 256, 5, padding=2, **options)
            for size in (2, 4, 9, 14):
                images = torch.randn(2, 256, size, size).to(memory_format=LAST)
                with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
                    trained = chosen(images)
                    with torch.inference_mode():
                        assert torch.equal(chosen(images), trained)


def test_a_models_state_and_parts_stay_as_they_are() -> None:
    for name in ("resnet18", "tf_efficientnet_lite0", "convnext_atto"):
        torch.manual_seed(0)
        plain = timm.create_model(name, num_classes=2).to(memory_format=LAST)
        chosen = copy.deepcopy(plain)
        use(NEWEST, chosen)
        assert [key for key, _ in chosen.named_modules()] == [key for key, _ in plain.named_modules()]
        assert all(torch.equal(value, plain.state_dict()[key]) for key, value in chosen.state_dict().items())
        assert any(isinstance(part, ChosenConv2d) for part in chosen.modules())
        images = torch.randn(2, 3, 64, 64).to(memory_format=LAST)
        with torch.inference_mode():
            torch.testing.assert_close(copy.deepcopy(chosen).eval()(images), plain.eval()(images), rtol=1e-3, atol=1e-4)


def test_layers_that_no_rule_takes_stay_torchs(monkeypatch: pytest.MonkeyPatch) -> None:
    with_set(monkeypatch, "avx512_bf16")
    assert not isinstance(layer(16, 16, 3)[1], ChosenConv2d)
    assert not isinstance(layer(64, 64, 3, groups=4)[1], ChosenConv2d)
    for arguments, options, own in (
        ((64, 64, 3), {}, True),
        ((256, 256, 3), {}, False),
        ((128, 128, 3), {}, True),
        ((128, 128, 3), {"padding": 1}, False),
        ((8, 8, 3), {"groups": 8}, True),
    ):
        chosen = layer(*arguments, **options)[1]
        assert isinstance(chosen, ChosenConv2d)
        assert chosen.own_forward is own


def test_layers_padded_as_tensorflow_does_keep_their_padding(monkeypatch: pytest.MonkeyPatch) -> None:
    with_set(monkeypatch, "avx512")
    same = timm.layers.Conv2dSame(256, 256, 3, stride=2).to(memory_format=LAST)
    chosen = copy.deepcopy(same)
    use(NEWEST, chosen)
    for size in (3, 4, 20):
        images = torch.randn(2, 256, size, size).to(memory_format=LAST)
        torch.testing.assert_close(chosen(images), same(images), rtol=1e-4, atol=1e-5)


def chosen_by(
    rule: Rule, kernel: int, size: int, channels: int = 128, stride: int = 1, groups: int = 1, **other: Any
) -> Ways:
    sides: Pair = (kernel, kernel)
    shape = Shape((size, size), channels, channels, sides, (stride, stride), (kernel // 2, kernel // 2), groups)
    return choose(rule, shape, other.get("precision", "fp32"), other.get("instructions", "avx2"))


def test_wide_depthwise_kernels_go_by_strips_since_the_second_rule() -> None:
    chosen = partial(chosen_by, "products-2")
    bf16 = {"precision": "bf16", "instructions": "avx512_bf16"}
    assert chosen(5, 4, groups=128) == chosen(7, 56, groups=128, **bf16) == Ways("torch", "torch", "strips")
    assert chosen(5, 8, groups=128, stride=2, **bf16) == Ways("torch", "shifts", "strips")
    assert chosen(5, 3, groups=128) == chosen(5, 8, groups=128, stride=2) == Ways("torch", "torch", "shifts")
    assert chosen(5, 20, groups=128, stride=2) == OWN
    assert chosen(3, 8, groups=128) == OWN
    for kernel, size in ((3, 2), (3, 4), (1, 2)):
        assert chosen(kernel, size) == chosen_by("products-1", kernel, size)


def test_large_maps_go_by_tiles_in_fp32_since_the_second_rule() -> None:
    chosen = partial(chosen_by, "products-2")
    tiles = Ways("tiles", "tiles", "tiles")
    for instructions in ("avx2", "avx512", "avx512_bf16"):
        assert chosen(3, 14, instructions=instructions) == tiles
        assert chosen(3, 8, channels=256, instructions=instructions) == tiles
        assert chosen(3, 7, channels=512, instructions=instructions) == Ways("torch", "torch", "tiles")
        assert chosen(3, 8, instructions=instructions) == OWN
        assert chosen(3, 14, stride=2, instructions=instructions) == OWN
        assert chosen(5, 14, instructions=instructions) == chosen(1, 14, instructions=instructions) == OWN
    assert chosen(3, 56, channels=64) == Ways("torch", "torch", "tiles")
    assert chosen(3, 56, channels=64, instructions="avx512") == OWN
    assert chosen(3, 14, precision="bf16", instructions="avx512_bf16") == OWN
    assert chosen(3, 14, channels=256, instructions="amx_bf16") == OWN  # nobody had measured it there


def test_the_third_rule_is_the_second_without_amx() -> None:
    for instructions in get_args(InstructionSet):
        for precision in get_args(Precision):
            for kernel, size, channels in itertools.product(
                (1, 3, 5), (1, 2, 4, 7, 8, 14, 28, 32, 56), (16, 64, 256, 512)
            ):
                for stride, groups in ((1, 1), (2, 1), (1, channels)):
                    if instructions != "amx_bf16" or groups > 1:
                        second, third = (
                            chosen_by(
                                rule,
                                kernel,
                                size,
                                channels,
                                stride,
                                groups,
                                precision=precision,
                                instructions=instructions,
                            )
                            for rule in ("products-2", "products-3")
                        )
                        assert second == third


def test_with_amx_more_is_products_since_the_third_rule() -> None:
    chosen = partial(chosen_by, "products-3", instructions="amx_bf16", precision="bf16")
    assert chosen(3, 4) == Ways("columns", "columns", "columns")
    assert chosen(3, 8) == Ways("torch", "torch", "columns")
    assert chosen(3, 8, channels=256) == chosen(3, 12, channels=256) == Ways("torch", "torch", "places")
    assert chosen(3, 7, channels=512) == Ways("columns", "columns", "places")
    assert chosen(3, 14, channels=256) == OWN
    assert chosen(1, 10) == Ways("columns", "columns", "columns")
    assert chosen(1, 14) == Ways("torch", "columns", "columns")
    assert chosen(1, 14, stride=2) == Ways("torch", "columns", "places")
    assert chosen(1, 28) == OWN
    fp32 = partial(chosen_by, "products-3", instructions="amx_bf16")
    assert fp32(3, 7, channels=256) == Ways("tiles", "tiles", "tiles")
    assert fp32(3, 14) == OWN


def test_the_choice_of_the_first_rule_stays() -> None:
    chosen = partial(chosen_by, "products-1")
    assert chosen(3, 2, channels=256) == Ways("places", "places", "places")
    assert chosen(3, 2) == Ways("torch", "places", "places")
    assert chosen(3, 8) == chosen(1, 8) == OWN
    assert chosen(1, 2, channels=512) == Ways("columns", "columns", "columns")
    assert chosen(1, 2) == Ways("torch", "columns", "columns")
    assert chosen(3, 8, stride=2) == Ways("torch", "torch", "places")
    assert chosen(3, 2, channels=16) == OWN  # products as small as that are not worth their start
    assert chosen(3, 2, groups=2) == OWN
    assert chosen(5, 4, groups=128) == Ways("torch", "torch", "shifts")
    assert chosen(3, 4, groups=128) == chosen(5, 8, groups=128) == OWN
    bf16 = {"precision": "bf16", "instructions": "avx512_bf16"}
    assert chosen(3, 4, groups=128, stride=2, **bf16) == Ways("torch", "shifts", "shifts")
    assert chosen(7, 56, groups=128, **bf16) == Ways("torch", "torch", "shifts")
    assert chosen(3, 4, instructions="amx_bf16", precision="bf16") == Ways("columns", "columns", "columns")
    assert chosen(3, 2, instructions="avx2", precision="bf16") == chosen(3, 2, instructions="other") == OWN


def test_the_limit_given_to_onednn_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    native = instruction_set()
    try:
        for limit, allowed in (("AVX2", "avx2"), ("avx512_core", "avx512"), ("AVX512_CORE_BF16", "avx512_bf16")):
            monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", limit)
            instruction_set.cache_clear()
            order = ["other", "avx2", "avx512", "avx512_bf16", "amx_bf16"]
            assert instruction_set() == order[min(order.index(native), order.index(allowed))]
        monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "SSE41")
        instruction_set.cache_clear()
        assert instruction_set() == "other"
    finally:
        instruction_set.cache_clear()
