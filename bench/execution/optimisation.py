"""The optimiser, the learning-rate schedule and the loss of a recipe, from timm's factories."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from timm.optim._optim_factory import create_optimizer_v2
from timm.scheduler.scheduler_factory import create_scheduler_v2
from torch import Tensor, nn

from bench.plan.recipe import Recipe

START_DIVISOR = 25  # the one-cycle schedule starts at lr / 25, the usual choice since Smith & Topin 2018


class Optimisation:
    """AdamW with a one-cycle learning rate over a known number of steps.

    recorded: its updates go into a graph. Then the learning rate is a tensor of the device, in fp32, which a replay
    reads anew; so the last bits differ from updates that get it as a number.
    """

    def __init__(
        self, module: nn.Module, recipe: Recipe, steps: int, device: torch.device, *, recorded: bool = False
    ) -> None:
        # on a CPU the fused step is five times faster than the foreach one
        fused: dict[str, Any] = {"fused": True} if device.type in ("cpu", "cuda") else {}
        if recorded:
            fused["capturable"] = True
        self.optimiser = create_optimizer_v2(
            module, opt="adamw", lr=recipe.lr, weight_decay=recipe.weight_decay, **fused
        )
        self._channels_last = _channels_last(self.optimiser) if device.type == "cpu" and not recorded else []
        warmup = round(recipe.warmup * steps)
        self._schedule: Any
        self._schedule, _ = create_scheduler_v2(
            self.optimiser,
            sched="cosine",
            num_epochs=max(steps - warmup, 1),
            warmup_epochs=warmup,
            warmup_lr=recipe.lr / START_DIVISOR,
            warmup_prefix=True,
            step_on_epochs=False,
            updates_per_epoch=1,
        )
        self._done = 0
        self._rates = [torch.zeros((), device=device) for _ in self.optimiser.param_groups] if recorded else []
        self._note_rate()

    @property
    def lr(self) -> float:
        """The learning rate of the coming step."""
        return self._lr

    def step(self, loss: Tensor) -> None:
        """One update of the weights, then of the learning rate."""
        self.update(loss)
        self.advance()

    def update(self, loss: Tensor) -> None:
        """One update of the weights."""
        self.optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        with _as_they_lie(self.optimiser, self._channels_last):
            self.optimiser.step()

    def advance(self) -> None:
        """The learning rate of the next step."""
        self._done += 1
        self._schedule.step_update(self._done)
        self._note_rate()

    def _note_rate(self) -> None:
        """Keep the number that the schedule has put into each group, and put it there as a tensor where it must be."""
        groups = self.optimiser.param_groups
        self._lr = float(groups[0]["lr"])
        if self._rates:
            for group, rate in zip(groups, self._rates, strict=True):
                group["lr"] = rate.fill_(group["lr"])


def _channels_last(optimiser: torch.optim.Optimizer) -> list[nn.Parameter]:
    parameters = [parameter for group in optimiser.param_groups for parameter in group["params"]]
    return [
        parameter
        for parameter in parameters
        if parameter.dim() == 4
        and parameter.is_contiguous(memory_format=torch.channels_last)
        and not parameter.is_contiguous()
    ]


@contextmanager
def _as_they_lie(optimiser: torch.optim.Optimizer, parameters: Sequence[nn.Parameter]) -> Iterator[None]:
    """Show the optimiser channels-last tensors in the order in which they lie in memory.

    Its fused step copies those that are not contiguous, which takes as long as the step itself; the bytes are the same.
    """
    _permute(optimiser, parameters, (0, 2, 3, 1))
    try:
        yield
    finally:
        _permute(optimiser, parameters, (0, 3, 1, 2))


def _permute(
    optimiser: torch.optim.Optimizer, parameters: Sequence[nn.Parameter], order: tuple[int, int, int, int]
) -> None:
    for parameter in parameters:
        gradient, parameter.grad = parameter.grad, None
        parameter.data = parameter.data.permute(order)
        parameter.grad = None if gradient is None else gradient.permute(order)
        for name, value in optimiser.state.get(parameter, {}).items():
            if value.dim() == 4:
                optimiser.state[parameter][name] = value.permute(order)


def loss_function(recipe: Recipe, labels: Sequence[int], n_classes: int, device: torch.device) -> nn.Module:
    """Cross-entropy with the recipe's label smoothing and class weights; `labels` are those of the training part."""
    weight = None
    if recipe.class_weights == "balanced":
        counts = np.bincount(labels, minlength=n_classes)
        weight = torch.tensor(len(labels) / (n_classes * counts), dtype=torch.float32, device=device)
    return nn.CrossEntropyLoss(weight=weight, label_smoothing=recipe.label_smoothing)
