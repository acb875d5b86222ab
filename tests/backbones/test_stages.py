"""Models divided after a stage."""

import pytest
import torch

from backbones.build import build
from backbones.stages import NoStageError, divide, stages


@pytest.mark.parametrize(
    ("name", "ends"),
    [
        ("resnet18", ["layer1", "layer2", "layer3", "layer4"]),
        ("tf_efficientnet_lite0", ["blocks.1", "blocks.2", "blocks.4", "blocks.6"]),
        ("convnext_atto", ["stages.0", "stages.1", "stages.2", "stages.3"]),
    ],
)
def test_body_and_tail_are_the_model(name: str, ends: list[str]) -> None:
    torch.manual_seed(0)
    model = build(name, 3, 64).eval()
    assert stages(model) == ends
    images = torch.randn(4, 3, 64, 64)
    for count in range(1, len(ends)):
        body, tail = divide(model, name, count, 64)
        with torch.inference_mode():
            assert torch.equal(tail(body(images)), model(images))
        behind = {key for key, _ in tail.named_parameters()}
        assert behind == {key for key, _ in model.named_parameters() if _is_behind(key, ends[count - 1])}


def _is_behind(key: str, end: str) -> bool:
    """Whether a parameter comes after a part, by the order in which these architectures name theirs."""
    stems = ("conv1.", "bn1.") if end.startswith("layer") else ("conv_stem.", "bn1.", "stem.")
    if key.startswith(stems):
        return False
    parts, last = key.split("."), end.split(".")
    if len(last) == 1:
        return not key.startswith("layer") or parts[0] > end
    return parts[0] != last[0] or int(parts[1]) > int(last[1])


def test_training_the_tail_trains_the_model_and_leaves_the_body() -> None:
    torch.manual_seed(0)
    model = build("resnet18", 3, 64)
    _, tail = divide(model, "resnet18", 3, 64)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    optimiser = torch.optim.SGD(tail.parameters(), lr=0.1)
    tail.train()
    for _ in range(2):  # residual branches begin with a factor of zero, and take part from the second step on
        optimiser.zero_grad()
        tail(torch.randn(4, 256, 4, 4)).square().mean().backward()
        optimiser.step()
    changed = {key for key, value in model.state_dict().items() if not torch.equal(value, before[key])}
    assert changed == {key for key in before if key.startswith(("layer4.", "fc."))}
    assert model.training


@pytest.mark.parametrize(
    ("name", "size", "count", "words"),
    [
        ("vit_tiny_patch16_224", 64, 1, "has no stages"),
        ("resnet18", 64, 4, "stages:3 or fewer"),
        ("resnet18", 64, 7, "has 4 stages"),
        ("hrnet_w18_small", 64, 2, "no chain of parts after its stage 2"),
    ],
)
def test_what_cannot_be_divided_is_refused(name: str, size: int, count: int, words: str) -> None:
    with pytest.raises(NoStageError, match=words):
        divide(build(name, 2, size), name, count, size)
