"""The engine beside a bare loop, tiny."""

from benchmark_process import benchmark

from benchmarks.goals import goals_in


def test_training_inside_and_outside_is_timed() -> None:
    tiny = ("--rounds", 1, "--size", 32, "--cases", 72, "--external", 6, "--epochs", 1, "--backbone", "test_resnet")
    printed = benchmark("engine", *tiny)
    assert "two bare loops:" in printed
    share, outside = goals_in(printed)
    assert share.wanted == "at least 0.95 times"
    assert outside.wanted == "at most 8.0 s"
    assert float(outside.found.split()[0]) > 0
