"""How often the held-out cases are scored on the way, and that it decides nothing else."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from execution_runs import prepare_runs

from bench.cache import Caches
from bench.config.experiment import Experiment
from bench.execution.run import execute
from bench.plan.recipe import Recipe
from bench.plan.spec import EpochRecord, RunSpec
from bench.scoring import class_numbers, score


def scored(spec: RunSpec) -> list[int]:
    return [epoch for epoch in range(spec.all_epochs) if spec.is_monitored(epoch)]


def test_predictions_do_not_depend_on_it(digit_data: Path, caches: Caches) -> None:
    specs, resources = prepare_runs(digit_data, caches, recipe=Recipe(epochs=3, batch_size=16))
    spec = specs[0]
    results = {}
    for monitor in (1, 2, 0):
        results[monitor] = execute(replace(spec, monitor=monitor), resources, lambda epoch: True)
    every, second, last = results.values()
    assert np.array_equal(every.probabilities, last.probabilities)
    assert np.array_equal(every.probabilities, second.probabilities)
    assert {replace(spec, monitor=monitor).run_id for monitor in (None, 0, 1, 7)} == {spec.run_id}

    def accuracies(history: tuple[EpochRecord, ...]) -> list[float]:
        return [record.val_accuracy for record in history]

    assert [math.isnan(value) for value in accuracies(second.history)] == [True, False, False]
    assert [math.isnan(value) for value in accuracies(last.history)] == [True, True, False]
    assert accuracies(last.history)[-1] == accuracies(every.history)[-1]
    assert last.history[-1].val_loss == every.history[-1].val_loss
    assert [record.train_loss for record in last.history] == [record.train_loss for record in every.history]
    truth = class_numbers([sample.label for sample in spec.validation], spec.classes)
    chosen = last.probabilities[: len(truth)].argmax(axis=1)
    assert accuracies(last.history)[-1] == score(truth, chosen, len(spec.classes)).accuracy


@pytest.mark.parametrize(
    ("folds", "epochs", "every"),
    [(2, 5, False), (3, 5, False), (4, 5, False), (5, 5, True), (10, 9, True), (2, 1, True)],
)
def test_by_default_it_is_every_epoch_where_that_takes_little(
    folds: int, epochs: int, every: bool, digit_data: Path, caches: Caches
) -> None:
    """Evaluating an image is counted as a fifth of training on it; the last epoch costs nothing."""
    (spec, _), _ = prepare_runs(digit_data, caches, recipe=Recipe(epochs=epochs, batch_size=16))
    cases = (*spec.train, *spec.validation)[:60]
    held_out = len(cases) // folds
    spec = replace(spec, validation=cases[:held_out], train=cases[held_out:])
    share = 0.2 * held_out * (epochs - 1) / (len(spec.train) * epochs)
    assert (share <= 0.05) is every
    assert scored(spec) == (list(range(epochs)) if every else [epochs - 1])


def test_searches_and_studies_of_nondeterminism_score_every_epoch(digit_data: Path, caches: Caches) -> None:
    (spec, _), _ = prepare_runs(digit_data, caches, recipe=Recipe(epochs=4, batch_size=16))
    assert scored(replace(spec, monitor=0)) == [3]
    assert scored(replace(spec, monitor=0, role="search")) == [0, 1, 2, 3]
    assert scored(replace(spec, monitor=0, role="nondeterminism")) == [0, 1, 2, 3]


@pytest.mark.parametrize(("given", "meant"), [("auto", None), ("every", 1), ("last", 0), ("3", 3), (3, 3)])
def test_how_it_is_asked_for(given: str | int, meant: int | None) -> None:
    assert Experiment.model_validate({"monitor": given}).monitored == meant
