"""`bench nondeterminism` as a user starts it, on real digits."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from processes import SMALL, Bench
from sklearn.metrics import accuracy_score
from typer.testing import CliRunner, Result

from bench.cli.app import app
from bench.engine.prepare import Prepared
from bench.errors import RequestError
from bench.nondeterminism import session
from bench.nondeterminism.report import nondeterminism_tables, studies
from bench.store.folder import ResultsFolder
from bench.store.traces import read_trace

QUICK = (
    *("--backbone", "test_resnet", "--image-size", "16", "--folds", "2", "--epochs", "1", "--batch-size", "16"),
    *("--workers", "1", "--weights", "random", "--precision", "fp32"),
)
COMMAND = ("nondeterminism", "--repeats", "2", "--vary", "none,init,order,layout")

FAULTY = """
import numpy as np
from bench.execution.run import PreparedRun

build, entropy = PreparedRun._build, np.random.default_rng()

def with_noise(self, trained):
    model = build(self, trained)
    model.layer2[0].conv2.register_forward_hook(lambda module, given, output: output + float(entropy.normal(0, 1e-3)))
    return model

PreparedRun._build = with_noise  # in every process, since each begins by importing this file

if __name__ == "__main__":
    from bench.cli import main
    main()
"""

KILLED = """
import os, signal, sys
from bench.nondeterminism import study

def killed(*arguments):
    os.kill(os.getpid(), signal.SIGKILL)

study.measure_cost = killed  # all runs are stored and compared then, and the study is not written yet

if __name__ == "__main__":
    from bench.cli import main
    main()
