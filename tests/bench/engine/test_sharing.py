"""How many workers share a card: tables of made-up measurements, whose answers are worked out by hand."""

from dataclasses import replace
from pathlib import Path

import pytest
from execution_runs import prepare_runs

from bench.cache import Caches
from bench.config.experiment import Experiment
from bench.engine import sharing
from bench.engine.execute import executor_for
from bench.engine.sharing import best, measured_loads, places, refuse_crowd
from bench.errors import RequestError
from bench.execution import setup
from bench.execution.executor import CardLoad
from bench.plan.recipe import Recipe

GB = 1e9


def load(peak: float, free: float = 80, total: float = 80, *, step: float = 4, busy: float = 1) -> CardLoad:
    """Gigabytes and milliseconds; CUDA itself takes half a gigabyte."""
    return CardLoad(peak * GB, 0.5 * GB, free * GB, total * GB, step / 1000, busy / 1000)


@pytest.mark.parametrize(
    ("peak", "free", "total", "expected"),
    [
        (1.5, 80, 80, 38),  # 76 GB, 2 each
        (1.5, 80, 100, 37),  # 75 GB
        (1.5, 24, 24, 11),  # 22.8 GB
        (9.5, 80, 80, 7),  # 76 GB, 10 each
        (75.5, 80, 80, 1),  # 76 GB to the byte
        (75.6, 80, 80, 0),
        (1.5, 3, 80, 0),  # others have taken the card
    ],
)
def test_a_card_holds_as_many_as_its_free_memory(peak: float, free: float, total: float, expected: int) -> None:
    assert load(peak, free, total).fitting == expected


def test_the_share_of_a_card_is_for_as_many_as_fit_and_pay() -> None:
    assert load(1.5, 24, 24, step=4, busy=1).share == 1 / 4  # 11 fit, 4 pay
    assert load(9.5, 24, 24, step=4, busy=1).share == 1 / 2  # 2 fit
    assert load(75.6).share == 1.0  # none fits, one is tried


@pytest.mark.parametrize(
    ("step", "busy", "expected"), [(4, 1, 4), (4, 3.9, 2), (4, 4, 1), (4, 5, 1), (4.1, 1, 5), (4, 0, 1)]
)
def test_workers_pay_while_the_card_waits(step: float, busy: float, expected: int) -> None:
    assert load(1, step=step, busy=busy).paying == expected


@pytest.mark.parametrize(
    ("loads", "cards", "most", "runs", "expected"),
    [
        ([load(1.5, step=8)], 1, 16, 50, 8),
        ([load(1.5, step=8)], 1, 4, 50, 4),  # each needs a processor
        ([load(1.5, step=8)], 1, 16, 3, 3),  # and a run
        ([load(15, step=8)], 1, 16, 50, 4),  # 76 GB, 15.5 each
        ([load(1.5, step=8)], 2, 16, 50, 16),
        ([load(1.5, step=8)], 4, 16, 50, 16),  # 4 a card
        ([load(15, step=8), load(1.5, step=20)], 1, 16, 50, 4),  # the larger one must fit
        ([load(79)], 1, 16, 50, 1),  # one is always tried
        ([load(1.5)], 8, 4, 50, 8),
    ],
)
def test_auto_is_what_fits_and_pays(loads: list[CardLoad], cards: int, most: int, runs: int, expected: int) -> None:
    assert best(loads, cards, most, runs) == expected


@pytest.mark.parametrize(
    ("processors", "free", "expected"), [(16, None, 16), (16, 64 * GB, 16), (16, 8 * GB, 2), (16, 1 * GB, 0)]
)
def test_each_worker_needs_a_processor_and_memory_of_the_computer(
    processors: int, free: float | None, expected: int
) -> None:
    assert places(processors, free) == expected


def test_more_than_fit_are_refused_with_the_number_that_fits() -> None:
    refuse_crowd(7, [load(9.5), load(1.5)], 1)
    refuse_crowd(14, [load(9.5)], 2)
    refuse_crowd(1, [load(200)], 1)
    with pytest.raises(
        RequestError,
        match=r"8 workers on 1 card\(s\) take 10.0 GB each, and 80.0 of 80.0 GB of a card are free. "
        r"Ask for at most --workers 7, or take a smaller --batch-size",
    ):
        refuse_crowd(8, [load(1.5), load(9.5)], 1)
    with pytest.raises(RequestError, match="--workers 14"):
        refuse_crowd(15, [load(9.5)], 2)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"workers": "auto"}, 2),  # as many as runs
        ({"workers": 2}, None),
        ({}, 1),
        ({"workers": 1}, 1),
        ({"workers": "auto", "executor": "in-process"}, 1),
        ({"workers": "auto", "recipe": Recipe(probe="knn")}, 1),
    ],
)
def test_executors_are_asked_for_before_the_first_run(
    digit_data: Path,
    caches: Caches,
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, object],
    expected: int | None,
) -> None:
    """On a card of which only the measurement is made up: it holds one worker that pays for two, or four."""
    monkeypatch.setattr(setup, "card_models", lambda: {"cuda:0": ""})
    made_up = [load(40 if expected is None else 10)]
    monkeypatch.setattr(sharing, "measured_loads", lambda *_: made_up)
    monkeypatch.setattr(sharing, "cores", lambda: 8)
    monkeypatch.setattr(sharing, "available", lambda: None)
    specs, resources = prepare_runs(digit_data, caches)
    specs = [replace(spec, numerics=replace(spec.numerics, device="cuda")) for spec in specs]
    experiment = Experiment.model_validate({"device": "cuda", **options})
    if expected is None:
        with pytest.raises(RequestError, match="Ask for at most --workers 1"):
            executor_for(experiment, resources, specs)
    else:
        assert executor_for(experiment, resources, specs).workers == expected


def test_where_steps_cannot_be_timed_nothing_is_known(digit_data: Path, caches: Caches) -> None:
    """Real workers: on a processor a step has no load, and on a card that is not there it fails."""
    specs, resources = prepare_runs(digit_data, caches)
    assert measured_loads(resources, specs) == []
    absent = [replace(spec, numerics=replace(spec.numerics, device="cuda")) for spec in specs]
    assert measured_loads(resources, absent) == []
