"""Which cards share the runs; the names of cards are made up here."""

from dataclasses import replace
from pathlib import Path

import pytest
from execution_runs import prepare_runs

from bench.cache import Caches
from bench.config.experiment import Experiment
from bench.engine.cards import cards_for, chosen
from bench.engine.execute import executor_for, workers_for
from bench.errors import RequestError
from bench.execution import setup
from bench.execution.in_process import InProcessExecutor
from bench.execution.pool import PoolExecutor

TWO = {"cuda:0": "A100", "cuda:1": "A100"}
MIXED = {"cuda:0": "A100", "cuda:1": "T4", "cuda:2": "A100"}


@pytest.mark.parametrize(
    ("named", "models", "expected"),
    [
        ((), TWO, ("cuda:0", "cuda:1")),
        ((), MIXED, ("cuda:0", "cuda:2")),
        (("cuda:1",), MIXED, ("cuda:1",)),
        (("cuda:2", "cuda:0"), MIXED, ("cuda:2", "cuda:0")),
        ((), {}, ()),
    ],
)
def test_all_cards_like_the_first_or_those_that_are_named(
    named: tuple[str, ...], models: dict[str, str], expected: tuple[str, ...]
) -> None:
    assert chosen(named, models) == expected


def test_cards_that_are_not_there_or_differ_are_refused() -> None:
    with pytest.raises(RequestError, match=r"cuda:3 is not on this machine \(--device\). There are: cuda:0, cuda:1"):
        chosen(("cuda:0", "cuda:3"), TWO)
    with pytest.raises(RequestError, match=r"cuda:0 is A100, and cuda:1 is T4\. .*name cards of one model"):
        chosen(("cuda:0", "cuda:1"), MIXED)


@pytest.mark.parametrize(
    ("device", "workers", "cards", "expected"),
    [
        ("cuda", None, ("cuda:0", "cuda:1"), 2),
        ("cuda:1", None, ("cuda:1",), 1),
        ("cuda:1", 2, ("cuda:1",), 2),
        ("cuda:0,cuda:1", 1, ("cuda:0", "cuda:1"), 1),
    ],
)
def test_executors_get_one_worker_a_card_or_as_many_as_are_asked_for(
    digit_data: Path,
    caches: Caches,
    monkeypatch: pytest.MonkeyPatch,
    device: str,
    workers: int | None,
    cards: tuple[str, ...],
    expected: int,
) -> None:
    monkeypatch.setattr(setup, "card_models", lambda: TWO)
    specs, resources = prepare_runs(digit_data, caches)
    experiment = Experiment(device=device, workers=workers)
    for_cards = [replace(spec, numerics=replace(spec.numerics, device="cuda")) for spec in specs]
    made = executor_for(experiment, resources, for_cards)
    assert isinstance(made, InProcessExecutor if expected == 1 else PoolExecutor)
    assert made.workers == workers_for(experiment, for_cards) == expected
    assert made._resources.cards == cards
    assert cards_for(experiment, specs) == ()  # which are for the processor
    assert [spec.run_id for spec in for_cards] != [spec.run_id for spec in specs]
