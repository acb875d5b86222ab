"""`bench verify --retrain`: stored runs are trained again, and what was forged or cannot be judged is said."""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from resealed import reseal
from stored_studies import write_study
from typer.testing import CliRunner

from bench.cli.app import app
from bench.errors import RequestError
from bench.plan.spec import RunResult, RunSpec
from bench.store.runs import StoredRun
from bench.verify.compare import compare
from reports.statistics.noise_floor import noise_floor

PREDICTIONS = "predictions.parquet"
Call = Callable[..., tuple[int, str]]


@pytest.fixture
def call(cache_root: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    monkeypatch.setenv("GAPBENCH_CACHE", str(cache_root))

    def invoke(*arguments: str | Path) -> tuple[int, str]:
        done = CliRunner().invoke(app, list(map(str, arguments)), catch_exceptions=False)
        return done.exit_code, done.output

    return invoke


@pytest.fixture
def results(finished: Path, tmp_path: Path) -> Path:
    return shutil.copytree(finished, tmp_path / "elsewhere")


def forge(run: Path, change: Callable[[pd.DataFrame], None]) -> None:
    frame = pd.read_parquet(run / PREDICTIONS)
    change(frame)
    frame.to_parquet(run / PREDICTIONS, index=False)
    reseal(run)


def a_little_more(frame: pd.DataFrame) -> None:
    column = next(place for place, name in enumerate(frame.columns) if name.startswith("p_"))
    frame.iloc[0, column] = np.nextafter(frame.iloc[0, column], np.float32(2))


def test_on_the_same_machine_a_run_has_the_same_bytes(results: Path, call: Call) -> None:
    before = {path: path.stat().st_mtime_ns for path in results.rglob("*")}
    code, text = call("verify", results, "--retrain", "1")
    assert "Training 1 run(s) again: drawn by seed 0 from 4." in text
    assert (code, text.count(": the same bytes.")) == (0, 1)
    assert {path: path.stat().st_mtime_ns for path in results.rglob("*")} == before


def test_what_was_changed_together_with_its_digests_is_found(results: Path, call: Call) -> None:
    """One bit of a probability of one run, and a setting of another."""
    forged, other = sorted((results / "runs").iterdir())[:2]
    forge(forged, a_little_more)
    content = json.loads((other / "run.json").read_text())
    reseal(other, spec={**content["spec"], "seeds": {**content["spec"]["seeds"], "order": 77}})
    (results / "leaderboard.json").unlink()
    assert call("report", results, "--format", "json")[0] == 0
    assert call("verify", results)[0] == 0, "the report follows from what was forged"
    code, text = call("verify", results, "--retrain", "9")
    assert "Training 4 run(s) again: all there are." in text
    assert (code, text.count(": the same bytes."), text.count("DIFFERS")) == (3, 2, 2)
    lines = {line[:20]: line for line in text.splitlines() if "DIFFERS" in line}
    assert re.search(r"DIFFERS: 1 of \d+ predictions have other probabilities .*, 0 another class", lines[forged.name])
    assert "although the environment is the same" in lines[forged.name]
    assert "DIFFERS: its id is not the one that its cases and settings give now" in lines[other.name]


def moved_data(results: Path, before: Path, now: Path) -> None:
    file = results / "experiment.toml"
    file.write_text(file.read_text().replace(str(before), str(now)))


def test_images_that_are_gone_or_changed_are_named(results: Path, digit_data: Path, tmp_path: Path, call: Call) -> None:
    moved_data(results, digit_data, tmp_path / "gone")
    with pytest.raises(RequestError, match=r"cannot be trained again here \(--retrain\)\..*gone"):
        call("verify", results, "--retrain", "1")
    copy = shutil.copytree(digit_data, tmp_path / "gone")
    changed, other = sorted(copy.glob("internal/*/*.png"))[:2]
    changed.write_bytes(other.read_bytes())
    with pytest.raises(RequestError, match=r"1 of the images of .* have changed since, or are gone: internal/"):
        call("verify", results, "--retrain", "1")


@pytest.fixture(scope="module")
def run_and_spec(tmp_path_factory: pytest.TempPathFactory) -> tuple[StoredRun, RunSpec]:
    folder = write_study(tmp_path_factory.mktemp("study") / "results", each=20)
    run = folder.runs.read_all()[0]
    spec = run.spec(folder.cases() or [])
    assert spec is not None
    return run, spec


def result_of(run: StoredRun, **environment: str) -> RunResult:
    return RunResult("done", run.probabilities(), environment={**run.record.environment, **environment})


def right(spec: RunSpec) -> np.ndarray[Any, Any]:
    sure = np.full((len(spec.predicted), len(spec.classes)), 0.01, dtype=np.float32)
    sure[np.arange(len(sure)), [spec.classes.index(sample.label) for sample in spec.predicted]] = 0.98
    return sure


NO_NOISE, MUCH = (
    {name: noise_floor(np.array(seeds)) for name in ("accuracy", "macro_f1")} for seeds in ([0.5, 0.5], [0.1, 0.9])
)


def test_on_another_machine_scores_may_move_by_the_noise_floor(run_and_spec: tuple[StoredRun, RunSpec]) -> None:
    run, spec = run_and_spec
    elsewhere = result_of(run, torch="9.9")
    assert compare(run, spec, elsewhere, {}, 2).text == "the same bytes"
    better = replace(elsewhere, probabilities=right(spec))
    found = compare(run, spec, better, MUCH, 2)
    assert (found.same, found.text.startswith("within the noise: ")) == (True, True)
    found = compare(run, spec, better, NO_NOISE, 2)
    assert (found.same, found.text.startswith("DIFFERS: ")) == (False, True)
    assert "torch 2.14 then, 9.9 now" in found.text
    found = compare(run, spec, better, {}, 2)
    assert (found.same, found.text.startswith("NOT JUDGED: ")) == (False, True)


def test_on_the_same_machine_no_noise_excuses(run_and_spec: tuple[StoredRun, RunSpec]) -> None:
    run, spec = run_and_spec
    found = compare(run, spec, replace(result_of(run), probabilities=right(spec)), MUCH, 2)
    assert (found.same, "although the environment is the same" in found.text) == (False, True)
    failed = RunResult("failed", np.zeros((0, 0), dtype=np.float32), error="no memory")
    assert compare(run, spec, failed, MUCH, 2).text == "could not be trained again: no memory"


@pytest.mark.parametrize("column", ["label", "predicted"])
def test_texts_that_contradict_are_a_difference_on_any_machine(column: str, tmp_path: Path) -> None:
    folder = write_study(tmp_path / "results", each=8)
    run = folder.runs.read_all()[0]

    def change(frame: pd.DataFrame) -> None:
        frame.loc[0, column] = next(name for name in ("zero", "one") if name != frame.loc[0, column])

    forge(run.folder, change)
    run = folder.runs.read(run.run_id)
    spec = run.spec(folder.cases() or [])
    assert spec is not None
    found = compare(run, spec, result_of(run, torch="9.9"), MUCH, 2)
    assert not found.same
    assert column in found.text or "classes that are predicted" in found.text


def test_predictions_made_elsewhere_cannot_be_trained_again(tmp_path: Path, call: Call) -> None:
    rows = [("theirs", 0, "internal", f"{number}.png", label, label) for number, label in enumerate("ab" * 4)]
    table = pd.DataFrame(rows, columns=["backbone", "seed", "site", "case_id", "label", "predicted"])
    table.to_csv(tmp_path / "theirs.csv", index=False)
    assert call("import", tmp_path / "theirs.csv", "--results", tmp_path / "results")[0] == 0
    with pytest.raises(RequestError, match=r"No run of .* was trained here"):
        call("verify", tmp_path / "results", "--retrain", "1")
