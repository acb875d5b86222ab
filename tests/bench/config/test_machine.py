"""What `--device` and `--workers` may say."""

import pytest

from bench.config.experiment import Experiment
from bench.config.machine import cards_in, checked_device, checked_workers, kind_of


@pytest.mark.parametrize(
    ("given", "kind", "cards"),
    [
        ("auto", "auto", ()),
        ("cpu", "cpu", ()),
        ("cuda", "cuda", ()),
        ("cuda:1", "cuda", ("cuda:1",)),
        ("cuda:1, cuda:0", "cuda", ("cuda:1", "cuda:0")),
    ],
)
def test_a_device_is_a_kind_or_certain_cards(given: str, kind: str, cards: tuple[str, ...]) -> None:
    device = checked_device(given)
    assert (kind_of(device), cards_in(device)) == (kind, cards)


@pytest.mark.parametrize(
    "given", ["tpu", "cuda:", "cuda:x", "cuda:-1", "cuda:01", "cpu:0", "cuda:0,cpu", "cuda:0,cuda:0", "cuda:0,", "", 3]
)
def test_anything_else_is_refused(given: object) -> None:
    with pytest.raises(ValueError, match="must be auto, cpu, cuda, mps, or cards such as cuda:1 or cuda:0,cuda:1, not"):
        checked_device(given)
    with pytest.raises(ValueError, match="must be auto, cpu"):
        Experiment.model_validate({"device": given})


@pytest.mark.parametrize(("given", "workers"), [(None, None), (1, 1), ("8", 8), ("auto", "auto")])
def test_workers_are_a_number_or_found_out(given: object, workers: object) -> None:
    experiment = Experiment.model_validate({"workers": given})
    assert experiment.workers == workers
    assert experiment.wanted_workers == (None if workers == "auto" else workers)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (0, "at least 1, not 0"),
        ("-3", "at least 1, not -3"),
        ("many", "a whole number or auto, not 'many'"),
        (1.5, "a whole number or auto, not '1.5'"),
        (True, "a whole number or auto"),
        ("9" * 5000, "less than 1000000"),
    ],
)
def test_other_workers_are_refused(given: object, message: str) -> None:
    with pytest.raises(ValueError, match=f"must be {message}"):
        checked_workers(given)
