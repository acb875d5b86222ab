"""`bench run` from images to a leaderboard, as a user starts it."""

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pandas as pd
import pytest
from processes import INTERRUPTIBLE, SMALL, Bench, alive, child_processes, predictions, wait_until
from trees import small_disk

from bench.config.toml import read_experiment
from bench.store.planned import read_planned


def test_the_results_folder_is_as_documented(finished: Path, digit_data: Path) -> None:
    names = {path.name for path in finished.iterdir()} - {".lock", ".plan.json", ".digests.json", "tables"}
    assert names == {"experiment.toml", "cases.parquet", "folds.parquet", "runs", "leaderboard.md", "leaderboard.json"}
    cases = pd.read_parquet(finished / "cases.parquet")
    assert list(cases.columns) == ["case_id", "path", "label", "group", "site", "digest", "width", "height"]
    assert cases["case_id"].is_unique
    assert cases["site"].value_counts().to_dict() == {"internal": 90, "external": 30}
    assert len(predictions(finished)) == 4
    folds = pd.read_parquet(finished / "folds.parquet")
    for run in finished.glob("runs/*"):
        spec = json.loads((run / "run.json").read_text())["spec"]
        table = pd.read_parquet(run / "predictions.parquet")
        assert list(table.columns) == ["case_id", "site", "label", "predicted", "p_0", "p_1", "p_4"]
        held_out = folds[(folds["seed"] == spec["seed"]) & (folds["fold"] == spec["fold"])]
        assert set(table.loc[table["site"] == "internal", "case_id"]) == set(held_out["case_id"])
        assert (table["site"] == "external").sum() == 30


def test_the_leaderboard_agrees_with_the_predictions(finished: Path) -> None:
    leaderboard = json.loads((finished / "leaderboard.json").read_text())
    (row,) = leaderboard["rows"]
    tables = [
        pd.read_parquet(run / "predictions.parquet").assign(
            seed=json.loads((run / "run.json").read_text())["spec"]["seed"]
        )
        for run in finished.glob("runs/*")
    ]
    every = pd.concat(tables)
    every["right"] = every["label"] == every["predicted"]
    inside = every[every["site"] == "internal"].groupby("seed")["right"].mean().mean()
    outside = every[every["site"] == "external"].groupby("seed")["right"].mean().mean()
    assert row["internal"]["accuracy"]["value"] == pytest.approx(inside, abs=1e-12)
    assert row["external"]["external"]["accuracy"]["value"] == pytest.approx(outside, abs=1e-12)
    assert row["gap"]["external"]["accuracy"]["value"] == pytest.approx(inside - outside, abs=1e-12)
    for cell in (row["internal"]["macro_f1"], row["gap"]["external"]["accuracy"]):
        assert cell["low"] <= cell["value"] <= cell["high"]
    text = (finished / "leaderboard.md").read_text()
    for expected in ("| Metric", "| Internal", "| Gap", "test_resnet", "never for diagnosis"):
        assert expected in text


def test_a_finished_experiment_trains_nothing(finished: Path, bench: Bench, digit_data: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in finished.glob("runs/**/*")}
    leaderboard = (finished / "leaderboard.json").read_bytes()
    again = bench("run", "--data", digit_data, *SMALL, "--seeds", "2", "--results", finished)
    assert again.returncode == 0, again.stderr
    assert "All 4 runs are stored; nothing to train." in again.stdout
    assert {path: path.stat().st_mtime_ns for path in finished.glob("runs/**/*")} == before
    assert (finished / "leaderboard.json").read_bytes() == leaderboard


