"""Results before and after, tiny; the two one-sided tests beside those of statsmodels."""

import numpy as np
import pytest
from benchmark_process import benchmark
from statsmodels.stats.weightstats import ttost_paired

from backbones.convolutions.processor import instruction_set
from benchmarks.equivalence import equivalence
from benchmarks.goals import goals_in


def test_an_experiment_is_run_by_torch_and_by_the_rule() -> None:
    """On 32 px the last layers of resnet18 have outputs of a single pixel, which the rule takes."""
    tiny = ("--seeds", 2, "--cases", 40, "--external", 20, "--epochs", 1, "--size", 32, "--backbone", "resnet18")
    printed = benchmark("equivalence", *tiny)
    same = 4 if instruction_set() == "other" else 0
    assert f"{same} of 4 runs have the same bytes" in printed
    assert printed.count("  leaderboard, ") == 2
    assert [goal.what.split(", ")[2] for goal in goals_in(printed)] == ["internal", "external"]


@pytest.mark.parametrize("shift", [0.0, 0.0004, -0.002])
def test_the_two_one_sided_tests_are_those_of_statsmodels(shift: float) -> None:
    rng = np.random.default_rng(3)
    before = rng.normal(0.9, 0.01, 12)
    after = before + rng.normal(shift, 0.0005, 12)
    found = equivalence(after - before, 1e-3)
    p, *_ = ttost_paired(after, before, -1e-3, 1e-3)
    assert found.p == pytest.approx(p)
    assert (found.p < 0.05) == (found.within < 1e-3)


def test_how_many_seeds_would_do() -> None:
    """With a standard deviation of 0.01 about (1.645 × 0.01 / 0.001)² = 271 pairs, a few more for Student's t."""
    differences = np.array([0.01, -0.01] * 5) * np.sqrt(9 / 10)
    assert differences.std(ddof=1) == pytest.approx(0.01)
    found = equivalence(differences, 1e-3)
    assert found.needed == pytest.approx(273, abs=1)
    assert found.p > 0.05


def test_results_that_do_not_differ_at_all_are_equivalent() -> None:
    assert equivalence(np.zeros(3)).p == 0
    assert equivalence(np.full(3, 0.002)).p == 1
