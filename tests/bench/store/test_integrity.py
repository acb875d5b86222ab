"""What was changed in a stored folder is named, set aside or made anew, and never read as it is."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from processes import INTERRUPTIBLE, SMALL, Bench, predictions, wait_until
from resealed import forget_digests, reseal
from stored_studies import write_study

from bench.cli.report_command import report
from bench.errors import BenchError, RequestError, WriteError, writing
from bench.store.aside import damage
from bench.store.digests import digest_of
from bench.store.folder import ResultsFolder
from bench.store.json_files import DamagedError


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished study with its leaderboard, which is only copied."""
    root = write_study(tmp_path_factory.mktemp("study") / "results", each=8).root
    report(root, "json")
    return root


@pytest.fixture
def results(compiled: Path, tmp_path: Path) -> Path:
    return shutil.copytree(compiled, tmp_path / "results")


def runs(root: Path) -> list[Path]:
    return sorted((root / "runs").iterdir())


def flip(file: Path, place: int, bit: int = 0) -> None:
    content = bytearray(file.read_bytes())
    content[place] ^= 1 << bit
    file.write_bytes(content)


def test_every_byte_of_a_record_is_under_its_digest(results: Path) -> None:
    run = runs(results)[0]
    whole = (run / "run.json").read_bytes()
    assert damage(run) == ""
    for place in range(0, len(whole), 7):
        (run / "run.json").write_bytes(whole)
        flip(run / "run.json", place, bit=place % 8)
        assert damage(run), whole[max(0, place - 20) : place + 20]


