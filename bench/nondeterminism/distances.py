"""How far the weights of runs are apart. Reads snapshots, and deletes those that are not wanted any more."""

import shutil
from collections.abc import Iterable, Mapping
from itertools import combinations
from pathlib import Path

from bench.execution.snapshots import CURVE_STEPS, LAST, distance, saved
from bench.nondeterminism.record import RecordedPair

Curve = list[tuple[int, float]]


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
