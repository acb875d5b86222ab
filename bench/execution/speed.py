"""Times a few steps of a run."""

import time
from collections.abc import Callable

import numpy as np
from torch import nn

from bench.execution.batches import EVALUATION_BATCH
from bench.execution.executor import Speed
from bench.execution.optimisation import Optimisation
from bench.execution.prediction import evaluate
from bench.execution.run import PreparedRun
from bench.execution.workshop import Workshop
from bench.plan.spec import RunSpec

TIMED_STEPS = 2


def measure_speed(spec: RunSpec, workshop: Workshop) -> Speed:
    """Images a second of training and of evaluation, after one step of warm-up."""
    run = PreparedRun(spec, workshop)
    rows = run.rows(spec.train)
    step = training_step(run, 1 + TIMED_STEPS)

    def look() -> None:
        evaluate(run.model, run.images, np.resize(rows, EVALUATION_BATCH).tolist(), run.autocast)

    return Speed(min(len(rows), spec.recipe.batch_size) / _seconds(step), EVALUATION_BATCH / _seconds(look))


def training_step(run: PreparedRun, steps: int) -> Callable[[], None]:
    """A training step of the run's first batch, which can be taken so many times."""
    batch = run.rows(run.spec.train)[: run.spec.recipe.batch_size]
    optimisation = Optimisation(run.model, run.spec.recipe, steps, run.device)
    criterion = nn.CrossEntropyLoss()

    def step() -> None:
        run.model.train()
        images = run.images(batch)
        with run.autocast:
            output = run.model(images)
        logits = output.float()
        optimisation.step(criterion(logits, logits.detach().argmax(dim=1)))

    return step


def _seconds(action: Callable[[], None]) -> float:
    action()
    started = time.perf_counter()
    for _ in range(TIMED_STEPS):
        action()
    return (time.perf_counter() - started) / TIMED_STEPS
