"""`bench screen` and `bench nondeterminism` through submitit, whose jobs are done in the command itself here."""

from importlib.util import find_spec
from pathlib import Path

import pytest
from processes import Bench
from trees import missing

QUICK = ("--image-size", "16", "--folds", "2", "--weights", "random", "--precision", "fp32")
BACKBONE = {"screen": "--backbones", "nondeterminism": "--backbone"}
OF_THE_COMMAND = {
    "screen": ("--seeds", "1"),
    "nondeterminism": ("--repeats", "2", "--vary", "none,init", "--epochs", "1", "--batch-size", "16"),
}
RUNS = {"screen": 2, "nondeterminism": 8}  # two folds; of two repeats, of the control and of the seed of initialisation


@pytest.fixture(autouse=True)
def submitit() -> None:
    if find_spec("submitit") is None:
        missing("submitit is not installed (pip install 'gapbench[slurm]')")


def all_predictions(results: Path) -> dict[str, bytes]:
    return {str(path.relative_to(results)): path.read_bytes() for path in results.rglob("predictions.parquet")}


@pytest.mark.parametrize("command", ["screen", "nondeterminism"])
def test_a_study_in_jobs_gives_the_bytes_of_one_here(
    command: str, bench: Bench, digit_data: Path, tmp_path: Path
) -> None:
    arguments = (command, "--data", digit_data, BACKBONE[command], "test_resnet", *QUICK, *OF_THE_COMMAND[command])
    here = bench(*arguments, "--executor", "processes", "--workers", "1", "--results", tmp_path / "here")
    away = bench(*arguments, "--executor", "slurm", "--slurm", "cluster=debug", "--results", tmp_path / "away")
    assert (here.returncode, away.returncode) == (0, 0), here.stderr + away.stderr
    assert "job(s)" in away.stderr
    assert len(all_predictions(tmp_path / "here")) == RUNS[command]
    assert all_predictions(tmp_path / "away") == all_predictions(tmp_path / "here")
