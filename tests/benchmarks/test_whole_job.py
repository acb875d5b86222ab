"""The whole job by all three, tiny: the same images, folds and updates."""

import re
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest
from benchmark_process import benchmark
from PIL import Image

from benchmarks.goals import goals_in
from benchmarks.whole_job import compared, refuse_other_updates
from benchmarks.whole_job_data import Job, Trained, drawn_by_bench

TINY = ("--rounds", 1, "--seeds", 1, "--folds", 2, "--epochs", 1, "--cases", 24, "--external", 6, "--trainings", 1)
SMALL_IMAGES = ("--size", 32, "--side", 64, "--batch", 6, "--backbone", "test_resnet")


def test_all_do_the_same_job() -> None:
    printed = benchmark("whole_job", *TINY, *SMALL_IMAGES)
    peers = ["fastai", "plain"] if find_spec("fastai") else ["plain"]
    for name in ("bench run", *peers):
        (seconds,) = re.findall(rf"^  {name} +([\d.]+) s \(", printed, re.MULTILINE)
        assert float(seconds) > 0
        (trainings,) = re.findall(
            rf"^  {name} +(\d) trainings +internal 0\.\d+ .* external 0\.\d+", printed, re.MULTILINE
        )
        assert trainings == ("2" if name == "bench run" else "1")
    assert len(list(goals_in(printed))) == 2 * len(peers)


def test_the_folds_are_those_of_bench(tmp_path: Path) -> None:
    names = [f"{site}/{label}/{number}.jpg" for site in ("internal", "external") for label in "ab" for number in (1, 2)]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8)).save(tmp_path / name)
    folds = pd.DataFrame({"seed": 3, "case_id": names[:4], "fold": [1, 0, 0, 1]})
    folds.to_parquet(tmp_path / "folds.parquet")
    job = drawn_by_bench(tmp_path, tmp_path, "test_resnet", 32, 1, 2)
    assert [(one.seed, one.fold, one.held_out) for one in job.trainings] == [(3, 0, (1, 2)), (3, 1, (0, 3))]
    assert job.internal == tuple(str(tmp_path / name) for name in names[:4])
    assert (job.classes, len(job.external)) == (["a", "b"], 4)
    job.write(tmp_path / "job.json")
    assert Job.read(tmp_path / "job.json") == job


def test_accuracies_are_compared_training_by_training() -> None:
    ours = [Trained(place, 1, 4, internal, 0) for place, internal in enumerate([0.5, 0.7, 0.9])]
    theirs = [Trained(place, 1, 4, internal, 0) for place, internal in ((2, 0.8), (0, 0.2))]
    middle, low, high = compared(ours, theirs, "internal")
    half = 12.7062 * 0.1  # t of one degree of freedom; 0.1414 / sqrt(2)
    assert (middle, low, high) == pytest.approx((0.2, 0.2 - half, 0.2 + half), abs=1e-4)


def test_other_numbers_of_updates_are_refused() -> None:
    with pytest.raises(SystemExit, match="whole batches"):
        refuse_other_updates([Trained(0, 1, 4, 0, 0)], [Trained(0, 1, 3, 0, 0)], "fastai")
