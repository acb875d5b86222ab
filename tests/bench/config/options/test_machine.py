"""What `--workers` may say."""

import pytest

from bench.config.experiment import Experiment
from bench.config.options.machine import checked_workers


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
