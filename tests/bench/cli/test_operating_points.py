"""Events and thresholds on the command line: run, report, page and files, and what is refused before training."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from processes import SMALL, Bench
from sklearn.metrics import recall_score

import bench as gapbench

OPTIONS = [*SMALL, "--seeds", "2", "--epochs", "1", "--weights", "random"]


@pytest.fixture(scope="module")
def results(bench: Bench, digit_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Trained without an event."""
    found = tmp_path_factory.mktemp("points") / "results"
    done = bench("run", "--data", digit_data, *OPTIONS, "--results", found)
    assert done.returncode == 0, done.stderr
    return found


def run_again(bench: Bench, digit_data: Path, results: Path, *options: str) -> str:
    done = bench("run", "--data", digit_data, *OPTIONS, "--results", results, *options)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def classes_of(results: Path) -> list[str]:
    return list(json.loads((results / "leaderboard.json").read_text())["classes"])


def test_an_event_is_added_to_what_is_stored_and_scored_as_by_scikit_learn(
    bench: Bench, digit_data: Path, results: Path
) -> None:
    first, second, *_ = classes_of(results)
    assert "operating_points" not in json.loads((results / "leaderboard.json").read_text())
    options = ["--event", f"low={first},{second}", "--event", first, "--thresholds", "0.4,youden"]
    said = run_again(bench, digit_data, results, *options, "--prevalences", "0.1,0.5")
    assert "nothing to train" in said
    content = json.loads((results / "leaderboard.json").read_text())
    (points,) = content["operating_points"].values()
    assert [(one["event"], one["rule"]) for one in points] == [
        ("low", "0.4"),
        ("low", "youden"),
        (first, "0.4"),
        (first, "youden"),
    ]
    tables = [pd.read_parquet(file) for file in results.glob("runs/*/predictions.parquet")]
    seeds = [json.loads(file.read_text())["spec"]["seed"] for file in results.glob("runs/*/run.json")]
    stored = pd.concat([table.assign(seed=seed) for table, seed in zip(tables, seeds, strict=True)])
    outside = stored[stored["site"] != "internal"]
    (site,) = set(outside["site"])
    event = outside["label"].isin([first, second])
    called = outside[f"p_{first}"].astype(np.float64) + outside[f"p_{second}"].astype(np.float64) >= 0.4
    for name, positive in (("sensitivity", True), ("specificity", False)):
        by_seed = [
            recall_score(event[of], called[of], pos_label=positive)
            for of in (outside["seed"] == seed for seed in set(seeds))
        ]
        assert points[0]["sides"][site][name]["value"] == pytest.approx(np.mean(by_seed))
    assert [*points[0]["sides"][site]["at_prevalence"]] == ["0.1", "0.5"]

    assert bench("report", results).returncode == 0
    page, text = (results / "report.html").read_text(), (results / "leaderboard.md").read_text()
    assert 'id="operating"' in page
    assert "## Operating points" in text
    assert bench("report", results, "--format", "tables").returncode == 0
    table = pd.read_csv(results / "tables" / "operating_points.csv")
    assert [*table["rule"].unique()] == ["0.4", "youden"]
    assert (results / "tables" / "predictive_values.json").is_file()


def test_a_report_prints_other_points_and_keeps_the_folders_own(bench: Bench, results: Path) -> None:
    first = classes_of(results)[0]
    before = (results / "leaderboard.json").read_bytes()
    done = bench("report", results, "--full", "--event", first, "--thresholds", "sensitivity:0.9")
    assert done.returncode == 0, done.stderr
    assert "sensitivity ≥ 0.9" in done.stdout
    assert (results / "leaderboard.json").read_bytes() == before


def test_python_takes_events_as_a_mapping(bench: Bench, digit_data: Path, tmp_path: Path, results: Path) -> None:
    first, second, *_ = classes_of(results)
    run_again(bench, digit_data, results, "--event", first)
    found = gapbench.Results(results).table("operating_points").to_frame()
    assert {"sensitivity_value", "specificity_low", "threshold"} <= {*found.columns}
    experiment = gapbench.Experiment(
        data=digit_data, events={"low": [first, second]}, thresholds=["specificity:0.9"], results=tmp_path / "other"
    )
    assert experiment.settings.events == {"low": [first, second]}
    assert experiment.settings.thresholds == ["specificity:0.9"]


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--event", "clot=thrombus"], "--event (events): the event clot names thrombus, and the classes are"),
        (["--event", "low=1", "--thresholds", "best"], "'best' is no rule for a threshold: sensitivity:SHARE"),
        (["--event", "low=1", "--prevalences", "1.5"], "a prevalence is a share between 0 and 1, such as 0.05,"),
        (["--event", "low=1", "--prevalences", "often"], "--prevalences"),
        (["--event", "low="], "an event needs a name and classes"),
        (["--event", "low=1", "--event", "low=2"], "Two events are called 'low'"),
    ],
)
def test_what_makes_no_operating_point_is_refused_before_training(
    bench: Bench, digit_data: Path, tmp_path: Path, options: list[str], why: str
) -> None:
    found = tmp_path / "results"
    done = bench("run", "--data", digit_data, *OPTIONS, "--results", found, *options)
    assert done.returncode == 2
    assert why in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert not (found / "runs").exists()


def test_a_report_refuses_thresholds_without_an_event(bench: Bench, results: Path, tmp_path: Path) -> None:
    without = tmp_path / "without"
    without.mkdir()
    for name in ("experiment.toml", "cases.parquet", "folds.parquet", "leaderboard.json"):
        (without / name).write_bytes((results / name).read_bytes())
    text = (without / "experiment.toml").read_text()
    start, end = text.find("[events]"), text.find("\n[", text.find("[events]") + 1)
    if start >= 0:  # another test has asked for some
        (without / "experiment.toml").write_text(text[:start] + (text[end + 1 :] if end > 0 else ""))
    done = bench("report", without, "--thresholds", "0.5")
    assert done.returncode == 2
    assert "Add --event NAME=CLASS,CLASS" in " ".join(done.stderr.split())
