"""`bench screen`: probes in the folder of a run, beside what was trained there."""

import csv
import json
import shutil
from pathlib import Path

import pytest
import timm
from processes import Bench, predictions

from bench.config.experiment import Experiment, FrozenBackbone
from bench.engine import memory
from bench.engine.memory import refuse_too_many
from bench.errors import RequestError

SCREEN = ("--image-size", "32", "--folds", "2", "--seeds", "2", "--workers", "1")


@pytest.fixture(scope="module")
def screened(
    bench: Bench, digit_data: Path, finished: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str]:
    """The finished experiment with two probes of its backbone, and what the first of them printed."""
    results = tmp_path_factory.mktemp("screened") / "results"
    shutil.copytree(finished, results)
    names = results.parent / "names.txt"
    names.write_text("test_resn*\nresnext_of_ours\n")
    first, second = (
        bench("screen", "--data", digit_data, "--backbones", names, "--probe", probe, *SCREEN, "--results", results)
        for probe in ("logistic", "knn")
    )
    assert (first.returncode, second.returncode) == (1, 1), first.stderr + second.stderr  # one name is none
    return results, first.stdout


def test_probes_stand_in_the_leaderboard_beside_what_was_trained(screened: tuple[Path, str], finished: Path) -> None:
    results, printed = screened
    assert "resnext_of_ours is left out. No backbone is called 'resnext_of_ours'." in printed
    assert "4 runs to do (0 of 4 are stored) with 1 worker(s); features of each backbone come first." in printed
    assert "## Screened backbones" in printed
    content = json.loads((results / "leaderboard.json").read_text())
    recipes = {row["recipe"]: row for row in content["rows"]}
    assert set(recipes) == {"logistic probe", "knn probe", "fine-tune, epochs 2, batch size 16"}
    assert {row["runs"] for row in recipes.values()} == {4}
    assert all(set(row["gap"]) == {"external"} for row in recipes.values())
    # the run's own files are untouched
    assert (results / "folds.parquet").read_bytes() == (finished / "folds.parquet").read_bytes()
    assert set(predictions(finished)) < set(predictions(results))
    assert 'probe = "' not in (results / "experiment.toml").read_text()


def test_a_probe_and_what_was_trained_are_compared_by_the_leaderboard(bench: Bench, screened: tuple[Path, str]) -> None:
    results, _ = screened
    content = json.loads((results / "leaderboard.json").read_text())
    (one,) = (
        one
        for one in content["comparisons"]
        if one["endpoint"] == "internal.macro_f1"
        and {"fine-tune" in one[side] for side in "ab"} == {True, False}
        and "logistic" in one["a"] + one["b"]
    )
    sign = 1 if "fine-tune" in one["a"] else -1
    done = bench("report", results, "--format", "csv")
    assert done.returncode == 0, done.stderr
    with (results / "tables" / "screen_probe_or_not.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["trained"] for row in rows} == {"fine-tune, epochs 2, batch size 16"}
    (found,) = (row for row in rows if (row["probe"], row["metric"]) == ("logistic probe", "macro_f1"))
    assert float(found["difference_value"]) == pytest.approx(sign * one["difference"]["value"], abs=1e-6)


def test_the_page_draws_the_front(bench: Bench, screened: tuple[Path, str]) -> None:
    results, _ = screened
    done = bench("report", results, "--format", "html")
    assert done.returncode == 0, done.stderr
    page = (results / "report.html").read_text(encoding="utf-8")
    assert 'id="screen"' in page
    assert "Screened backbones" in page
    assert {"screen-speed.svg", "screen-size.svg"} <= {path.name for path in (results / "figures").iterdir()}


def test_what_is_stored_is_not_done_again(bench: Bench, digit_data: Path, screened: tuple[Path, str]) -> None:
    results, _ = screened
    before = predictions(results)
    again = bench("screen", "--data", digit_data, "--backbones", "test_resnet", *SCREEN, "--results", results)
    assert again.returncode == 0, again.stderr
    assert "All 4 runs are stored; nothing to train." in again.stdout
    assert predictions(results) == before
    assert "Backbones that could not be screened" in again.stdout  # the earlier call's
    verified = bench("verify", results)
    assert verified.returncode == 0, verified.stdout


def test_a_probe_is_a_recipe_of_bench_run(
    bench: Bench, digit_data: Path, screened: tuple[Path, str], tmp_path: Path
) -> None:
    of_run = ("--backbone", "test_resnet", "--recipe", "logistic-probe", *SCREEN)
    results = tmp_path / "run"
    done = bench("run", "--data", digit_data, *of_run, "--results", results)
    assert done.returncode == 0, done.stderr
    assert predictions(results).items() < predictions(screened[0]).items()
    kept = bench("run", "--data", digit_data, *of_run, "--save-models", "--results", results)
    assert kept.returncode == 2
    assert "a probe leaves no model to save" in kept.stderr
    explained = bench("explain", results)
    assert explained.returncode == 2
    assert "its runs are imported or probes" in explained.stderr
    for command in ("search", "nondeterminism"):
        refused = bench(command, "--data", digit_data, "--recipe", "knn-probe", "--results", tmp_path / "other")
        assert refused.returncode == 2
        assert f"bench {command} trains networks, and the recipe (knn probe) trains none" in refused.stderr


def test_where_no_backbone_can_be_had_nothing_is_written(bench: Bench, digit_data: Path, tmp_path: Path) -> None:
    names = ("--backbones", "no_such_net", "--backbones", "test_vit")
    done = bench(
        "screen", "--data", digit_data, *names, "--weights", "imagenet", "--results", tmp_path / "r", HF_HUB_OFFLINE="1"
    )
    assert done.returncode == 2
    assert "test_vit is left out. ImageNet weights of test_vit cannot be had" in done.stdout
    assert "None of the 2 backbones can be had" in done.stderr
    assert not (tmp_path / "r").exists()


def test_a_model_of_a_folder_is_screened_as_any_other(bench: Bench, digit_data: Path, tmp_path: Path) -> None:
    timm.models.save_for_hf(timm.create_model("test_resnet", num_classes=4), tmp_path / "net", safe_serialization=True)
    offline = {"HF_HUB_OFFLINE": "1"}
    names = ("--backbones", f"local-dir:{tmp_path}/net", "--backbones", "hf-hub:ours/net")
    done = bench("screen", "--data", digit_data, *names, *SCREEN, "--results", tmp_path / "r", **offline)
    assert done.returncode == 1, done.stderr
    assert "hf-hub:ours/net is left out." in done.stdout
    (row,) = json.loads((tmp_path / "r" / "leaderboard.json").read_text())["rows"]
    assert (row["weights"], row["recipe"], row["runs"]) == ("its own", "logistic probe", 4)
    again = bench("run", "--config", tmp_path / "r" / "experiment.toml", "--results", tmp_path / "r", **offline)
    assert "All 4 runs are stored" in again.stdout, again.stderr


def test_more_workers_than_memory_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    large = FrozenBackbone(weights="random", weights_digest="", precision="fp32", device="cpu", parameters=300_000_000)
    experiment = Experiment(backbone=["a"], frozen={"a": large})
    monkeypatch.setattr(memory, "available", lambda: 16e9)
    refuse_too_many(6, experiment)
    with pytest.raises(RequestError, match=r"7 workers need at least 18.2 GB .* at most --workers 6"):
        refuse_too_many(7, experiment)
    monkeypatch.setattr(memory, "available", lambda: None)
    refuse_too_many(10_000, experiment)


def test_free_memory_is_what_the_system_says() -> None:
    found = memory.available()
    assert found is None or 1e6 < found < 1e15
