"""`bench verify` and `bench status --verify`: what is damaged, whether the report follows, and the digest."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from resealed import forget_digests, reseal
from stored_studies import write_study
from torture.damage import damaged_copies
from typer.testing import CliRunner

from bench.cli.app import app
from bench.store.folder import ResultsFolder


def call(*arguments: str | Path) -> tuple[int, str]:
    done = CliRunner().invoke(app, list(map(str, arguments)), catch_exceptions=False)
    return done.exit_code, done.output


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = write_study(tmp_path_factory.mktemp("study") / "results", each=8).root
    assert call("report", root, "--format", "json")[0] == 0
    return root


@pytest.fixture
def results(compiled: Path, tmp_path: Path) -> Path:
    return shutil.copytree(compiled, tmp_path / "elsewhere")


def digest(text: str) -> str:
    (line,) = [line for line in text.splitlines() if line.startswith("sha256:")]
    return line


def test_a_whole_folder_passes_both(results: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in results.rglob("*")}
    code, text = call("status", results, "--verify")
    assert (code, "Nothing is damaged." in text, "Checked: 8 run(s)" in text) == (0, True, True)
    code, text = call("verify", results)
    assert (code, "The report is the one that these predictions give" in text) == (0, True)
    assert {path: path.stat().st_mtime_ns for path in results.rglob("*")} == before


def test_a_damaged_file_is_named_with_exit_code_3(results: Path) -> None:
    run = min((results / "runs").iterdir())
    (run / "predictions.parquet").write_bytes((run / "predictions.parquet").read_bytes() + b"\0")
    for command in (["status", results, "--verify"], ["verify", results]):
        code, text = call(*command)
        assert code == 3
        assert f"{run} is damaged (predictions.parquet: it is not as it was written)" in text.replace("\n", " ")


def test_runs_without_digests_are_counted_and_do_not_fail(results: Path) -> None:
    run = min((results / "runs").iterdir())
    forget_digests(run)
    code, text = call("status", results, "--verify")
    assert code == 0
    assert f"Without a digest, so not checked (1): runs/{run.name}." in text


def test_an_edited_experiment_is_named_and_is_no_damage(results: Path) -> None:
    (results / "experiment.toml").write_text("# mine\n" + (results / "experiment.toml").read_text())
    code, text = call("status", results, "--verify")
    assert code == 0
    assert "experiment.toml was changed since bench wrote it." in text


def test_a_number_that_the_predictions_do_not_give_is_found_though_all_digests_fit(results: Path) -> None:
    content = json.loads((results / "leaderboard.json").read_text())
    value = content["rows"][0]["internal"]["accuracy"]["value"]
    content["rows"][0]["internal"]["accuracy"]["value"] = value + 0.01
    folder = ResultsFolder(results)
    with folder.locked():
        folder.files.write("leaderboard.json", json.dumps(content))
    assert call("status", results, "--verify")[0] == 0
    code, text = call("verify", results)
    assert code == 3
    said = " ".join(text.split())
    assert f"rows.0.internal.accuracy.value is {value + 0.01!r}, from the predictions {value!r}" in said


def test_the_digest_is_of_contents_not_of_paths_or_files(compiled: Path, results: Path) -> None:
    first = digest(call("verify", compiled)[1])
    cases = pd.read_parquet(results / "cases.parquet")
    (results / "cases.parquet").unlink()
    cases.assign(path="/moved/" + cases["path"]).to_parquet(results / "cases.parquet", compression="gzip")
    (results / ".digests.json").unlink()
    run = min((results / "runs").iterdir())
    table = pd.read_parquet(run / "predictions.parquet")
    table[::-1].to_parquet(run / "predictions.parquet", compression="gzip", index=False)
    reseal(run)
    assert digest(call("verify", results)[1]) == first


@pytest.mark.parametrize("what", ["prediction", "label", "fold"])
def test_the_digest_is_another_where_anything_else_is(compiled: Path, results: Path, what: str) -> None:
    first, run = digest(call("verify", compiled)[1]), min((results / "runs").iterdir())
    if what == "prediction":
        table = pd.read_parquet(run / "predictions.parquet")
        table.loc[0, "p_four"] = table.loc[0, "p_four"] / 2
        table.to_parquet(run / "predictions.parquet", index=False)
        reseal(run)
    elif what == "label":
        (results / ".digests.json").unlink()
        cases = pd.read_parquet(results / "cases.parquet")
        cases.loc[0, "digest"] = "f" * 64
        cases.to_parquet(results / "cases.parquet", index=False)
    else:
        folds = pd.read_parquet(results / "folds.parquet")
        more = pd.concat([folds, folds[folds["seed"] == 0].assign(seed=9)])
        more.to_parquet(results / "folds.parquet", index=False)
    assert digest(call("verify", results)[1]) != first


def test_a_folder_without_a_report_is_refused(results: Path, tmp_path: Path) -> None:
    (results / "leaderboard.md").unlink()
    done = CliRunner().invoke(app, ["verify", str(results)])
    assert "leaderboard.md is missing" in str(done.exception)
    done = CliRunner().invoke(app, ["verify", str(tmp_path / "nothing")])
    assert "is no results folder" in str(done.exception)


def test_folds_of_which_seeds_have_different_numbers_are_refused(results: Path) -> None:
    folds = pd.read_parquet(results / "folds.parquet")
    folds[(folds["seed"] == 0) | (folds["fold"] == 0)].to_parquet(results / "folds.parquet", index=False)
    done = CliRunner().invoke(app, ["report", str(results), "--format", "json"])
    assert "folds.parquet cannot be used: seeds differ in their number of folds" in str(done.exception)


def test_a_small_part_of_the_damages_of_the_torture(compiled: Path, tmp_path: Path) -> None:
    found = damaged_copies(compiled, tmp_path, 40, seed=2)
    assert [one for one in found if one.outcome in ("silent", "traceback")] == []
    assert {one.outcome for one in found} == {"said", "no effect"}
