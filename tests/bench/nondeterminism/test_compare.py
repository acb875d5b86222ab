"""Two results folders that should be equal and are not: what differs, and where runs part."""

import json
import os
import shutil
from pathlib import Path

import pytest
from processes import Bench
from resealed import reseal
from typer.testing import CliRunner

from bench.cli.app import app
from bench.store.folder import ResultsFolder
from bench.store.records import mixed_environments

QUICK = (
    *("--backbone", "test_resnet", "--image-size", "32", "--folds", "2", "--epochs", "1", "--batch-size", "16"),
    *("--workers", "1", "--weights", "random", "--precision", "fp32", "--seeds", "1"),
)


def invoke(*arguments: str | Path) -> str:
    done = CliRunner().invoke(app, [str(part) for part in arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture(scope="module")
def pair(
    bench: Bench, digit_data: Path, cache_root: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    """The same command twice, once with torch held to its plainest instructions."""
    root = tmp_path_factory.mktemp("compared")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GAPBENCH_CACHE", str(cache_root))
        invoke("run", "--data", digit_data, *QUICK, "--results", root / "a")
    arguments = ("run", "--data", digit_data, *QUICK, "--results", root / "b")
    done = bench(*arguments, ATEN_CPU_CAPABILITY="default")
    assert done.returncode == 0, done.stderr
    return root / "a", root / "b"


def test_it_names_the_variable_and_where_runs_part(
    pair: tuple[Path, Path], cache_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GAPBENCH_CACHE", str(cache_root))
    said = invoke("nondeterminism", "--compare", *pair)
    settings, _, runs = said.partition("## Runs that should be equal")
    assert "| environment: ATEN_CPU_CAPABILITY | not set" in settings
    assert "environment: instruction_set" in settings
    assert "numerics" not in settings.partition("|")[2]
    assert runs.count("begin with other weights") == 2  # random numbers are drawn by other instructions
    assert (
        "test_resnet seed 0 fold 0, first difference: before step 1, the initial weights, first conv1.0.weight" in runs
    )
    assert os.environ.get("ATEN_CPU_CAPABILITY") is None


def test_runs_of_other_tooling_part_at_a_step(
    pair: tuple[Path, Path], digit_data: Path, cache_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GAPBENCH_CACHE", str(cache_root))
    options = [option if option != "fp32" else "bf16" for option in QUICK]
    invoke("run", "--data", digit_data, *options, "--results", tmp_path / "results")
    said = invoke("nondeterminism", "--compare", pair[0], tmp_path / "results")
    settings, _, runs = said.partition("## Runs that should be equal")
    assert [line.split()[1:7] for line in settings.splitlines() if line.startswith("| numerics")] == [
        ["numerics:", "precision", "|", "fp32", "|", "bf16"]
    ]
    assert runs.count("part at step 1") == 2
    assert "first difference: step 1 (whole model, epoch 0), forward conv1.0; " in runs


def test_a_folder_is_equal_to_itself(
    pair: tuple[Path, Path], cache_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GAPBENCH_CACHE", str(cache_root))
    said = invoke("nondeterminism", "--compare", pair[0], pair[0])
    assert "nothing" in said
    assert said.count("the same to the last bit") == 2


def test_a_stored_run_gives_its_spec_back(pair: tuple[Path, Path]) -> None:
    folder = ResultsFolder(pair[0])
    cases = folder.cases() or []
    for name in folder.runs.complete():
        spec = folder.runs.read(name).spec(cases)
        assert spec is not None  # its id, computed anew, is the run's
        assert len(spec.train) == len(spec.validation) == 45
        assert folder.runs.read(name).spec(cases[1:]) is None


def test_a_report_over_several_environments_says_so(pair: tuple[Path, Path], tmp_path: Path) -> None:
    results = tmp_path / "results"
    shutil.copytree(pair[0], results)
    one, other = sorted((results / "runs").iterdir())
    record = json.loads((one / "run.json").read_text())
    torch = record["environment"]["torch"]
    record["environment"]["torch"] = "1.13.1"
    reseal(one, environment=record["environment"])
    (results / "leaderboard.json").unlink()
    said = invoke("report", results, "--full")
    assert f"Of this folder, runs were made in different environments: torch 1.13.1 (1 runs), {torch} (1 runs)." in said
    assert json.loads((other / "run.json").read_text())["environment"].keys() == record["environment"].keys()


def test_fast_runs_are_other_runs_and_stamped_under_every_table(
    pair: tuple[Path, Path], digit_data: Path, cache_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GAPBENCH_CACHE", str(cache_root))
    results = tmp_path / "results"
    assert "test_resnet: not deterministic (--fast): the same command may give other numbers." in " ".join(
        invoke("run", "--fast", "--data", digit_data, *QUICK, "--results", results).split()
    )
    said = invoke("report", results, "--full")
    stamp = "**test_resnet: not deterministic (--fast): the same command may give other numbers.**"
    tables = [block for block in said.split("\n\n") if block.startswith("|")]
    assert len(tables) > 3
    assert said.count(stamp) == len(tables)
    names = [{path.name for path in (root / "runs").iterdir()} for root in (results, pair[0])]
    assert not names[0] & names[1]
    invoke("report", results, "--format", "csv")
    for table in {*(results / "tables").glob("*.csv")} - {results / "tables" / "label_worklist.csv"}:
        assert "not deterministic (--fast)" in table.read_text(), table


def test_a_folder_that_mixes_environments_says_so() -> None:
    old, new = {"torch": "2.14", "cpu": "X", "threads": "1"}, {"torch": "2.15", "cpu": "X", "threads": "2"}
    assert mixed_environments([old, {}, old]) == []
    assert mixed_environments([old, new, old, {}]) == [
        "runs were made in different environments: torch 2.14 (2 runs), 2.15 (1 runs)"
    ]
    before = {"torch": "2.14", "cpu": "X"}  # made when less was recorded
    assert mixed_environments([before, {**old, "numpy": "2.0", "OMP_NUM_THREADS": "2"}]) == []
    assert mixed_environments([old, {**old, "OMP_NUM_THREADS": "2"}]) == [
        "runs were made in different environments: OMP_NUM_THREADS 2 (1 runs), not set (1 runs)"
    ]
