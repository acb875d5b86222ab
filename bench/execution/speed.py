"""Times a few steps of a run."""

import time
from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from bench.execution.batches import EVALUATION_BATCH
from bench.execution.card_load import CardMeter
from bench.execution.executor import Speed
from bench.execution.optimisation import Optimisation
from bench.execution.prediction import evaluate
from bench.execution.resources import Resources
from bench.execution.run import PreparedRun
from bench.execution.setup import finish, set_up
from bench.plan.spec import RunSpec

TIMED_STEPS = 2


def measure_speed(spec: RunSpec, resources: Resources) -> Speed:
    """Images a second of training and of evaluation, after one step of warm-up; on a card also what a step takes."""
    device = set_up(spec.numerics, resources.card)
    meter = CardMeter(device) if device.type == "cuda" else None
    run = PreparedRun(spec, resources)
    rows = run.rows(spec.train)
    step = training_step(run, 1 + TIMED_STEPS)

    def look() -> None:
        evaluate(*run.trained, np.resize(rows, EVALUATION_BATCH).tolist(), run.autocast)

    training, evaluation = (_seconds(action, run.device) for action in (step, look))
    load = meter.load(step, training) if meter else None
    return Speed(min(len(rows), spec.recipe.batch_size) / training, EVALUATION_BATCH / evaluation, load)


def training_step(run: PreparedRun, steps: int) -> Callable[[], None]:
    """A training step of the run's first batch, which can be taken so many times."""
    batch = run.rows(run.spec.train)[: run.spec.recipe.batch_size]
    module, inputs = run.trained
    optimisation = Optimisation(module, run.spec.recipe, steps, run.device)
    criterion = nn.CrossEntropyLoss()

    def step() -> None:
        module.train()
        given = inputs(batch)
        with run.autocast:
            output = module(given)
        logits = output.float()
        optimisation.step(criterion(logits, logits.detach().argmax(dim=1)))

    return step


def _seconds(action: Callable[[], None], device: torch.device) -> float:
    action()
    finish(device)
    started = time.perf_counter()
    for _ in range(TIMED_STEPS):
        action()
    finish(device)
    return (time.perf_counter() - started) / TIMED_STEPS
