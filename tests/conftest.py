"""Real images in small trees, a cache folder of the test session's own, and `bench` as a process."""

import os
import subprocess
from pathlib import Path

# As many processes test at once as there are cores: with more threads each they would wait for one another, spinning.
# Libraries read this when they are first imported, so it comes before them.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

import pytest
from processes import SMALL, Bench
from trees import write_digit_tree
from warm import warm_bench

from bench.cache import Caches


@pytest.fixture(scope="session")
def cache_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder for the whole session, never the user's."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def caches(tmp_path: Path) -> Caches:
    """Empty caches."""
    return Caches(tmp_path / "cache")


@pytest.fixture(scope="session")
def digit_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """internal/ and external/ with three classes of real digits: 30 and 10 a class."""
    root = tmp_path_factory.mktemp("digits")
    write_digit_tree(root / "internal", [0, 1, 4], 30)
    write_digit_tree(root / "external", [0, 1, 4], 10, first=100, size=12)
    return root


@pytest.fixture(scope="session")
def bench_environment(cache_root: Path) -> dict[str, str]:
    """The environment in which `bench` processes run."""
    return {**os.environ, "GAPBENCH_CACHE": str(cache_root), "COLUMNS": "200", "NO_COLOR": "1"}


@pytest.fixture(scope="session")
def bench(bench_environment: dict[str, str]) -> Bench:
    """Run `bench` with arguments to its end, in a process of its own."""

    def call(*arguments: str | Path, **environment: str) -> "subprocess.CompletedProcess[str]":
        return warm_bench(arguments, {**bench_environment, **environment})

    return call


@pytest.fixture(scope="session")
def finished(bench: Bench, digit_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished experiment: test_resnet, 2 seeds × 2 folds."""
    results = tmp_path_factory.mktemp("finished") / "results"
    relative = os.path.relpath(digit_data)
    done = bench("run", "--data", relative, *SMALL, "--seeds", "2", "--results", results)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout[done.stdout.index("Research use only") :].splitlines()) <= 40
    assert "4 runs to do (0 of 4 are stored), about" in done.stdout
    assert "test_resnet starts from random weights" in done.stdout
    return results
