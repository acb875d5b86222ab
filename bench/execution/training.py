"""The training loop: one for heads on features and whole models on images alike."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bench.execution.adaptation.covariance import Target, WithCoral
from bench.execution.augmentation import LightAugmentation
from bench.execution.batches import steps_per_epoch, training_batches
from bench.execution.optimisation import Optimisation, loss_function
from bench.execution.prediction import Validation
from bench.execution.step import StepRecorder, TrainingStep
from bench.execution.watch import Step, StepWatch
from bench.plan.recipe import Recipe
from bench.plan.spec import EpochRecord

Phase = Literal["head", "full"]
Inputs = Callable[[NDArray[np.int64]], Tensor]
NOT_SCORED = (float("nan"),) * 3


class NonFiniteLossError(ArithmeticError):
    """The loss became infinite or not a number."""


class StoppedError(Exception):
    """The caller asked to stop after an epoch."""


@dataclass(frozen=True)
class TrainingPart:
    """Inputs by row, the rows of the training cases, their class numbers, and digests by which each is changed.

    target: unlabelled images to align with; their rows and digests stand behind those of the training cases.
    """

    inputs: Inputs
    rows: NDArray[np.int64]
    labels: NDArray[np.int64]
    cases: Sequence[str] = ()
    augmentation: LightAugmentation | None = None
    target: Target | None = None

    def batch(self, places: NDArray[np.int64], epoch: int) -> Tensor:
        """The inputs of some training cases, as they are seen in an epoch, and behind them as many of the target."""
        if self.target is not None:
            n = len(self.labels)
            places = np.concatenate([places, n + self.target.partners(places, n, epoch)])
        inputs = self.inputs(self.rows[places])
        if self.augmentation is None:
            return inputs
        return self.augmentation(inputs, [self.cases[place] for place in places], epoch)


def train(
    module: nn.Module,
    part: TrainingPart,
    recipe: Recipe,
    n_classes: int,
    *,
    phase: Phase,
    epochs: int,
    first_epoch: int,
    order_seed: int,
    autocast: torch.autocast,
    device: torch.device,
    validate: Callable[[int], Validation | None],
    on_epoch: Callable[[EpochRecord], bool],
    watches: Sequence[StepWatch] = (),
    recorder: StepRecorder | None = None,
) -> None:
    """Train `module` in place for `epochs`; `validate` is asked after each, `watches` are told of each step.

    recorder: records steps and replays them.

    Raises:
        NonFiniteLossError: names the phase, epoch and step.
        StoppedError: `on_epoch` answered False.
    """
    steps = steps_per_epoch(len(part.labels), recipe.batch_size)
    optimisation = Optimisation(module, recipe, steps * epochs, device, recorded=recorder is not None)
    criterion = loss_function(recipe, part.labels.tolist(), n_classes, device)
    if part.target is not None:
        criterion = WithCoral(criterion)
    take = TrainingStep(module, criterion, optimisation, autocast, recorder)
    labels = torch.from_numpy(part.labels).to(device)
    done = 0
    for epoch in range(first_epoch, first_epoch + epochs):
        module.train()
        started, images, lr = time.perf_counter(), 0, 0.0
        losses: list[float] = []
        for batch in training_batches(len(part.labels), recipe.batch_size, order_seed, phase, epoch):
            done += 1
            step = Step(phase, epoch, done, done % steps == 0, module, optimisation.optimiser)
            for watch in watches:
                watch.before_step(step)
            lr = optimisation.lr
            loss = take(part.batch(batch, epoch), labels[torch.from_numpy(batch).to(device)])
            losses.append(_finite(loss, phase, epoch, len(losses) + 1))
            for watch in watches:
                watch.after_step(step, loss)
            images += len(batch)
        seconds = time.perf_counter() - started
        found = validate(epoch)
        scored = (found.loss, found.scores.accuracy, found.scores.macro_f1) if found else NOT_SCORED
        if not on_epoch(EpochRecord(epoch, phase, _mean(losses), lr, *scored, seconds, images)):
            raise StoppedError


def _finite(loss: Tensor, phase: Phase, epoch: int, step: int) -> float:
    value = loss.item()
    if not np.isfinite(value):
        raise NonFiniteLossError(
            f"The loss is {value} in phase {phase}, epoch {epoch}, step {step}. A lower learning rate (--lr), or "
            f"--precision fp32, usually helps."
        )
    return value


def _mean(losses: Sequence[float]) -> float:
    return float(np.mean(losses)) if losses else float("nan")
