"""What determinism costs: training steps with and without it, in turns."""

import time
from dataclasses import replace
from statistics import median

from bench.execution.resources import Resources
from bench.execution.run import PreparedRun
from bench.execution.setup import finish, set_up
from bench.execution.speed import training_step
from bench.nondeterminism.record import RecordedCost
from bench.plan.spec import RunSpec


def measure_cost(spec: RunSpec, resources: Resources, runs: int = 5, steps: int = 3) -> RecordedCost:
    """Time `steps` training steps of `spec` in each way, so many times, after one step of warm-up each."""
    both = [replace(spec.numerics, deterministic=choice) for choice in (True, False)]
    taken: list[list[float]] = [[], []]
    numerics = replace(spec.numerics, steps="eager")  # what is recorded does not change any more
    run = PreparedRun(replace(spec, numerics=numerics), resources)
    step = training_step(run, 2 + 2 * runs * steps)
    for numerics in both:
        set_up(numerics)
        step()
        finish(run.device)
    for _ in range(runs):
        for numerics, seconds in zip(both, taken, strict=True):
            set_up(numerics)
            started = time.perf_counter()
            for _ in range(steps):
                step()
            finish(run.device)
            seconds.append(time.perf_counter() - started)
    images = steps * min(spec.recipe.batch_size, len(spec.train))
    return RecordedCost(deterministic=images / median(taken[0]), fast=images / median(taken[1]), runs=runs)
