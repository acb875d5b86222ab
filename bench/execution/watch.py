"""Who is told of each training step, and the one who writes down digests of the weights."""

import time
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor, nn
from torch.optim import Optimizer

from bench.execution.digests import digest
from bench.plan.trace import Stage, Trace, TracePoint


@dataclass(frozen=True)
class Step:
    """A training step: what it trains and with what; `number` counts from 1 within its stage."""

    stage: Stage
    epoch: int
    number: int
    last_of_epoch: bool
    module: nn.Module
    optimiser: Optimizer


class StepWatch(Protocol):
    """Looks at everything and changes nothing."""

    def before_step(self, step: Step) -> None:
        """Before the batch is read."""

    def after_step(self, step: Step, loss: Tensor) -> None:
        """After the update of the weights."""


class FurtherWatch(StepWatch, Protocol):
    """One that a feature adds."""

    def finish(self) -> float:
        """After the training; gives the L2 length of the way from the initial weights to the last ones."""


class Recorder:
    """Digests of the initial weights, then of what is trained: after the first steps of a stage and each epoch."""

    def __init__(self, model: nn.Module, first_steps: int) -> None:
        self._first_steps, self._done = first_steps, 0
        self._points: list[TracePoint] = []
        self.seconds = 0.0
        self._record("start", 0, model)

    @property
    def trace(self) -> Trace:
        return tuple(self._points)

    def before_step(self, step: Step) -> None:
        self._done += 1

    def after_step(self, step: Step, loss: Tensor) -> None:
        if step.number <= self._first_steps or step.last_of_epoch:
            self._record(step.stage, step.epoch, step.module)

    def _record(self, stage: Stage, epoch: int, module: nn.Module) -> None:
        started = time.perf_counter()
        state = module.state_dict()
        digests = tuple(digest(tensor) for tensor in state.values())
        self._points.append(TracePoint(stage, epoch, self._done, tuple(state), digests))
        self.seconds += time.perf_counter() - started
