"""A training step: computed as it stands, or on a card recorded once for each shape and then replayed."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn

from backbones.build import ran_out_of_memory
from bench.execution.optimisation import Optimisation
from bench.terminal import Terminal

WARM_UP = 3
"""Steps of a shape before it is recorded: by then libraries have chosen their algorithms, and the optimiser has its
state. They count as any other."""
_said = set[str]()


class StepRecorder(Protocol):
    """What records work and replays it: CUDA graphs."""

    def compute(self, work: Callable[[], Tensor]) -> Tensor:
        """Do it as it stands, where a later recording of it finds all as it needs it."""

    def record(self, work: Callable[[], Tensor]) -> tuple[Callable[[], None], Tensor]:
        """What does it again, without asking Python, and the tensor that then holds its output. Recording does nothing
        of it. It reads from the tensors that it was recorded with, and so do all later times.
        """


@dataclass(frozen=True)
class _Recorded:
    inputs: Tensor
    labels: Tensor
    loss: Tensor
    replay: Callable[[], None]


class TrainingStep:
    """Forward pass, loss, backward pass and update of a module."""

    def __init__(
        self,
        module: nn.Module,
        criterion: nn.Module,
        optimisation: Optimisation,
        autocast: torch.autocast,
        recorder: StepRecorder | None = None,
    ) -> None:
        self._module, self._criterion, self._optimisation = module, criterion, optimisation
        self._autocast, self._recorder = autocast, recorder
        self._taken = Counter[torch.Size]()
        self._recorded = dict[torch.Size, _Recorded]()

    def __call__(self, inputs: Tensor, labels: Tensor) -> Tensor:
        """Take the step; gives the loss before it, which holds until the next."""
        loss = self._replayed(inputs, labels, self._recorder) if self._recorder else self._compute(inputs, labels)
        self._optimisation.advance()
        return loss

    def _compute(self, inputs: Tensor, labels: Tensor) -> Tensor:
        with self._autocast:
            logits = self._module(inputs)
        loss: Tensor = self._criterion(logits.float(), labels)
        self._optimisation.update(loss)
        return loss.detach()

    def _replayed(self, inputs: Tensor, labels: Tensor, recorder: StepRecorder) -> Tensor:
        self._taken[inputs.shape] += 1
        if self._taken[inputs.shape] <= WARM_UP or _is_hooked(self._module):
            return recorder.compute(lambda: self._compute(inputs, labels))
        if inputs.shape not in self._recorded:
            try:
                self._recorded[inputs.shape] = self._record(inputs.clone(), labels.clone(), recorder)
            except RuntimeError as error:
                if ran_out_of_memory(error):
                    raise
                self._recorder = None
                _say_once(self._module, error)
                return self._compute(inputs, labels)
        found = self._recorded[inputs.shape]
        found.inputs.copy_(inputs)
        found.labels.copy_(labels)
        found.replay()
        return found.loss

    def _record(self, inputs: Tensor, labels: Tensor, recorder: StepRecorder) -> _Recorded:
        replay, loss = recorder.record(lambda: self._compute(inputs, labels))
        return _Recorded(inputs, labels, loss, replay)


def _is_hooked(module: nn.Module) -> bool:
    """Whether somebody looks into it, whom a replay would not call."""
    return any(part._forward_hooks or part._forward_pre_hooks for part in module.modules())


def _say_once(module: nn.Module, error: Exception) -> None:
    """In this process, of each architecture."""
    name = type(module).__name__
    if name not in _said:
        _said.add(name)
        Terminal(stderr=True).say(
            f"A training step of {name} cannot be recorded on this card ({str(error).splitlines()[0]}): its steps are "
            f"taken one operation at a time, which is slower."
        )
