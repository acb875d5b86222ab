"""Runs in MLflow, TensorBoard and Weights & Biases, each read back by its own package."""

import json
import math
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pandas as pd
import pytest
from processes import BENCH, SMALL, Bench, alive, child_processes, predictions, wait_until, words
from resealed import reseal
from trees import missing
from wandb_files import OfflineRun, offline_runs

import bench as package
from bench.errors import RequestError
from bench.trackers import TRACKERS
from bench.tracking import conduct

ALL = [part for name in TRACKERS for part in ("--track", name)]
HOOK = Path(__file__).parents[2] / "no_sockets"
BY_HAND = ("MLFLOW_TRACKING_URI", "WANDB_API_KEY", "WANDB_MODE", "WANDB_BASE_URL")


@pytest.fixture(autouse=True, scope="module")
def _installed() -> None:
    assert not [name for name in BY_HAND if name in os.environ]
    if absent := [name for name in TRACKERS if find_spec(name) is None]:
        missing(f"{', '.join(absent)} is not installed (pip install 'gapbench[mlflow,tensorboard,wandb]')")


@pytest.fixture(scope="module")
def tracked(bench: Bench, digit_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The experiment of `finished`, one seed after the other, with all trackers."""
    results = tmp_path_factory.mktemp("tracked") / "results"
    for seeds in ("1", "2"):
        done = bench("run", "--data", digit_data, *SMALL, "--seeds", seeds, "--results", results, *ALL)
        assert done.returncode == 0, done.stderr
        assert "Warning: MLflow" not in done.stdout
        for said in ("MLflow: runs are logged into sqlite", "TensorBoard: runs are logged into", "; nothing is sent."):
            assert said in done.stdout
    return results


@pytest.fixture(scope="module")
def content(tracked: Path) -> dict[str, Any]:
    """leaderboard.json."""
    found: dict[str, Any] = json.loads((tracked / "leaderboard.json").read_text())
    return found


def records(results: Path) -> dict[str, dict[str, Any]]:
    """run.json of each run."""
    return {path.parent.name: json.loads(path.read_text()) for path in results.glob("runs/*/run.json")}


def macro_f1(content: dict[str, Any]) -> dict[str, float]:
    """What the summary must say of it."""
    (row,) = content["rows"]
    places = {"internal": row["internal"], "external external": row["external"]["external"]}
    places["gap external"] = row["gap"]["external"]
    return {
        f"test_resnet/{place}/macro_f1{ending}": cells["macro_f1"][part]
        for place, cells in places.items()
        for part, ending in (("value", ""), ("low", "_low"), ("high", "_high"))
    } | {"test_resnet/noise_floor/macro_f1": content["noise_floor"]["test_resnet"]["macro_f1"]["floor_s"]}


def mlflow_of(address: str) -> tuple[Any, Any, dict[str, Any]]:
    """The client, the parent, and the finished children by the ids of their runs."""
    from mlflow import MlflowClient

    client = MlflowClient(address)
    experiment = client.get_experiment_by_name("gapbench")
    assert experiment is not None
    found = client.search_runs([experiment.experiment_id])
    (parent,) = [run for run in found if "gapbench.run" not in run.data.tags]
    children = {run.data.tags["gapbench.run"]: run for run in found if run is not parent}
    assert len(children) == len(found) - 1
    assert {run.data.tags["mlflow.parentRunId"] for run in children.values()} == {parent.info.run_id}
    assert {run.info.status for run in found} == {"FINISHED"}
    return client, parent, children


def local(results: Path) -> str:
    return f"sqlite:///{results}/tracking/mlflow/mlflow.db"


def test_results_are_the_same_with_trackers_and_without(tracked: Path, finished: Path) -> None:
    assert predictions(tracked) == predictions(finished)
    boards = [json.loads((root / "leaderboard.json").read_text()) for root in (tracked, finished)]
    for board in boards:
        for row in board["rows"]:
            del row["seconds_per_run"]
    assert boards[0] == boards[1]


def test_mlflow_has_a_run_for_each_model_below_a_parent(tracked: Path, content: dict[str, Any]) -> None:
    client, parent, children = mlflow_of(local(tracked))
    stored = records(tracked)
    assert set(children) == set(stored)
    for name, run in children.items():
        spec, history = stored[name]["spec"], pd.read_parquet(tracked / "runs" / name / "history.parquet")
        params = run.data.params
        assert (params["backbone"], params["seed"], params["fold"]) == (
            "test_resnet",
            str(spec["seed"]),
            str(spec["fold"]),
        )
        assert (params["recipe"], params["recipe.epochs"]) == ("fine-tune, epochs 2, batch size 16", "2")
        losses = client.get_metric_history(run.info.run_id, "train_loss")
        assert {one.step: one.value for one in losses} == dict(
            zip(history["epoch"], history["train_loss"], strict=True)
        )
        for site, scores in stored[name]["metrics"].items():
            assert run.data.metrics[f"final/{site}/macro_f1"] == scores["macro_f1"]
    for name, value in macro_f1(content).items():
        assert parent.data.metrics[name] == pytest.approx(value, abs=1e-12), name
    files = {file.path for file in client.list_artifacts(parent.info.run_id)}
    assert {"leaderboard.md", "leaderboard.json", "report.html", "tables"} <= files
    tables = {file.path for file in client.list_artifacts(parent.info.run_id, "tables")}
    assert {"tables/leaderboard.csv", "tables/metrics.csv", "tables/classes.csv"} <= tables


def test_tensorboard_reads_a_folder_for_each_model_and_the_summary(tracked: Path, content: dict[str, Any]) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

    root = tracked / "tracking/tensorboard"
    stored = records(tracked)
    found = {path.name.rpartition(".")[2]: path.parent for path in root.glob("*/events.out.tfevents.*")}
    assert set(found) == set(stored)
    assert len(set(found.values())) == len(stored)
    for name, folder in found.items():
        events = EventAccumulator(str(folder)).Reload()
        history = pd.read_parquet(tracked / "runs" / name / "history.parquet")
        losses = {one.step: one.value for one in events.Scalars("train_loss")}
        assert losses == pytest.approx(dict(zip(history["epoch"], history["train_loss"], strict=True)), rel=1e-6)
        (final,) = events.Scalars("final/external/accuracy")
        assert final.value == pytest.approx(stored[name]["metrics"]["external"]["accuracy"], rel=1e-6)
        settings = HParamsPluginData.FromString(events.PluginTagToContent("hparams")["_hparams_/session_start_info"])
        assert settings.session_start_info.hparams["seed"].number_value == stored[name]["spec"]["seed"]
        assert settings.session_start_info.hparams["backbone"].string_value == "test_resnet"
    whole = EventAccumulator(str(root)).Reload()
    for name, value in macro_f1(content).items():
        (one,) = whole.Scalars(name)
        assert one.value == pytest.approx(value, rel=1e-6, abs=1e-7), name
    (board,) = whole.Tensors("leaderboard")
    assert b"| test_resnet" in board.tensor_proto.string_val[0]


def test_wandb_keeps_a_run_for_each_model_in_a_group(tracked: Path, content: dict[str, Any]) -> None:
    runs = offline_runs(tracked / "tracking/wandb")
    group = (tracked / "tracking/group.txt").read_text().strip()
    assert {(run.run.run_group, run.run.project) for run in runs} == {(group, "gapbench")}
    assert {run.exit_code for run in runs} == {0}
    (whole,) = [run for run in runs if run.run.job_type == "summary"]
    models = {run.run.run_id.removeprefix(f"{group}-"): run for run in runs if run is not whole}
    stored = records(tracked)
    assert set(models) == set(stored)
    for name, run in models.items():
        _matches(run, stored[name], pd.read_parquet(tracked / "runs" / name / "history.parquet"))
    for name, value in macro_f1(content).items():
        assert whole.summary[name] == pytest.approx(value, abs=1e-12), name
    assert {"leaderboard.md", "report.html", "tables/leaderboard.csv"} <= set(whole.files)


def _matches(run: OfflineRun, record: dict[str, Any], history: pd.DataFrame) -> None:
    assert (run.settings["seed"], run.settings["fold"]) == (record["spec"]["seed"], record["spec"]["fold"])
    assert [step["train_loss"] for step in run.steps if "train_loss" in step] == history["train_loss"].tolist()
    assert run.summary["final/internal/macro_f1"] == record["metrics"]["internal"]["macro_f1"]


def test_no_case_and_no_path_of_the_data_is_told(tracked: Path, digit_data: Path) -> None:
    told = words(tracked / "tracking")
    assert "final/internal/macro_f1" in told
    for case in pd.read_parquet(tracked / "cases.parquet")["case_id"]:
        assert case not in told, case
        assert Path(case).name not in told, case
    assert str(digit_data) not in told


def test_where_a_backbone_lies_is_not_told(
    finished: Path, tmp_path: Path, cache_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GAPBENCH_CACHE", str(cache_root))
    results = shutil.copytree(finished, tmp_path / "results")
    for run in results.glob("runs/*"):
        spec = json.loads((run / "run.json").read_text())["spec"]
        reseal(run, spec={**spec, "backbone": "local-dir:/private/place/mine"})
    package.Results(results).track("tensorboard", quiet=True)
    told = words(results / "tracking")
    assert "local-dir_mine/internal/macro_f1_low" in told
    assert "place" not in told


def test_nothing_is_logged_twice(tracked: Path, bench: Bench, digit_data: Path, tmp_path: Path) -> None:
    results = shutil.copytree(tracked, tmp_path / "results")
    shutil.rmtree(results / "tracking/mlflow")  # which knows the path of its artifacts
    for _ in range(2):
        assert bench("report", results, *ALL).returncode == 0
    again = bench("run", "--data", digit_data, *SMALL, "--seeds", "2", "--results", results, *ALL)
    assert "nothing to train" in again.stdout
    assert len(mlflow_of(local(results))[2]) == 4
    assert len(list((results / "tracking/tensorboard").glob("*/events.*"))) == 4
    assert len(list((results / "tracking/tensorboard").glob("events.*"))) == 1
    assert len(offline_runs(results / "tracking/wandb")) == 5


def test_what_a_killed_call_left_out_is_logged_by_the_next(
    bench: Bench, bench_environment: dict[str, str], digit_data: Path, tmp_path: Path
) -> None:
    results = tmp_path / "results"
    command = ["run", "--data", str(digit_data), *SMALL, "--seeds", "4", "--results", str(results), *ALL]
    process = subprocess.Popen(
        [*BENCH, *command], env=bench_environment, stdout=subprocess.DEVNULL, start_new_session=True
    )
    wait_until(lambda: len(predictions(results)) >= 2, "two stored runs")
    below = child_processes(process.pid)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    wait_until(lambda: not any(map(alive, below)), "the end of the command's own process")
    done = bench(*command)
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stdout.replace("Warning: test_resnet starts", "")
    names = set(records(results))
    assert len(names) == 8
    assert set(mlflow_of(local(results))[2]) == names
    found = [path.name.rpartition(".")[2] for path in (results / "tracking/tensorboard").glob("*/events.*")]
    assert sorted(found) == sorted(names)
    models = [run.run.run_id[-20:] for run in offline_runs(results / "tracking/wandb") if run.run.job_type == "model"]
    assert sorted(models) == sorted(names)


@contextmanager
def mlflow_server(folder: Path) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """A real server on 127.0.0.1, with its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += [
        "--backend-store-uri",
        f"sqlite:///{folder}/server.db",
        "--artifacts-destination",
        str(folder / "files"),
    ]
    environment = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"}
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(
            command, env=environment, cwd=folder, stdout=said, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        wait_until(lambda: process.poll() is not None or _answers(address), f"MLflow's server ({folder}/said)")
        yield address, process
    finally:
        _stop(process)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)


def _answers(address: str) -> bool:
    try:
        with urlopen(f"{address}/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_an_mlflow_server_is_logged_to_and_may_go_away(
    finished: Path, bench: Bench, digit_data: Path, tmp_path: Path
) -> None:
    results = shutil.copytree(finished, tmp_path / "results")
    with mlflow_server(tmp_path) as (address, process):
        done = bench("report", results, "--track", "mlflow", MLFLOW_TRACKING_URI=address)
        assert done.returncode == 0, done.stderr
        assert f"MLflow: runs are logged to {address}, which MLFLOW_TRACKING_URI names" in done.stderr
        client, parent, children = mlflow_of(address)
        assert set(children) == set(records(results))
        board = Path(client.download_artifacts(parent.info.run_id, "leaderboard.md", str(tmp_path)))
        assert "| test_resnet" in board.read_text()
        _stop(process)
        more = ["run", "--data", digit_data, *SMALL, "--seeds", "3", "--results", results]
        gone = bench(*more, "--track", "mlflow", MLFLOW_TRACKING_URI=address)
    assert gone.returncode == 0, gone.stderr
    assert len(predictions(results)) == 6
    assert gone.stdout.count("Warning: MLflow fails (") == 1
    assert f"Later: bench report {results} --track mlflow" in " ".join(gone.stdout.split())
    assert not (results / "tracking/mlflow").exists()


def test_a_tracker_that_fails_changes_no_result(finished: Path, bench: Bench, digit_data: Path, tmp_path: Path) -> None:
    results = tmp_path / "results"
    results.mkdir()
    (results / "tracking").write_text("no folder")
    done = bench("run", "--data", digit_data, *SMALL, "--seeds", "2", "--results", results, *ALL)
    assert done.returncode == 0, done.stderr
    assert predictions(results) == predictions(finished)
    for title in ("MLflow", "TensorBoard", "Weights & Biases"):
        assert done.stdout.count(f"Warning: {title} fails (") == 1


def test_wandb_is_asked_only_where_a_key_is_set(finished: Path, bench: Bench, tmp_path: Path) -> None:
    results = shutil.copytree(finished, tmp_path / "results")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"  # where nobody answers
    done = bench("report", results, "--track", "wandb", WANDB_API_KEY="0" * 40, WANDB_BASE_URL=address)
    assert done.returncode == 0, done.stderr
    assert f"Weights & Biases: runs are logged to {address} (mode online)" in done.stderr
    assert done.stderr.count("Warning: Weights & Biases fails (") == 1
    assert bench("report", results, "--track", "wandb").returncode == 0
    models = [run for run in offline_runs(results / "tracking/wandb") if run.run.job_type == "model"]
    assert len(models) == 4


def test_mlflow_and_tensorboard_connect_to_nobody(finished: Path, bench: Bench, tmp_path: Path) -> None:
    results, seen = shutil.copytree(finished, tmp_path / "results"), tmp_path / "seen.txt"
    paths = os.pathsep.join(filter(None, [str(HOOK), os.environ.get("PYTHONPATH")]))
    given = ["report", results, "--track", "mlflow", "--track", "tensorboard"]
    done = bench(*given, PYTHONPATH=paths, SOCKETS_SEEN=str(seen))
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    tries = {line for line in seen.read_text("utf-8").splitlines() if not line.startswith("process ")}
    assert tries <= {"socket.__new__ 10 1 0"}  # urllib3 looks whether the machine has IPv6, by a socket of its own


def test_numbers_that_are_not_known_are_left_out(tracked: Path) -> None:
    *_, children = mlflow_of(local(tracked))
    for run in children.values():
        assert all(map(math.isfinite, run.data.metrics.values()))


def test_a_missing_package_and_an_unknown_tracker_are_refused_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(RequestError, match="track: must be among mlflow, tensorboard, wandb, not 'neptune'"):
        package.Experiment(track="neptune")
    monkeypatch.setattr(conduct, "find_spec", lambda name: None)
    with pytest.raises(RequestError, match=r"--track wandb needs the package wandb: pip install 'gapbench\[wandb\]'"):
        package.Experiment(internal=tmp_path, track="wandb", results=tmp_path / "r").run(quiet=True)
    assert not (tmp_path / "r").exists()
