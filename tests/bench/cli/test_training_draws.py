"""`bench run --training-draws`: what it trains, what it adds to a folder, and what it refuses."""

import json
from pathlib import Path

import pytest
from processes import Bench

from bench import Experiment
from bench.errors import RequestError

OPTIONS = ("--backbone", "test_resnet", "--weights", "random", "--folds", "2", "--epochs", "1", "--image-size", "32")


def test_draws_are_added_to_a_folder_and_more_of_them_later(bench: Bench, digit_data: Path, tmp_path: Path) -> None:
    results = tmp_path / "results"

    def run(*more: str) -> str:
        done = bench("run", "--data", digit_data, *OPTIONS, "--seeds", "1", "--results", results, *more)
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    run()
    before = json.loads((results / "leaderboard.json").read_text())
    assert "4 runs to do (2 of 6 are stored)" in run("--training-draws", "2")
    assert "2 runs to do (6 of 8 are stored)" in run("--training-draws", "3")
    content = json.loads((results / "leaderboard.json").read_text())
    assert content["rows"][0]["internal"] == before["rows"][0]["internal"]
    assert content["training_populations"]["test_resnet"]["draws"] == {"0": 3}
    assert "All 2 runs are stored; nothing to train." in run()
    # What is stored is reported, whatever the last call asked for.
    assert "## Training populations" in (results / "leaderboard.md").read_text()
    assert "training_draws = 3" in (results / "experiment.toml").read_text()
    status = json.loads(bench("status", results, "--json").stdout)["runs"]
    assert (status["planned"], status["done"], status["draws"]) == (8, 8, 6)
    assert bench("verify", results, "--retrain", "1").returncode == 0


def test_adapted_rows_have_draws_of_their_own(bench: Bench, digit_data: Path, tmp_path: Path) -> None:
    results = tmp_path / "results"
    asked = ("--seeds", "2", "--training-draws", "2", "--adapt", "none", "--adapt", "adabn", "--results", results)
    done = bench("run", "--data", digit_data, *OPTIONS, *asked)
    assert done.returncode == 0, done.stderr
    content = json.loads((results / "leaderboard.json").read_text())
    plain, adapted = sorted((row["name"] for row in content["rows"]), key=lambda name: "adabn" in name)
    assert content["adaptation"][adapted]["baseline"] == plain
    populations = content["training_populations"]
    assert [populations[name]["draws"] for name in (plain, adapted)] == [{"0": 2, "1": 2}] * 2
    assert populations[plain]["internal"] == populations[adapted]["internal"]  # adaptation is of external sites
    assert populations[plain]["external"] != populations[adapted]["external"]


def test_one_draw_is_refused_with_what_to_give(bench: Bench, digit_data: Path, tmp_path: Path) -> None:
    done = bench("run", "--data", digit_data, *OPTIONS, "--training-draws", "1", "--results", tmp_path / "results")
    assert done.returncode == 2
    assert "--training-draws: one draw has nothing to differ from: give 2 or more, or 0 for none" in done.stderr
    with pytest.raises(RequestError, match="one draw has nothing to differ from"):
        Experiment(training_draws=1)
