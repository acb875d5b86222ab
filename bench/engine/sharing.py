"""How many workers share cards: as many as memory holds, and as many as keep them busy. Starts one that measures."""

from collections.abc import Sequence
from dataclasses import replace

from bench.config.experiment import Experiment
from bench.engine.memory import available
from bench.errors import RequestError
from bench.execution.executor import CardLoad
from bench.execution.resources import Resources
from bench.executors import AUTO
from bench.plan.spec import RunSpec
from bench.processes import cores

ON_HOST = 3e9
"""Bytes of the computer's own memory that a process with the libraries of CUDA is reckoned to take."""


def best(loads: Sequence[CardLoad], cards: int, most: int, runs: int) -> int:
    """What `auto` means on so many cards, for the runs that were measured. most: for how many workers the computer
    has processors and memory.
    """
    each = min(min(load.fitting for load in loads), max(load.paying for load in loads), most // cards)
    return min(max(each, 1) * cards, runs)


def places(processors: int, free: float | None) -> int:
    """For how many workers the computer has a processor each and, where that is known, memory."""
    return processors if free is None else min(processors, int(free / ON_HOST))


def refuse_crowd(workers: int, loads: Sequence[CardLoad], cards: int) -> None:
    """Raise `RequestError` where a card would have more workers than its memory holds, one always being tried."""
    largest = min(loads, key=lambda load: load.fitting)
    most = max(largest.fitting, 1) * cards
    if workers > most:
        each = (largest.peak + largest.context) / 1e9
        raise RequestError(
            f"{workers} workers on {cards} card(s) take {each:.1f} GB each, and {largest.free / 1e9:.1f} of "
            f"{largest.total / 1e9:.1f} GB of a card are free. Ask for at most --workers {most}, or take a smaller "
            f"--batch-size or --image-size."
        )


def workers_sharing(experiment: Experiment, resources: Resources, specs: Sequence[RunSpec], asked: int) -> int:
    """`asked`, or what is best where `--workers auto` is. Cards are measured only where workers are to share one.

    Raises:
        RequestError: cards do not hold so many.
    """
    cards = len(resources.cards)
    automatic = experiment.workers == AUTO and experiment.executor != "in-process"
    if not cards or experiment.recipe.probes or not (automatic or asked > cards):
        return asked
    loads = measured_loads(resources, specs)
    if not loads:
        return asked
    if automatic:
        return best(loads, cards, places(cores(), available()), len(specs))
    refuse_crowd(asked, loads, cards)
    return asked


def measured_loads(resources: Resources, specs: Sequence[RunSpec]) -> list[CardLoad]:
    """Of a run of each backbone, in a process of its own; none where a timed step fails, as the runs will then, too."""
    from bench.execution.pool import PoolExecutor

    largest = {spec.backbone: spec for spec in sorted(specs, key=lambda spec: spec.recipe.batch_size)}
    try:
        with PoolExecutor(replace(resources, cards=resources.cards[:1]), 1) as alone:
            speeds = [alone.measure(spec) for spec in largest.values()]
    except Exception:
        return []
    return [speed.load for speed in speeds if speed.load]
