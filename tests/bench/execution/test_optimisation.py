"""The optimiser's step on channels-last weights."""

import copy

import torch
from timm.optim._optim_factory import create_optimizer_v2
from torch import nn

from bench.execution.optimisation import Optimisation
from bench.plan.recipe import Recipe


def test_a_step_gives_the_bytes_of_the_plain_optimiser() -> None:
    torch.manual_seed(0)
    layers = [nn.Conv2d(3, 7, 5), nn.Conv2d(7, 33, 3, stride=2), nn.Conv2d(33, 33, 1), nn.Flatten(), nn.Linear(132, 2)]
    ours = nn.Sequential(*layers).to(memory_format=torch.channels_last)
    theirs, recipe = copy.deepcopy(ours), Recipe(warmup=0.0)
    optimisation = Optimisation(ours, recipe, 4, torch.device("cpu"))
    plain = create_optimizer_v2(theirs, opt="adamw", lr=recipe.lr, weight_decay=recipe.weight_decay, fused=True)
    for _ in range(3):
        images = torch.randn(4, 3, 9, 9).to(memory_format=torch.channels_last)
        plain.param_groups[0]["lr"] = plain.param_groups[1]["lr"] = optimisation.lr
        plain.zero_grad()
        theirs(images).square().sum().backward()
        plain.step()
        optimisation.step(ours(images).square().sum())
        for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
            assert torch.equal(mine, other)
            assert mine.stride() == other.stride()
            assert mine.grad is not None
            assert other.grad is not None
            assert torch.equal(mine.grad, other.grad)
            state, expected = optimisation.optimiser.state[mine], plain.state[other]
            assert all(torch.equal(state[name], expected[name]) for name in expected)


def test_what_has_no_gradient_stays() -> None:
    torch.manual_seed(0)
    model = nn.ModuleList([nn.Conv2d(3, 4, 3), nn.Conv2d(3, 4, 3)]).to(memory_format=torch.channels_last)
    before = copy.deepcopy(model.state_dict())
    optimisation = Optimisation(model, Recipe(), 4, torch.device("cpu"))
    optimisation.step(model[0](torch.randn(2, 3, 8, 8)).sum())
    assert not torch.equal(model.state_dict()["0.weight"], before["0.weight"])
    assert torch.equal(model.state_dict()["1.weight"], before["1.weight"])
