"""Times a few steps of a run."""

import time
from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from bench.execution.batches import EVALUATION_BATCH
from bench.execution.card_load import TURNS, CardMeter
from bench.execution.executor import Speed
from bench.execution.optimisation import Optimisation
from bench.execution.prediction import evaluate
from bench.execution.resources import Resources
from bench.execution.run import PreparedRun
from bench.execution.setup import finish, set_up
from bench.execution.step import WARM_UP, TrainingStep
from bench.plan.spec import RunSpec

TIMED_STEPS = 2


def measure_speed(spec: RunSpec, resources: Resources) -> Speed:
    """Images a second of training and of evaluation, warmed up; on a card also what a step takes."""
    device = set_up(spec.numerics, resources.card)
    meter = CardMeter(device) if device.type == "cuda" else None
    run = PreparedRun(spec, resources)
    rows = run.rows(spec.train)
    warm_up = WARM_UP + 1 if run.recorder else 1
    step = training_step(run, warm_up + TIMED_STEPS + TURNS)

    def look() -> None:
        evaluate(*run.trained, np.resize(rows, EVALUATION_BATCH).tolist(), run.autocast)

    training, evaluation = _seconds(step, run.device, warm_up), _seconds(look, run.device)
    load = meter.load(step, training) if meter else None
    return Speed(min(len(rows), spec.recipe.batch_size) / training, EVALUATION_BATCH / evaluation, load)


def training_step(run: PreparedRun, steps: int) -> Callable[[], None]:
    """A training step of the run's first batch, which can be taken so many times. What it learns is of no matter."""
    batch = run.rows(run.spec.train)[: run.spec.recipe.batch_size]
    module, inputs = run.trained
    optimisation = Optimisation(module, run.spec.recipe, steps, run.device, recorded=run.recorder is not None)
    take = TrainingStep(module, nn.CrossEntropyLoss(), optimisation, run.autocast, run.recorder)
    labels = torch.zeros(len(batch), dtype=torch.long, device=run.device)

    def step() -> None:
        module.train()
        take(inputs(batch), labels)

    return step


def _seconds(action: Callable[[], None], device: torch.device, warm_up: int = 1) -> float:
    for _ in range(warm_up):
        action()
    finish(device)
    started = time.perf_counter()
    for _ in range(TIMED_STEPS):
        action()
    finish(device)
    return (time.perf_counter() - started) / TIMED_STEPS
