"""What determinism costs: training steps with and without it, in turns."""

import time
from dataclasses import dataclass, replace
from statistics import median

from bench.execution.resources import Workshop
from bench.execution.run import PreparedRun
from bench.execution.setup import finish, set_up
from bench.execution.speed import training_step
from bench.plan.spec import RunSpec


@dataclass(frozen=True)
class Cost:
    """Images a second of training, medians of so many interleaved runs."""

    deterministic: float
    fast: float
    runs: int


def measure_cost(spec: RunSpec, workshop: Workshop, runs: int = 5, steps: int = 3) -> Cost:
    """Time `steps` training steps of `spec` in each way, so many times, after one step of warm-up each."""
    toolings = [replace(spec.tooling, deterministic=choice) for choice in (True, False)]
    taken: list[list[float]] = [[], []]
    run = PreparedRun(spec, workshop)
    step = training_step(run, 2 + 2 * runs * steps)
    for tooling in toolings:
        set_up(tooling)
        step()
        finish(run.device)
    for _ in range(runs):
        for tooling, seconds in zip(toolings, taken, strict=True):
            set_up(tooling)
            started = time.perf_counter()
            for _ in range(steps):
                step()
            finish(run.device)
            seconds.append(time.perf_counter() - started)
    images = steps * min(spec.recipe.batch_size, len(spec.train))
    return Cost(images / median(taken[0]), images / median(taken[1]), runs)
