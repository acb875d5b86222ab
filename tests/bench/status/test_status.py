"""`bench status` on folders that are finished, interrupted, at work, damaged or foreign."""

import contextlib
import json
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from processes import INTERRUPTIBLE, SMALL, Bench
from resealed import reseal

from bench.cli.status_command import status
from bench.errors import RequestError
from bench.status.read import read_status
from bench.store.planned import Planned, PlannedRun, folds_digest, read_planned, write_planned


@pytest.fixture
def results(finished: Path, tmp_path: Path) -> Path:
    """A copy of the finished experiment, planned for two workers: test_resnet, 2 seeds × 2 folds."""
    results = Path(shutil.copytree(finished, tmp_path / "results"))
    write_planned(results, replace(read_planned(results), workers=2))
    return results


def fail(run: Path) -> None:
    """Make a stored run one that has failed, as the store keeps it."""
    (run / "predictions.parquet").unlink()
    reseal(run, status="failed", error="The loss is nan")
    run.rename(run.with_name(f"{run.name}.failed"))


def told(results: Path, capsys: pytest.CaptureFixture[str]) -> str:
    status(results)
    return capsys.readouterr().out


def test_a_finished_folder(finished: Path, bench: Bench) -> None:
    before = {path: path.stat().st_mtime_ns for path in finished.glob("**/*")}
    done = bench("status", finished)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    header, _, row = [line.split("|")[1:-1] for line in done.stdout.splitlines() if line.startswith("|")]
    shown = dict(zip(map(str.strip, header), map(str.strip, row), strict=True))
    seconds = float(shown.pop("Seconds a run"))
    assert shown == {"Backbone": "test_resnet", "Planned": "4", "Done": "4", "Running": "0", "Left": "0", "Failed": "0"}
    records = [json.loads(path.read_text()) for path in finished.glob("runs/*/run.json")]
    assert seconds == pytest.approx(sum(record["timings"]["total"] for record in records) / 4, abs=0.05)
    assert "All planned runs are done." in done.stdout
    assert {path: path.stat().st_mtime_ns for path in finished.glob("**/*")} == before


