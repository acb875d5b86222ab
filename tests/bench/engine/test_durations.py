"""How long work takes on some workers, by hand."""

import pytest

from bench.engine.durations import duration, makespan


@pytest.mark.parametrize(
    ("waiting", "workers", "running", "seconds"),
    [
        ([], 2, [], 0.0),
        ([10, 10, 10], 2, [], 20.0),  # two rounds, not one and a half
        ([10, 10, 10], 1, [], 30.0),
        ([10, 10, 10], 8, [], 10.0),
        ([5, 5], 2, [3, 9], 13.0),  # the first to be free ends at 3, then 8, then takes the second: 13
        ([1], 3, [4, 2], 4.0),
        ([], 2, [7, 1], 7.0),
    ],
)
def test_workers_take_the_next_run_when_they_are_free(
    waiting: list[float], workers: int, running: list[float], seconds: float
) -> None:
    assert makespan(waiting, workers, running) == seconds


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "1 s"), (40, "40 s"), (89.4, "89 s"), (90, "2 min"), (720, "12 min"), (12_000, "3 h 20 min")],
)
def test_durations_are_short(seconds: float, text: str) -> None:
    assert duration(seconds) == text
