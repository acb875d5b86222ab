"""`bench status` reads the folder that its benchmark writes."""

from benchmark_process import benchmark

from benchmarks.goals import goals_in


def test_status_of_many_runs_is_timed() -> None:
    (goal,) = goals_in(benchmark("status", "--rounds", 1))
    assert (goal.what, goal.wanted) == ("bench status, 1,000 runs", "at most 2.00 s")
