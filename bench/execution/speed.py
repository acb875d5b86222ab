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
    batch = rows[: spec.recipe.batch_size]
    optimisation = Optimisation(run.model, spec.recipe, 1 + TIMED_STEPS, run.device)
    criterion = nn.CrossEntropyLoss()

    def step() -> None:
        run.model.train()
        with run.autocast:
            logits = run.model(run.images(batch)).float()
        optimisation.step(criterion(logits, logits.detach().argmax(dim=1)))

    def look() -> None:
        evaluate(run.model, run.images, np.resize(rows, EVALUATION_BATCH).tolist(), run.autocast)

    return Speed(len(batch) / _seconds(step), EVALUATION_BATCH / _seconds(look))


def _seconds(action: Callable[[], None]) -> float:
    action()
    started = time.perf_counter()
    for _ in range(TIMED_STEPS):
        action()
    return (time.perf_counter() - started) / TIMED_STEPS
