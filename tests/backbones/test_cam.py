"""Importance maps of every family, against gradients taken by hand."""

from typing import get_args

import numpy as np
import pytest
import torch
from families import FAMILIES
from pytorch_grad_cam.utils.svd_on_activations import get_2d_projection
from torch import nn

from backbones.build import build, create
from backbones.cam import METHODS, Cam, first_component
from backbones.cam_layers import CamLayer, NoSpatialLayerError, cam_layer
from backbones.cascade import randomise, stages
from bench.explain.options import Method


def model_of(name: str, size: int = 64) -> nn.Module:
    torch.manual_seed(0)
    return build(name, 3, size).eval()


@pytest.mark.parametrize("name", [*FAMILIES, "swin_tiny_patch4_window7_224"])
def test_every_family_has_maps_that_depend_on_the_image_and_the_class(name: str) -> None:
    model = model_of(name)
    layer = cam_layer(model, name, 64)
    assert layer.grid >= 4
    images = torch.rand(2, 3, 64, 64)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    with Cam(model, layer, "gradcam") as cam:
        first, other = cam(images, [0, 1]), cam(images, [1, 2])
    assert first.shape == (2, 64, 64)
    assert first.min() >= 0
    assert first.max() <= 1
    assert np.ptp(first, axis=(1, 2)).max() > 0.5
    assert not np.allclose(first[0], first[1])
    assert not np.allclose(first, other)
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    assert all(parameter.requires_grad and parameter.grad is None for parameter in model.parameters())


def by_hand(model: nn.Module, images: torch.Tensor, target: int, part: nn.Module) -> tuple[np.ndarray, np.ndarray]:
    """Activations of a part, and the gradient of a logit with respect to them, through the whole model."""
    kept: list[torch.Tensor] = []

    def keep(module: nn.Module, inputs: object, output: torch.Tensor) -> None:
        output.retain_grad()
        kept.append(output)

    handle = part.register_forward_hook(keep)
    torch.autograd.backward(model(images)[:, target].sum())
    handle.remove()
    model.zero_grad(set_to_none=True)
    assert kept[0].grad is not None
    return kept[0].detach().numpy(), kept[0].grad.numpy()


def coarse(maps: np.ndarray) -> np.ndarray:
    """Clipped at 0 and stretched to 0–1."""
    clipped = np.maximum(maps, 0)
    clipped = clipped - clipped.min((1, 2), keepdims=True)
    return clipped / clipped.max((1, 2), keepdims=True)


FORMULAS = {
    "gradcam": lambda a, g: (g.mean((2, 3), keepdims=True) * a).sum(1),  # Selvaraju et al. 2017, eq. 1 and 2
    "hirescam": lambda a, g: (g * a).sum(1),  # Draelos & Carin 2020
    "layercam": lambda a, g: (np.maximum(g, 0) * a).sum(1),  # Jiang et al. 2021, eq. 6
}


@pytest.mark.parametrize("method", FORMULAS)
def test_maps_are_those_of_their_formula(method: str) -> None:
    """The pixel in the middle of an enlarged field would be an average: so the map is asked for at its own size."""
    model, images = model_of("resnet18"), torch.rand(2, 3, 64, 64)
    expected = coarse(FORMULAS[method](*by_hand(model, images, 1, model.get_submodule("layer1"))))
    layer = CamLayer("layer1", 16, "channels first")
    with Cam(model, layer, method) as cam:
        cam._cam.get_target_width_height = lambda images: (16, 16)
        found = cam(images, [1, 1])
    assert found == pytest.approx(expected, abs=2e-4)


def test_eigen_cam_is_the_first_component_with_its_sign_settled() -> None:
    activations = np.random.default_rng(0).random((3, 8, 5, 5)).astype(np.float32)
    found = first_component(activations)
    for ours, theirs in zip(found, get_2d_projection(activations), strict=True):
        assert any(np.allclose(ours, sign * theirs, atol=1e-4) for sign in (1, -1))
        assert ours.max() >= -ours.min()


def test_the_command_line_offers_these_methods() -> None:
    assert tuple(METHODS) == get_args(Method)


def test_class_tokens_and_registers_are_no_places() -> None:
    layer = cam_layer(model_of("deit_tiny_distilled_patch16_224"), "deit_tiny_distilled_patch16_224", 64)
    assert (layer.name, layer.grid, layer.prefix) == ("blocks.11.norm1", 4, 2)
    tokens = torch.arange(18.0).view(1, 18, 1)
    assert layer.as_map(tokens)[0, 0].tolist() == [[2, 3, 4, 5], [6, 7, 8, 9], [10, 11, 12, 13], [14, 15, 16, 17]]


def test_channels_last_maps_are_turned() -> None:
    layer = CamLayer("x", 2, "channels last")
    assert layer.as_map(torch.arange(12.0).view(1, 2, 2, 3))[0, 1].tolist() == [[1, 4], [7, 10]]


def test_larger_images_are_explained_by_the_last_layer() -> None:
    assert cam_layer(model_of("resnet18", 128), "resnet18", 128) == CamLayer("layer4", 4, "channels first")
    assert cam_layer(model_of("resnet18", 64), "resnet18", 64) == CamLayer("layer3", 4, "channels first")


def test_an_architecture_without_a_spatial_layer_is_refused() -> None:
    with pytest.raises(NoSpatialLayerError, match="pit_ti_224 has no layer with places"):
        cam_layer(create("pit_ti_224", 3, 64), "pit_ti_224", 64)


@pytest.mark.parametrize("name", ["resnet18", "vit_tiny_patch16_224", "densenet121"])
def test_models_are_randomised_from_the_classifier_down_until_nothing_is_left(name: str) -> None:
    model = model_of(name)
    torch.manual_seed(1)
    twin = build(name, 3, 64).state_dict()
    of_stage = dict(stages(model))
    assert sorted(key for keys in of_stage.values() for key in keys) == sorted(model.state_dict())
    assert next(iter(of_stage)) == "classifier"
    done: set[str] = set()
    for stage in randomise(model, twin):
        done |= set(of_stage[stage])
        state = model.state_dict()
        assert all(torch.equal(state[key], twin[key]) for key in done)
        left = [key for key in state if key not in done and key.endswith("weight") and state[key].ndim > 1]
        assert not any(torch.equal(state[key], twin[key]) for key in left)
    assert done == set(twin)


def test_resnet_is_randomised_stage_by_stage() -> None:
    names = [name for name, _ in stages(model_of("resnet18"))]
    assert names == ["classifier", "layer4", "layer3", "layer2", "layer1", "bn1", "conv1"]