def test_a_damaged_run_is_set_aside_with_its_reason_and_left_out(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = runs(results)[0]
    flip(broken / "predictions.parquet", 300)
    report(results, "csv")
    shown = capsys.readouterr()
    assert f"{broken} is damaged (predictions.parquet: it is not as it was written): it was moved to" in shown.err
    assert not broken.exists()
    aside = broken.with_name(f"{broken.name}.damaged")
    assert (aside / "damage.txt").read_text() == "predictions.parquet: it is not as it was written\n"
    content = json.loads((results / "leaderboard.json").read_text())
    assert sorted(row["runs"] for row in content["rows"]) == [2, 4]  # its seed is incomplete now
    assert any(broken.name in note and "left out" in note for note in content["notes"])


def test_swapped_predictions_are_seen_though_both_files_are_whole(results: Path) -> None:
    one, two = runs(results)[:2]
    for name in ("predictions.parquet", "run.json"):
        first, second = (one / name).read_bytes(), (two / name).read_bytes()
        (one / name).write_bytes(second)
        (two / name).write_bytes(first)
        assert damage(one)
        assert damage(two)
    assert damage(one) == f"run.json is that of run {two.name}"  # each folder is now wholly the other's


@pytest.mark.parametrize("missing", [("run.json",), ("predictions.parquet",), ("run.json", "predictions.parquet")])
def test_a_run_without_its_record_or_predictions_does_not_count(results: Path, missing: tuple[str, ...]) -> None:
    folder, run = ResultsFolder(results), runs(results)[0]
    for name in missing:
        (run / name).unlink()
    assert run.name not in folder.runs.complete()
    with folder.locked():
        (line,) = folder.set_damaged_aside()
    assert f"{missing[0]} is missing" in line


def test_runs_of_before_there_were_digests_read_as_ever(results: Path) -> None:
    before = (results / "leaderboard.json").read_text()
    for run in runs(results):
        forget_digests(run)
    (results / ".digests.json").unlink()
    (results / "leaderboard.json").unlink()
    report(results, "json")
    assert (results / "leaderboard.json").read_text() == before


def test_an_edited_leaderboard_is_made_anew_and_that_is_said(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (results / "leaderboard.md").read_text()
    (results / "leaderboard.md").write_text(before.replace("resnet34", "my favourite"))
    report(results, "md")
    shown = capsys.readouterr()
    assert f"{results}/leaderboard.md was changed since bench wrote it: it is made anew from the runs." in shown.err
    assert shown.out == (results / "leaderboard.md").read_text() == before


def test_what_may_be_edited_is_used_as_it_is_and_said(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = results / "experiment.toml"
    file.write_text("# mine\n" + file.read_text())
    report(results, "md")
    assert f"{file} was changed since bench wrote it: it is used as it is now" in capsys.readouterr().err
    folder = ResultsFolder(results)
    experiment = folder.experiment()
    assert experiment is not None
    with folder.locked():
        folder.write_experiment(experiment)  # as the next `bench run` does
    assert folder.files.changed() == []


@pytest.mark.parametrize("name", ["cases.parquet", "tables/leaks.csv", "tuned.json", ".digests.json"])
def test_other_changed_files_are_refused_by_name(results: Path, name: str) -> None:
    folder = ResultsFolder(results)
    with folder.locked():
        folder.files.write(name, (results / name).read_bytes() if (results / name).exists() else "[]")
        if name == ".digests.json":
            folder.files.write("tuned.json", "[]")
    (results / "leaderboard.json").unlink()
    flip(results / name, -1, bit=4)
    with pytest.raises(RequestError, match=rf"{name} is damaged \(it is not as it was written\)"):
        report(results, "json")


def test_a_file_that_its_manifest_names_may_not_vanish(results: Path) -> None:
    folder = ResultsFolder(results)
    with folder.locked():
        folder.files.write("tuned.json", "[]")
        (results / "tuned.json").unlink()
    (results / "leaderboard.json").unlink()
    with pytest.raises(RequestError, match=r"tuned.json is damaged \(it is missing\)"):
        report(results, "json")
    with folder.locked():
        folder.files.remove(["tuned.json"])  # by bench itself
    report(results, "json")


def test_a_writer_that_died_before_or_after_its_file_leaves_no_false_alarm(results: Path) -> None:
    files = ResultsFolder(results).files
    files.accept({"cases.parquet": "0" * 64})  # noted, and then killed
    assert files.damage("cases.parquet") == ""
    files.write("cases.parquet", "another")
    assert files.damage("cases.parquet") == ""
    assert "0" * 64 not in (results / ".digests.json").read_text()


def test_a_writer_that_died_before_or_after_a_new_file_leaves_no_false_alarm(results: Path) -> None:
    files, new = ResultsFolder(results).files, results / "tuned.json"
    files.accept({new.name: digest_of(b"new")})  # noted, and then killed
    assert files.damage(new.name) == ""
    new.write_bytes(b"new")  # or only then
    assert files.damage(new.name) == ""
    files.write("leaderboard.md", "another")
    new.unlink()
    assert files.damage(new.name) == "it is missing"


def test_a_command_that_died_before_it_deleted_a_damaged_file_leaves_no_false_alarm(results: Path) -> None:
    files, old = ResultsFolder(results).files, results / "tuned.json"
    files.write(old.name, "old")
    old.write_text("damaged")
    files.accept({old.name: ""})  # noted, and then killed
    files.write("leaderboard.md", "another")
    old.unlink()
    assert files.damage(old.name) == ""


def test_a_changed_model_is_not_used_and_one_that_was_deleted_is_no_damage(results: Path) -> None:
    store, run = ResultsFolder(results).runs, runs(results)[0]
    store.keep_model(run.name, b"weights")
    assert store.read(run.name).model() == b"weights"
    flip(run / "model.safetensors", 2)
    with pytest.raises(DamagedError, match=r"model\.safetensors: it is not as it was written"):
        store.read(run.name).model()
    assert damage(run) == ""
    assert damage(run, thorough=True) == "model.safetensors: it is not as it was written"
    (run / "model.safetensors").unlink()
    assert store.read(run.name).model() is None
    assert damage(run, thorough=True) == ""
    (run / "model.safetensors").write_bytes(b"kept by a process that died before run.json named it")
    reseal(runs(results)[1])
    (runs(results)[1] / "model.safetensors").write_bytes(b"not named")
    assert store.read(runs(results)[1].name).model() is None


def test_a_changed_history_is_refused(results: Path) -> None:
    run = runs(results)[0]
    table = pq.read_table(run / "history.parquet")
    losses = np.array(table["train_loss"]) / 2
    column = table.column_names.index("train_loss")
    pq.write_table(table.set_column(column, "train_loss", [losses]), run / "history.parquet")
    with pytest.raises(BenchError, match=r"is damaged \(history.parquet"):
        ResultsFolder(results).runs.read(run.name).history()


def test_a_removed_results_folder_stops_the_next_write(results: Path) -> None:
    store = ResultsFolder(results).runs
    shutil.rmtree(results)
    with (
        pytest.raises(WriteError, match=f"The results folder {results} is gone") as caught,
        writing(results, "1 run(s) of this call are stored whole"),
    ):
        store.store("0" * 20, lambda folder: None)
    assert "\n" not in str(caught.value)
    assert not results.exists()


def test_the_next_bench_run_does_damaged_and_emptied_runs_again(
    finished: Path, digit_data: Path, bench: Bench, tmp_path: Path
) -> None:
    results = shutil.copytree(finished, tmp_path / "results")
    before, board = predictions(results), (results / "leaderboard.json").read_bytes()
    one, two, *_ = runs(results)
    flip(one / "predictions.parquet", 400)
    for path in two.iterdir():
        path.unlink()
    done = bench("run", "--data", digit_data, *SMALL, "--seeds", "2", "--results", results)
    assert done.returncode == 0, done.stderr
    said = " ".join(done.stdout.split())
    assert f"{one} is damaged (predictions.parquet: it is not as it was written): it was moved to" in said
    assert f"{two} is damaged (run.json is missing)" in said
    assert "2 runs to do (2 of 4 are stored)" in said
    after = predictions(results)
    assert {name: after[name] for name in before} == before
    assert (results / "leaderboard.json").read_bytes() == board


def test_a_results_folder_that_is_taken_away_ends_the_work(
    digit_data: Path, bench_environment: dict[str, str], tmp_path: Path
) -> None:
    results, gone = tmp_path / "results", tmp_path / "elsewhere"
    command = [*INTERRUPTIBLE, "run", "--data", str(digit_data), *SMALL, "--seeds", "15", "--results", str(results)]
    with subprocess.Popen(
        command, env=bench_environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        wait_until(lambda: bool(predictions(results)), "the first run")
        results.rename(gone)
        output, errors = process.communicate(timeout=240)
    assert process.returncode == 1
    (line,) = [line for line in errors.splitlines() if line.startswith("Error:")]
    assert f"The results folder {results} is gone" in line
    assert len(predictions(gone)) < 30
    assert not results.exists(), output