"""


def invoke(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(part) for part in arguments], catch_exceptions=False)


@pytest.fixture(scope="module")
def environment(cache_root: Path) -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GAPBENCH_CACHE", str(cache_root))
        patch.setenv("COLUMNS", "200")
        yield patch


@pytest.fixture(scope="module")
def studied(
    digit_data: Path, environment: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str]:
    """A results folder, and what was printed."""
    results = tmp_path_factory.mktemp("studied") / "results"
    done = invoke(*COMMAND, "--data", digit_data, *QUICK, "--results", results)
    assert done.exit_code == 0, done.output
    return results, done.output


def test_the_control_passes_and_is_said_to(studied: tuple[Path, str]) -> None:
    results, said = studied
    assert (
        "Control of test_resnet: PASS. 2 repeats of 2 fold(s) in fresh processes are the same to the last bit." in said
    )
    (study,) = studies(ResultsFolder(results))
    assert study.control is not None
    assert (study.control.passed, study.control.repeats, study.control.folds) == (True, 2, 2)
    record = json.loads((results / "nondeterminism.json").read_text())["studies"][0]
    first, again = record["control"]["runs"]
    for a, b in zip(first, again, strict=True):
        folders = [results / "repeats" / name for name in (a, b)]
        assert (
            folders[0].joinpath("predictions.parquet").read_bytes()
            == folders[1].joinpath("predictions.parquet").read_bytes()
        )
        assert read_trace(folders[0]) == read_trace(folders[1]) != ()


def test_each_design_varies_its_own_seed_and_no_other(studied: tuple[Path, str]) -> None:
    results, _ = studied
    record = json.loads((results / "nondeterminism.json").read_text())["studies"][0]

    def seeds(name: str) -> dict[str, int]:
        run = json.loads((results / "repeats" / name / "run.json").read_text())
        assert run["spec"]["role"] == "nondeterminism"
        return run["spec"]["seeds"]

    base = seeds(record["control"]["runs"][0][0])
    groups = {group["name"]: group for group in record["groups"]}
    assert list(groups) == ["init", "order", "all", "layout contiguous"]
    changed = {
        name: {source for repeat in group["runs"] for source, seed in seeds(repeat[0]).items() if seed != base[source]}
        for name, group in groups.items()
    }
    assert changed == {"init": {"init"}, "order": {"order"}, "all": {"init", "order"}, "layout contiguous": set()}
    assert len({json.dumps(seeds(repeat[0])) for repeat in groups["init"]["runs"]}) == 2


def test_scores_are_those_of_pooled_predictions(studied: tuple[Path, str]) -> None:
    results, _ = studied
    record = json.loads((results / "nondeterminism.json").read_text())["studies"][0]
    (study,) = studies(ResultsFolder(results))
    design = next(one for one in study.designs if one.name == "init")
    group = next(one for one in record["groups"] if one["name"] == "init")
    for number, names in enumerate(group["runs"]):
        table = pd.concat([pd.read_parquet(results / "repeats" / name / "predictions.parquet") for name in names])
        for site, side in design.sides.items():
            here = table[table["site"] == site]
            expected = accuracy_score(here["label"].astype(str), here["predicted"].astype(str))
            assert side.scores()["accuracy"][number] == pytest.approx(expected)


def test_weights_of_other_layouts_part_at_the_first_step_and_less_than_those_of_other_seeds(
    studied: tuple[Path, str],
) -> None:
    results, said = studied
    (study,) = studies(ResultsFolder(results))
    (change,) = study.changes
    assert change.divergence.startswith("step 1 (whole model, epoch 0), ")
    assert f"layout contiguous: first difference: {change.divergence}" in said
    assert change.distance is not None
    init = next(one for one in study.designs if one.name == "init")
    assert init.distance is not None
    assert 0 < change.distance.relative < init.distance.relative / 100
    assert init.distance.pairs == 2  # one pair of repeats in each of two folds
    assert [step for step, _ in study.curves["init"]] == [1, 2, 3]  # 45 images in batches of 16
    assert study.curves["init"][0][1] == pytest.approx(init.distance.relative, rel=0.5)  # other initial weights


def test_the_report_prints_every_table_and_nothing_is_left_over(
    studied: tuple[Path, str], cache_root: Path, environment: pytest.MonkeyPatch
) -> None:
    results, said = studied
    tables = nondeterminism_tables(ResultsFolder(results))
    names = {table.name.removeprefix("nondeterminism_") for table in tables}
    assert {"control", "spread", "components", "floor", "classes", "tooling", "curves", "cost"} <= names
    report = invoke("report", results)
    assert report.exit_code == 0
    for table in tables:
        assert f"## {table.title}" in report.output
        assert f"## {table.title}" in said
    assert "Research use only" in said
    assert (results / "figures" / "nondeterminism-test_resnet.png").stat().st_size > 10_000
    assert not list((cache_root / "snapshots").glob("*/*"))  # weights are large
    written = invoke("report", results, "--format", "csv")
    assert written.exit_code == 0
    control = pd.read_csv(results / "tables" / "nondeterminism_control.csv")
    assert control["verdict"].tolist() == ["PASS"]


def test_the_same_command_trains_nothing_again_and_keeps_what_was_measured(
    studied: tuple[Path, str], digit_data: Path, environment: pytest.MonkeyPatch
) -> None:
    results, _ = studied
    before = json.loads((results / "nondeterminism.json").read_text())["studies"][0]
    stored = {path: path.stat().st_mtime_ns for path in (results / "repeats").iterdir()}
    again = invoke(*COMMAND[:3], "--vary", "init", "--data", digit_data, *QUICK, "--results", results)
    assert again.exit_code == 0
    assert {path: path.stat().st_mtime_ns for path in (results / "repeats").iterdir()} == stored
    after = json.loads((results / "nondeterminism.json").read_text())["studies"][0]
    assert (after["passed"], after["control"]) == (before["passed"], before["control"])
    by_name = [{group["name"]: group for group in one["groups"]} for one in (before, after)]
    assert by_name[0] == by_name[1]


def test_a_control_that_fails_ends_with_3_and_names_the_module(
    digit_data: Path, cache_root: Path, tmp_path: Path
) -> None:
    """An operation without a seed, planted into every process that trains."""
    script = tmp_path / "faulty.py"
    script.write_text(FAULTY)
    command = ["nondeterminism", "--repeats", "2", "--vary", "none", "--data", digit_data, *QUICK]
    done = subprocess.run(
        [sys.executable, script, *map(str, command), "--results", str(tmp_path / "results")],
        env={
            **os.environ,
            "GAPBENCH_CACHE": str(cache_root),
            "COLUMNS": "200",
            "PYTHONPATH": os.pathsep.join(sys.path),
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 3, done.stderr
    assert "Control of test_resnet: FAIL." in done.stdout
    assert "repeats 0 and 1, fold 0: step 1 (whole model, epoch 0), forward layer2.0.conv2; " in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--vary", "weather"], "'weather' is none of split, init, order, none, threads"),
        (["--repeats", "1"], "repeats"),
        (["--vary", "device", "--device", "cpu"], "only device of this machine"),
        (["--compare", "nowhere", "nowhere"], "is no results folder (--compare)"),
    ],
)
def test_wrong_requests(
    arguments: list[str], words: str, digit_data: Path, tmp_path: Path, environment: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RequestError, match=words.replace("(", r"\(").replace(")", r"\)")):
        invoke("nondeterminism", "--data", digit_data, *QUICK, "--results", tmp_path / "results", *arguments)
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize("layout", [[], ["--format", "html"]])
def test_a_study_alone_has_a_page(
    studied: tuple[Path, str], environment: pytest.MonkeyPatch, tmp_path: Path, layout: list[str]
) -> None:
    results = Path(shutil.copytree(studied[0], tmp_path / "r"))
    done = invoke("report", results, *layout)
    assert done.exit_code == 0, done.output
    assert f"Written: {results / 'report.html'}" in done.output
    page = (results / "report.html").read_text(encoding="utf-8")
    assert "No model is ranked here" in page
    assert "Nondeterminism" in page
    assert "test_resnet" in page
    assert ("repeats" in done.stdout) == (not layout)


def test_folds_of_seeds_that_a_run_adds_while_a_study_is_prepared_stay(
    finished: Path, digit_data: Path, bench: Bench, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The run, in a process of its own, begins when the study has read the folder and ends before it writes there."""
    results = Path(shutil.copytree(finished, tmp_path / "results"))
    prepare, beside = session.prepare, []

    def prepare_then_run(*arguments: Any) -> Prepared:
        prepared = prepare(*arguments)
        if not beside:
            done = bench("run", "--data", digit_data, *SMALL, "--seeds", "0,7", "--results", results)
            assert done.returncode == 0, done.stderr
            beside.append({path: path.read_bytes() for path in results.glob("runs/*/*")})
        return prepared

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "prepare", prepare_then_run)
        done = invoke(*COMMAND, "--data", digit_data, *SMALL, "--results", results)
    assert done.exit_code == 0, done.output
    assert "Another process has changed" in done.output
    assert {path: path.read_bytes() for path in results.glob("runs/*/*")} == beside[0]
    folds = ResultsFolder(results).folds()
    assert folds is not None
    assert set(folds.by_seed) == {0, 1, 7}


def test_a_study_that_was_killed_before_it_was_written_keeps_its_distances(
    studied: tuple[Path, str], digit_data: Path, bench_environment: dict[str, str], tmp_path: Path
) -> None:
    """Weights that were compared are deleted at once, since they are large; what was measured must not go with them."""
    undisturbed, _ = studied
    script, results = tmp_path / "killed.py", tmp_path / "results"
    script.write_text(KILLED, encoding="utf-8")
    command = [*COMMAND, "--data", str(digit_data), *QUICK, "--results", str(results)]
    killed = subprocess.run([sys.executable, script, *command], env=bench_environment, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not (results / "nondeterminism.json").exists()
    again = invoke(*command)
    assert again.exit_code == 0
    assert "0 runs to do" not in again.output
    assert "distance(s) between weights are not known" not in again.output

    def measured(folder: Path) -> dict[str, object]:
        """By name: other tests have asked the undisturbed study again, which changes the order."""
        (study,) = json.loads((folder / "nondeterminism.json").read_text(encoding="utf-8"))["studies"]
        return {group["name"]: group for group in [study["control"], *study["groups"]]}

    assert measured(results) == measured(undisturbed)
