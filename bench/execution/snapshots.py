"""Weights of a training, for exact distances between trainings. Writes files that are deleted after that."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bench.execution.watch import Step

CURVE_STEPS = (1, 2, 5, 10, 20)
LAST = "last"
_CHUNK = 1 << 22


@dataclass(frozen=True)
class Distance:
    """The L2 distance of two weight vectors, and the length of each."""

    apart: float
    a: float
    b: float


def flat_weights(model: nn.Module) -> NDArray[np.float32]:
    """All parameters as one vector, each in its logical order: (n_parameters,)."""
    parts = [parameter.detach().float().cpu().contiguous().flatten() for parameter in model.parameters()]
    return np.asarray(torch.cat(parts).numpy())


class Snapshots:
    """Saves the weights at the end and, with `curve`, after `CURVE_STEPS` of the full stage: <folder>/<step>.npy."""

    def __init__(self, folder: Path, model: nn.Module, *, curve: bool) -> None:
        self._folder, self._model, self._curve = folder, model, curve
        self._first = flat_weights(model)
        folder.mkdir(parents=True, exist_ok=True)

    def before_step(self, step: Step) -> None:
        pass

    def after_step(self, step: Step, loss: Tensor) -> None:
        if self._curve and step.stage == "full" and step.number in CURVE_STEPS:
            np.save(self._folder / f"{step.number}.npy", flat_weights(self._model))

    def finish(self) -> float:
        """Save the last weights; returns the length of the way that they came from the first."""
        last = flat_weights(self._model)
        np.save(self._folder / f"{LAST}.npy", last)
        return distance(self._first, last).apart


def distance(a: NDArray[np.float32], b: NDArray[np.float32]) -> Distance:
    """Computed in float64, in pieces."""
    sums = np.zeros(3)
    for start in range(0, len(a), _CHUNK):
        one, two = (part[start : start + _CHUNK].astype(np.float64) for part in (a, b))
        sums += [np.square(one - two).sum(), np.square(one).sum(), np.square(two).sum()]
    apart, length_a, length_b = (math.sqrt(value) for value in sums)
    return Distance(apart, length_a, length_b)


def saved(folder: Path, step: int | str) -> NDArray[np.float32] | None:
    """Weights saved after a step, or the last ones; None where there are none."""
    path = folder / f"{step}.npy"
    if not path.exists():
        return None
    weights: NDArray[np.float32] = np.load(path, mmap_mode="r", allow_pickle=False)
    return weights
