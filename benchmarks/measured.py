"""Many studies of a world through the front door of `reports`, in two processes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from benchmarks import printed
from benchmarks.world_studies import Study, case_table, draw, predictions
from benchmarks.world_truth import SEEDS, Truth, truth, truth_given_models
from benchmarks.worlds import World
from reports import Entry, build_leaderboard

Found = TypeVar("Found")
PROCESSES = 2
CELLS = ("place", "value", "low", "high", "label", "truth", "given_models")


def content_of(study: Study, resamples: int, rng: np.random.Generator) -> dict[str, Any]:
    """What leaderboard.json would hold of a study."""
    names = [f"backbone-{number}" for number in range(study.world.backbones)]
    entries = [
        Entry(name, "random", "simulated", 1, 1.0, study.world.folds, predictions(study, number))
        for number, name in enumerate(names)
    ]
    board = build_leaderboard(entries, case_table(study), study.world.classes, rng=rng, resamples=resamples)
    return board.to_dict()


def in_processes(of_one: Callable[[int], Found], studies: int) -> list[Found]:
    """The results of studies 0, 1, …, whichever process made them."""
    with ProcessPoolExecutor(PROCESSES, initializer=_one_thread) as pool:
        return list(pool.map(of_one, range(studies), chunksize=max(1, studies // (8 * PROCESSES))))


def _one_thread() -> None:
    threadpool_limits(1)


def measure(
    world: World, studies: int, resamples: int = 200, exactness: int = SEEDS
) -> tuple[pd.DataFrame, pd.DataFrame, float]:
    """Cells, tests and the median seconds of a leaderboard.

    Cells are those of the first backbone and of differences (columns `CELLS`), tests those of two backbones (columns
    test, found). exactness: of the truth, the number of its seeds.
    """
    truths = [truth(world, backbone, exactness) for backbone in range(world.backbones if world.difference else 1)]
    results = in_processes(partial(_one, world, truths, resamples), studies)
    cells = pd.DataFrame([cell for one, _, _ in results for cell in one], columns=list(CELLS))
    tests = pd.DataFrame([test for _, one, _ in results for test in one], columns=["test", "found"])
    return cells, tests, float(np.median([seconds for *_, seconds in results]))


def _one(
    world: World, truths: list[Truth], resamples: int, number: int
) -> tuple[list[tuple[Any, ...]], list[tuple[str, bool | None]], float]:
    rng = np.random.default_rng([number, 14])
    study = draw(world, rng)
    start = time.perf_counter()
    content = content_of(study, resamples, rng)
    seconds = time.perf_counter() - start
    given = truth_given_models(study, 0, rng) if world.seeds == 1 and world.backbones == 1 else {}
    rows = {row["backbone"]: row for row in content["rows"]}
    cells = list(_beside_truth(printed.cells(rows["backbone-0"]), truths[0], given)) if rows else []
    if world.backbones == 1:
        return cells, [], seconds
    apart = {f"difference.{place}": truths[0][place] - truths[-1][place] for place in truths[0]}
    cells += _beside_truth(printed.differences(content), apart, {})
    return cells, list(printed.tests(content)), seconds


def _beside_truth(found: Iterator[printed.Printed], truths: Truth, given: Truth) -> Iterator[tuple[Any, ...]]:
    for one in found:
        if one.place in truths:
            place = one.place
            yield place, one.value, one.low, one.high, one.label, truths[place], given.get(place, float("nan"))