def test_caches_that_were_cut_short_are_made_again(
    finished: Path, bench: Bench, digit_data: Path, tmp_path: Path
) -> None:
    def run() -> str:
        options = [*SMALL, "--seeds", "2", "--results", finished]
        done = bench("run", "--data", digit_data, *options, GAPBENCH_CACHE=str(tmp_path))
        assert done.returncode == 0, done.stderr
        return done.stdout

    run()
    (pixels,) = (file for file in (tmp_path / "pixels").glob("*.npy") if ".thumbnails" not in file.name)
    (copies,) = (tmp_path / "pixels").glob("*.copies.json")
    whole = {file: file.read_bytes() for file in (pixels, copies)}
    for file, content in whole.items():
        file.write_bytes(content[: len(content) // 2])
    said = run()
    for file in whole:
        assert re.search(rf"{re.escape(str(file))}\S* is damaged \(.*\): (it is|its images are)", said), said
    assert {file: file.read_bytes() for file in whole} == whole


def test_other_intervals_train_nothing_and_keep_backbones_and_seeds(
    finished: Path, bench: Bench, digit_data: Path, tmp_path: Path
) -> None:
    results = tmp_path / "results"
    subprocess.run(["cp", "-r", finished, results], check=True)
    options = [*SMALL, "--seeds", "1", "--results", results, "--interval", "percentile", "--stratify"]
    again = bench("run", "--data", digit_data, *options)
    assert again.returncode == 0, again.stderr
    assert "All 2 runs are stored; nothing to train." in again.stdout
    leaderboard = json.loads((results / "leaderboard.json").read_text())
    assert (leaderboard["interval"], leaderboard["stratified"]) == ("percentile", True)
    experiment = read_experiment(results / "experiment.toml")
    assert (experiment.interval, experiment.stratify, experiment.seeds) == ("percentile", True, [0, 1])


def test_relative_paths_are_stored_absolute(finished: Path, digit_data: Path) -> None:
    assert read_experiment(finished / "experiment.toml").data == str(digit_data.resolve())


def test_two_workers_give_the_same_bytes_as_one(finished: Path, bench: Bench, tmp_path: Path) -> None:
    """From the written experiment.toml, too: it is re-runnable."""
    again = bench("run", "--config", finished / "experiment.toml", "--workers", "2", "--results", tmp_path / "r")
    assert again.returncode == 0, again.stderr
    assert predictions(tmp_path / "r") == predictions(finished)
    assert read_planned(tmp_path / "r").workers == 2


def test_a_further_backbone_and_seed_are_added(finished: Path, bench: Bench, digit_data: Path, tmp_path: Path) -> None:
    results = tmp_path / "results"
    subprocess.run(["cp", "-r", finished, results], check=True)
    options = ["--backbone", "tf_efficientnet_lite0", *SMALL, "--seeds", "2"]
    added = bench("run", "--data", digit_data, *options, "--results", results)
    assert added.returncode == 0, added.stderr
    assert "4 runs to do (4 of 8 are stored)" in added.stdout
    rows = {row["backbone"]: row for row in json.loads((results / "leaderboard.json").read_text())["rows"]}
    assert rows["test_resnet"]["weights"] == "random"
    assert rows["tf_efficientnet_lite0"]["weights"] == "ImageNet"
    assert all("mixes" in row["stamps"][0] for row in rows.values())
    assert rows["test_resnet"]["runs"] == 4


def test_edited_folds_are_other_runs(finished: Path, bench: Bench, digit_data: Path, tmp_path: Path) -> None:
    """Two cases of one class change places between the folds of seed 0: its two runs are done anew, the others kept."""
    results = tmp_path / "results"
    subprocess.run(["cp", "-r", finished, results], check=True)
    folds = pd.read_parquet(results / "folds.parquet")
    of_class = folds[(folds["seed"] == 0) & folds["case_id"].str.contains("/4/")]
    one, other = (of_class[of_class["fold"] == fold].index[0] for fold in (0, 1))
    folds.loc[[one, other], "fold"] = [1, 0]
    folds.to_parquet(results / "folds.parquet", index=False)
    again = bench("run", "--data", digit_data, *SMALL, "--seeds", "2", "--results", results)
    assert again.returncode == 0, again.stderr
    assert "2 runs to do (2 of 4 are stored)" in again.stdout
    assert pd.read_parquet(results / "folds.parquet").equals(folds)
    new = set(predictions(results)) - set(predictions(finished))
    assert len(new) == 2
    held_out = {
        case
        for name in new
        for case in pd.read_parquet(results / "runs" / name / "predictions.parquet")["case_id"]
        if case.startswith("internal/")
    }
    assert len(held_out) == 90
    (row,) = json.loads((results / "leaderboard.json").read_text())["rows"]
    assert row["runs"] == 4


def test_kill_and_restart_give_the_same_bytes(
    finished: Path, digit_data: Path, tmp_path: Path, bench: Bench, bench_environment: dict[str, str]
) -> None:
    results = tmp_path / "results"
    command = ["run", "--data", str(digit_data), *SMALL, "--seeds", "2", "--workers", "2", "--results", str(results)]
    process = start(command, bench_environment)
    wait_for_runs(process, results, 1)
    children = child_processes(process.pid)
    assert children
    process.kill()
    process.communicate()
    wait_until(lambda: not any(alive(pid) for pid in children), "workers to end with their driver")
    assert 1 <= len(predictions(results)) < 4
    again = bench(*command, "--workers", "1")
    assert again.returncode == 0, again.stderr
    assert predictions(results) == predictions(finished)


@pytest.mark.parametrize(
    ("number", "workers"), [(signal.SIGINT, 2), (signal.SIGTERM, 1)], ids=["Ctrl-C in a pool", "SIGTERM in-process"]
)
def test_an_interrupt_loses_only_the_runs_in_flight(
    digit_data: Path, tmp_path: Path, bench_environment: dict[str, str], number: signal.Signals, workers: int
) -> None:
    results = tmp_path / "results"
    command = ["run", "--data", str(digit_data), *SMALL, "--epochs", "12", "--seeds", "4", "--workers", str(workers)]
    command += ["--results", str(results)]
    process = start(command, bench_environment)
    wait_for_runs(process, results, 1)
    children = child_processes(process.pid)
    stored = predictions(results)
    started = time.monotonic()
    os.killpg(process.pid, number) if number == signal.SIGINT else process.send_signal(number)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert time.monotonic() - started < 5
    assert "goes on from there" in error
    assert "Traceback" not in error
    wait_until(lambda: not any(alive(pid) for pid in children), "workers to end", seconds=5)
    assert stored.items() <= predictions(results).items()
    assert len(list((results / "runs").iterdir())) == len(predictions(results))


def test_the_studys_single_split(bench: Bench, digit_data: Path, tmp_path: Path) -> None:
    results = tmp_path / "r"
    options = ["--image-size", "32", "--epochs", "1", "--holdout", "0.2", "--seeds", "2", "--backbone", "test_resnet"]
    options += ["--workers", "1"]
    done = bench("run", "--data", digit_data, *options, "--results", results)
    assert done.returncode == 0, done.stderr
    (row,) = json.loads((results / "leaderboard.json").read_text())["rows"]
    assert (row["seeds"], row["folds"], row["runs"]) == (2, 1, 2)
    for run in results.glob("runs/*"):
        table = pd.read_parquet(run / "predictions.parquet")
        assert (table["site"] == "internal").sum() == 18


def test_a_disk_that_fills_ends_with_1_and_keeps_what_was_finished(
    bench: Bench, digit_data: Path, tmp_path: Path, finished: Path
) -> None:
    shared = [path for path in finished.iterdir() if path.suffix in (".parquet", ".toml")]
    size = pages(*shared) + 5 * pages(*next(finished.glob("runs/*")).iterdir()) // 2  # room for two and a half runs
    with small_disk(tmp_path, size) as disk:
        done = bench("run", "--data", digit_data, *SMALL, "--seeds", "2", "--results", disk / "r")
        assert done.returncode == 1, done.stdout + done.stderr
        assert "No space left on device" in done.stderr
        assert "Traceback" not in done.stderr
        kept = predictions(disk / "r")
        assert kept
        assert kept.items() < predictions(finished).items()


def pages(*files: Path) -> int:
    """Bytes that files take on a memory disk, which gives out pages of 4,096."""
    return sum(-(-file.stat().st_size // 4096) * 4096 for file in files)


def test_runs_that_fail_are_recorded_and_the_exit_code_says_so(bench: Bench, digit_data: Path, tmp_path: Path) -> None:
    """Weights that are not numbers make the first loss one that is none."""
    import timm
    import torch
    from safetensors.torch import save_file

    state = timm.create_model("test_resnet", num_classes=2).state_dict()
    next(iter(state.values())).fill_(torch.nan)
    save_file(state, tmp_path / "nan.safetensors")
    options = ["--seeds", "1", "--weights", tmp_path / "nan.safetensors", "--workers", "1"]
    done = bench("run", "--data", digit_data, *SMALL, *options, "--results", tmp_path / "r")
    assert done.returncode == 1, done.stderr
    assert "The loss is nan in phase head, epoch 0, step 1" in done.stdout
    records = [json.loads(path.read_text()) for path in tmp_path.glob("r/runs/*.failed/run.json")]
    assert [record["status"] for record in records] == ["failed", "failed"]


def start(command: list[str], environment: dict[str, str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [*INTERRUPTIBLE, *command],
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def wait_for_runs(process: "subprocess.Popen[str]", results: Path, number: int) -> None:
    def enough() -> bool:
        assert process.poll() is None, process.communicate()
        return len(predictions(results)) >= number

    wait_until(enough, f"{number} finished run(s)")
