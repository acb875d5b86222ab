"""Frozen stages beside everything, tiny."""

import pytest
from benchmark_process import benchmark

from benchmarks.convolutions import precisions
from benchmarks.frozen_stages import PHASES, Run, tail_share
from benchmarks.goals import goals_in


def test_steps_and_runs_of_both_ways_are_timed() -> None:
    tiny = ("--rounds", 1, "--cases", 30, "--external", 6, "--epochs", 1, "--size", 32, "--batch", 8)
    printed = benchmark("frozen_stages", *tiny, "--backbone", "resnet18")
    goals = list(goals_in(printed))
    assert len(goals) == 2 * len(precisions())
    assert printed.count("a step has forward") == printed.count("a run has features") == 2 * len(precisions())
    assert all(float(goal.found.split()[0]) > 0 for goal in goals)


def test_features_count_whole_shared_or_not() -> None:
    run = Run({**dict.fromkeys(PHASES, 0.0), "features": 5.0, "train": 3.0, "total": 8.0})
    assert (run.alone, run.shared, run.cached) == (8.0, 3.5, 3.0)


def test_the_operations_behind_frozen_stages_are_those_of_the_last_one() -> None:
    """resnet18 at 64 px: the last stage has three convolutions of 512 channels, one from 256, and a shortcut."""
    last = 4 * 9 * (256 * 512 + 3 * 512 * 512) + 4 * 256 * 512
    stem = 32 * 32 * 49 * 3 * 64
    first = 4 * 16 * 16 * 9 * 64 * 64
    second = 8 * 8 * (9 * (64 * 128 + 3 * 128 * 128) + 64 * 128)
    third = 4 * 4 * (9 * (128 * 256 + 3 * 256 * 256) + 128 * 256)
    classifier = 512 * 6
    whole = stem + first + second + third + last + classifier
    assert tail_share("resnet18", 64) == pytest.approx((last + classifier) / whole)
