"""What surrounds runs, tiny."""

import pytest
from benchmark_process import benchmark

from benchmarks.around import growth
from benchmarks.goals import goals_in


def test_all_that_surrounds_runs_is_timed() -> None:
    goals = {goal.what: goal for goal in goals_in(benchmark("around", "--rounds", 1, "--seeds", 10))}
    assert set(goals) == {
        "memory of any process over 20 runs, growth",
        "bench --help",
        "a call with 20 runs stored",
        "the leaderboard of 100 runs",
    }
    assert goals["a call with 20 runs stored"].wanted == "at most 3.00 s"


def test_growth_is_that_of_the_process_that_grew_most_once_all_is_loaded() -> None:
    looks = [
        {("worker", 1): 100.0, ("worker", 2): 300.0},
        {("worker", 1): 400.0, ("worker", 2): 400.0, ("command", 3): 1.0},
        {("worker", 1): 380.0, ("worker", 2): 420.0, ("command", 3): 9.0, ("worker", 4): 500.0},
    ]
    assert growth(looks) == pytest.approx(0.05)
    assert growth(looks[:1]) == 0