def test_it_loads_neither_torch_nor_data_frames() -> None:
    heavy = ("torch", "timm", "pandas", "pyarrow", "sklearn", "scipy", "optuna", "matplotlib")
    code = f"import sys, bench.status.read; print([name for name in {heavy} if name in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_an_interrupted_folder_says_what_is_left_and_how_long_it_takes(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second, *rest = sorted(results.glob("runs/*"))
    shutil.rmtree(first)
    fail(second)
    for number, run in enumerate(rest):
        record = json.loads((run / "run.json").read_text())
        record["timings"]["total"] = (100.0, 200.0)[number]
        reseal(run, timings=record["timings"])
    found = read_status(results)
    (one,) = found.backbones
    assert (one.planned, one.done, one.running, one.left, one.failed) == (4, 2, 0, 1, 1)
    assert (one.seconds_per_run, found.seconds_left) == (150.0, 150.0)
    text = told(results, capsys)
    assert "Time left: about 2 min with 2 worker(s), once bench run goes on." in text
    assert "1 run(s) failed; the same bench run command tries them again." in text
    assert "Failed: test_resnet seed" in text
    assert "The loss is nan" in text


def test_json_has_the_documented_keys(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fail(min(results.glob("runs/*")))
    status(results, as_json=True)
    content = json.loads(capsys.readouterr().out)
    page = (Path(__file__).parents[3] / "docs/command-line.md").read_text()
    for key in all_keys(content):
        assert f"`{key}`" in page, key
    assert content["runs"] == {
        **{"planned": 4, "done": 3, "running": 0, "left": 0},
        **{"failed": 1, "unplanned": 0, "imported": 0, "draws": 0},
    }
    assert [failure["error"] for failure in content["failures"]] == ["The loss is nan"]


def all_keys(content: Any) -> set[str]:
    if isinstance(content, list):
        return set().union(*map(all_keys, content))
    if isinstance(content, dict):
        return set(content).union(*map(all_keys, content.values()))
    return set()


def test_a_run_at_work_is_seen_from_outside(
    bench_environment: dict[str, str], digit_data: Path, tmp_path: Path
) -> None:
    results = tmp_path / "r"
    options = [*SMALL, "--seeds", "1", "--results", results, "--data", digit_data]
    command = [*INTERRUPTIBLE, *map(str, ["run", *options])]
    seen = []
    with subprocess.Popen(command, env=bench_environment, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            with contextlib.suppress(RequestError):  # not begun yet
                seen.append(read_status(results))
            time.sleep(0.02)
    assert process.returncode == 0
    at_work = [one for one in seen if one.running]
    assert at_work
    for one in at_work:
        assert [process.command for process in one.processes] == ["bench run"]
        (run,) = one.running
        assert (run.backbone, run.seed, run.epochs) == ("test_resnet", 0, 2)
        (backbone,) = one.backbones
        assert backbone.planned == 2 == backbone.done + backbone.running + backbone.left
        assert one.seconds_left is not None
    assert {one.running[0].fold for one in at_work} == {0, 1}
    assert max(one.running[0].epoch for one in at_work) > 0
    end = read_status(results)
    assert (end.totals()["done"], end.processes, end.seconds_left) == (2, (), 0.0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda root: None, "has no experiment.toml"),
        (lambda root: root.mkdir(), "has no experiment.toml"),
        (lambda root: root.write_text("a file"), "has no experiment.toml"),
        (lambda root: (root.mkdir(), (root / "notes.txt").write_text("x")), "Give the one that `bench run`"),
        (lambda root: (root.mkdir(), (root / "experiment.toml").write_text("seeds = [")), "is damaged: .*Mend"),
        (lambda root: (root.mkdir(), (root / "experiment.toml").write_bytes(b"\xff\xfe\x00")), "is damaged"),
        (lambda root: (root.mkdir(), (root / "experiment.toml").touch()), "it lacks backbone, recipe"),
        (lambda root: (root.mkdir(), (root / "experiment.toml").write_text("a = " + "[" * 5000)), "is damaged"),
        (lambda root: (root.mkdir(), (root / "experiment.toml").write_text("a = " + "9" * 5000)), "is damaged"),
    ],
    ids=["nowhere", "empty", "a file", "foreign", "half a line", "no text", "nothing in it", "deep", "long number"],
)
def test_what_is_no_results_folder_is_refused_in_one_paragraph(tmp_path: Path, make: Any, message: str) -> None:
    make(tmp_path / "x")
    with pytest.raises(RequestError, match=message) as caught:
        status(tmp_path / "x")
    assert "\n" not in str(caught.value)


def test_damaged_parts_are_named_and_the_rest_counts(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second, *_ = sorted(results.glob("runs/*"))
    (first / "run.json").write_text("{")
    (second / "run.json").write_text("[]")
    (results / "study.db").write_bytes(b"no database" * 100)
    text = told(results, capsys)
    assert f"{first} is damaged (" in text
    assert f"{second} is damaged (" in text
    assert "study.db cannot be read" in text
    assert read_status(results).totals()["done"] == 2


def test_a_folder_without_a_plan_says_what_is_stored(results: Path) -> None:
    (results / ".plan.json").write_text("damaged")
    (one,) = read_status(results).backbones
    assert (one.planned, one.done, one.unplanned) == (0, 0, 4)


PLAN = Planned({"a" * 20: PlannedRun("net", 0, 0, "f"), "b" * 20: PlannedRun("net", 1, 0, "g")}, 2)


def test_a_plan_grows_with_the_experiment_and_ends_with_another() -> None:
    more = {"c" * 20: PlannedRun("other", 0, 0, "f")}
    assert list(PLAN.with_runs(more, 1, grows=True).runs) == ["a" * 20, "b" * 20, "c" * 20]
    assert list(PLAN.with_runs(more, 1, grows=False).runs) == ["c" * 20]


def test_after_an_edit_of_the_folds_what_was_planned_for_them_is_left_no_more() -> None:
    edited = {"c" * 20: PlannedRun("net", 0, 0, "other")}
    assert list(PLAN.with_runs(edited, 1, grows=True).runs) == ["b" * 20, "c" * 20]
    assert folds_digest([("x", 0), ("y", 1)]) == folds_digest([("y", 1), ("x", 0)]) != folds_digest([("x", 1)])


def test_a_run_plans_what_it_is_asked_for(finished: Path) -> None:
    planned = read_planned(finished)
    assert set(planned.runs) == {path.name for path in finished.glob("runs/*")}
    assert {(run.backbone, run.seed, run.fold) for run in planned.runs.values()} == {
        ("test_resnet", seed, fold) for seed in (0, 1) for fold in (0, 1)
    }
    assert planned.workers == 1
