"""The first call: a folder, nothing at all, the demo."""

import json
from pathlib import Path

import pytest
from processes import SMALL, Bench

from bench.cli.demo_command import DEMO
from bench.config.request import experiment_from
from bench.config.toml import read_experiment

ONE_RUN = (*SMALL, "--seeds", "1", "--epochs", "1", "--weights", "random")


def test_a_folder_of_sites_is_the_same_as_data(bench: Bench, digit_data: Path, tmp_path: Path) -> None:
    done = bench("run", digit_data, *ONE_RUN, "--results", tmp_path / "r")
    assert done.returncode == 0, done.stderr
    assert read_experiment(tmp_path / "r/experiment.toml").data == str(digit_data.resolve())
    again = bench("run", "--data", digit_data, *ONE_RUN, "--results", tmp_path / "r")
    assert "nothing to train" in again.stdout
    assert "report.html" in again.stdout
    assert "Next: bench " in again.stdout.splitlines()[-1] + again.stdout.splitlines()[-2]


def test_a_tree_of_classes_is_the_same_as_internal_and_a_site_beside_it_is_named(
    bench: Bench, digit_data: Path, tmp_path: Path
) -> None:
    inside = digit_data / "internal"
    done = bench("run", inside, *ONE_RUN, "--results", tmp_path / "r")
    assert done.returncode == 0, done.stderr
    assert read_experiment(tmp_path / "r/experiment.toml").internal == str(inside.resolve())
    assert f"Note: {digit_data / 'external'} lies beside {inside} and is not used." in done.stdout
    assert f"To see what is lost there: bench run {digit_data}\n" in done.stdout
    assert list(json.loads((tmp_path / "r/leaderboard.json").read_text())["rows"][0]["external"]) == []


def test_with_another_site_it_is_the_internal_one(bench: Bench, digit_data: Path, tmp_path: Path) -> None:
    given = (digit_data / "internal", "--external", f"bern={digit_data / 'external'}")
    done = bench("run", *given, *ONE_RUN, "--results", tmp_path / "r")
    assert done.returncode == 0, done.stderr
    assert list(read_experiment(tmp_path / "r/experiment.toml").external) == ["bern"]


@pytest.mark.parametrize("option", ["--data", "--internal"])
def test_twice_is_refused(bench: Bench, digit_data: Path, option: str) -> None:
    done = bench("run", digit_data, option, digit_data)
    assert done.returncode == 2
    assert f"{digit_data} and {option} both say where the images are" in done.stderr


def test_run_alone_says_what_it_needs(bench: Bench) -> None:
    done = bench("run")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: bench run needs images, or an option.")
    for line in ("bench run DIR", "bench demo", "bench run --help"):
        assert line in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_demo_is_a_run_on_the_phantom(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of its options only: that it trains is what every other test of `bench run` shows."""
    experiment = experiment_from({**DEMO, "results": str(tmp_path)})
    assert experiment.uses_phantom
    assert len(experiment.backbone) == 2
    assert len(experiment.seeds) * experiment.drawn_folds * len(experiment.backbone) <= 20
    (tmp_path / "file").touch()
    refused = bench("demo", "--results", tmp_path / "file")
    assert refused.returncode == 2
    assert "The demo: the phantom, synthetic head-CT slices" in refused.stdout
    assert "The same by hand: bench run --backbone resnet18 --backbone tf_efficientnet_lite0 --seeds" in refused.stdout
