"""How far the weights of trainings are apart. Saves weights while runs train, and deletes those not wanted any more."""

import math
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bench.execution.watch import Step
from bench.nondeterminism.record import RecordedPair
from bench.plan.spec import RunSpec

Curve = list[tuple[int, float]]
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


@dataclass(frozen=True)
class SaveWeights:
    """Makes the watch that saves the weights of each run in a folder named by its id. Goes to worker processes."""

    folder: Path

    def __call__(self, spec: RunSpec, model: nn.Module) -> "Snapshots":
        return Snapshots(self.folder / spec.run_id, model, curve=spec.fold == 0 and spec.replicate < 2)


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


def distances(folder: Path, folds: Iterable[tuple[str, ...]], moved: Mapping[str, float | None]) -> list[RecordedPair]:
    """Of the last weights of each pair of runs of a fold, where the snapshots of both are there.

    folds: the ids of the runs of each fold that are compared; moved: the length of the update of each run.
    """
    pairs = []
    for ids in folds:
        for a, b in combinations(ids, 2):
            one, two = saved(folder / a, LAST), saved(folder / b, LAST)
            if one is None or two is None or len(one) != len(two):
                continue
            found = distance(one, two)
            length, update = (found.a + found.b) / 2, _mean(moved.get(a), moved.get(b))
            pairs.append(
                RecordedPair(a=a, b=b, relative=found.apart / length, of_update=update and found.apart / update)
            )
    return pairs


def curve(folder: Path, a: str, b: str, last_step: int) -> Curve:
    """Relative L2 of two runs after each step of which both have a snapshot, the last one at `last_step`."""
    points: Curve = []
    steps: list[tuple[int, int | str]] = [(step, step) for step in CURVE_STEPS if step < last_step]
    for number, step in [*steps, (last_step, LAST)]:
        one, two = saved(folder / a, step), saved(folder / b, step)
        if one is not None and two is not None and len(one) == len(two):
            found = distance(one, two)
            points.append((number, found.apart / ((found.a + found.b) / 2)))
    return points


def forget(folder: Path, ids: Iterable[str]) -> None:
    """Delete the snapshots of these runs."""
    for name in ids:
        shutil.rmtree(folder / name, ignore_errors=True)


def _mean(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else (a + b) / 2
