"""The benchmark of a card, on a machine without one."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).parents[2]


def benchmark(environment: dict[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks.gpu", *options]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a card")
def test_without_a_card_it_says_so_and_ends_with_2(bench_environment: dict[str, str]) -> None:
    done = benchmark(bench_environment)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("Device cuda is not available on this machine (--device). Available: ")
    assert done.stderr.count("\n") == 1


def test_all_of_its_code_runs_on_a_processor(bench_environment: dict[str, str]) -> None:
    """Which shows that nothing is missing, not what a card does."""
    done = benchmark(bench_environment, "--device", "cpu", "--quick", "--rounds", "1")
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    text = done.stdout
    assert re.findall(r"^## (.*)", text, re.MULTILINE) == [
        "`bench nondeterminism --deterministic`: exit code 0",
        "`bench run --workers 1` and `--workers 2`",
        "Steps as CUDA graphs",
        "Training speed, medians of 1 rounds in turns",
        "2 runs of 1 epochs",
    ]
    assert "of 2 files of predictions 2 are the same bytes" in text
    assert "this says nothing of graphs" in text
    assert "- graph and eager: the same bytes" in text
    assert re.search(r"^\| 32 +\| deterministic, eager +\|", text, re.MULTILINE)
    assert re.search(r"TFLOP/s\.$", text, re.MULTILINE)
    assert re.search(r"^\| 32 +\| [0-9.]+ +\| 2 +\|", text, re.MULTILINE)
    assert "Checks that failed: none." in text
