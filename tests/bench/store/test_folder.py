"""The results folder: whole runs or none, nothing of other data, one writer."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from trees import small_disk

from bench.config.experiment import Experiment
from bench.data.cases import Case
from bench.data.images import PixelSettings
from bench.errors import BenchError, RequestError
from bench.folds.draw import draw_folds
from bench.folds.table import FoldTable
from bench.plan.plan import PlannedBackbone, plan_runs
from bench.plan.recipe import Recipe
from bench.plan.spec import EpochRecord, Numerics, RunResult, RunSpec, Weights
from bench.running import merged
from bench.store.folder import ResultsFolder
from bench.store.runs import RunStore

CASES = [
    *(Case(f"internal/{n}", f"/i/{n}", "ab"[n % 2], f"p{n // 2}", "internal", f"{n:064x}", 8, 8) for n in range(24)),
    *(Case(f"bern/{n}", f"/b/{n}", "ab"[n % 2], None, "bern", f"{n + 50:064x}", 8, 8) for n in range(4)),
]
FOLDS = FoldTable({0: draw_folds([case for case in CASES if case.site == "internal"], 0, folds=2)})
BACKBONE = PlannedBackbone("resnet18", Weights("random", ""), Numerics("fp32"))
SPEC = plan_runs(CASES, FOLDS, ("a", "b"), [BACKBONE], [0], Recipe(), PixelSettings(32))[0]
EPOCH = EpochRecord(0, "full", 0.7, 0.001, 0.6, 0.5, 0.5, 1.0, 12)


def result(spec: RunSpec) -> RunResult:
    first = np.linspace(0.1, 0.9, len(spec.predicted), dtype=np.float32)
    return RunResult("done", np.stack([first, 1 - first], axis=1), (EPOCH,), {"total": 2.0}, {"torch": "2"})


def test_a_run_comes_back_as_it_was_stored(tmp_path: Path) -> None:
    store, name = RunStore(tmp_path), SPEC.run_id
    store.write(SPEC, result(SPEC), 7)
    assert store.complete() == {name}
    stored = store.read(name)
    predictions = stored.predictions()
    assert predictions["case_id"].tolist() == [sample.case_id for sample in SPEC.predicted]
    probabilities = predictions[["p_a", "p_b"]].to_numpy()
    assert np.array_equal(probabilities, result(SPEC).probabilities)
    assert predictions["predicted"].tolist() == ["ab"[column] for column in probabilities.argmax(axis=1)]
    record = stored.record
    assert (record.spec.backbone, record.spec.seed, record.spec.fold) == ("resnet18", 0, SPEC.fold)
    inside = predictions[predictions["site"] == "internal"]
    assert record.metrics["internal"]["accuracy"] == pytest.approx((inside["label"] == inside["predicted"]).mean())
    history = pd.read_parquet(stored.folder / "history.parquet")
    wanted = ["epoch", "phase", "train_loss", "lr", "val_loss", "val_accuracy", "val_macro_f1", "seconds"]
    assert list(history.columns)[: len(wanted)] == wanted


def test_an_id_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    for run_id in ("../outside", "/etc", "a/b"):
        with pytest.raises(BenchError, match="no name of a folder"):
            ResultsFolder(tmp_path).runs.read(run_id)


def test_a_failed_run_is_recorded_but_not_complete(tmp_path: Path) -> None:
    store, name = RunStore(tmp_path), SPEC.run_id
    failed = RunResult("failed", np.zeros((0, 0), dtype=np.float32), error="the loss is nan")
    store.write(SPEC, failed, 7)
    assert store.complete() == set()
    record = json.loads((tmp_path / f"{name}.failed" / "run.json").read_text())
    assert (record["status"], record["error"]) == ("failed", "the loss is nan")
    store.write(SPEC, result(SPEC), 7)
    assert store.complete() == {name}
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_write_cut_short_leaves_no_run(tmp_path: Path) -> None:
    store = RunStore(tmp_path / "runs")
    store.write(SPEC, result(SPEC), 7)
    other = replace(SPEC, seed=1)
    broken = replace(result(other), timings={"total": float("nan")})  # JSON refuses it, half-way through the folder
    with pytest.raises(ValueError, match="JSON"):
        store.write(other, broken, 7)
    (tmp_path / "runs" / ".0123.tmp").mkdir()  # what a killed process leaves
    assert store.complete() == {SPEC.run_id}
    with ResultsFolder(tmp_path).locked():
        assert [path.name for path in (tmp_path / "runs").iterdir()] == [SPEC.run_id]


def test_a_full_disk_leaves_finished_runs_whole(tmp_path: Path) -> None:
    with small_disk(tmp_path, 256 * 1024) as disk:
        store = RunStore(disk / "runs")
        with pytest.raises(OSError, match="No space left"):
            write_many(store)
        stored = store.complete()
        assert len(stored) > 1
        for name in stored:
            assert len(store.read(name).predictions()) == len(SPEC.predicted)
        assert {path.name for path in store.root.iterdir()} == stored


def write_many(store: RunStore) -> None:
    for seed in range(1000):
        spec = replace(SPEC, seed=seed)
        store.write(spec, result(spec), 7)


def test_cases_folds_and_experiment_survive_the_disk(tmp_path: Path) -> None:
    folder = ResultsFolder(tmp_path / "r")
    assert folder.cases() is None
    assert folder.folds() is None
    assert folder.experiment() is None
    experiment = Experiment(internal="/i", external={"bern": "/b"}, seeds=[3, 5], classes={"EDH": "epidural"})
    with folder.locked():
        folder.write_cases(CASES)
        folder.write_folds(FOLDS)
        folder.write_experiment(experiment)
    assert folder.cases() == CASES
    assert folder.folds() == FOLDS
    assert folder.experiment() == experiment


def test_other_data_are_refused(tmp_path: Path) -> None:
    folder = ResultsFolder(tmp_path)
    with folder.locked():
        folder.write_cases(CASES)
        folder.write_experiment(Experiment(class_order=["a", "b"]))
    folder.snapshot().refuse_other_data([replace(case, path="/moved") for case in CASES], ("a", "b"))
    for changed, named in (
        (CASES[1:], "internal/0"),
        ([replace(CASES[0], label="b"), *CASES[1:]], "internal/0"),
        ([replace(CASES[0], group="x"), *CASES[1:]], "internal/1"),  # which has lost its company
        ([replace(CASES[0], digest="f" * 64), *CASES[1:]], "internal/0"),
    ):
        with pytest.raises(RequestError, match=rf"other data.*{named}"):
            folder.snapshot().refuse_other_data(changed, ("a", "b"))
    renamed = [replace(case, group=case.group and f"salted {case.group}") for case in CASES]
    folder.snapshot().refuse_other_data(renamed, ("a", "b"))  # names of groups decide nothing
    with pytest.raises(RequestError, match="with the classes a, b"):
        folder.snapshot().refuse_other_data(CASES, ("b", "a"))


def test_damaged_files_say_which_and_what_to_do(tmp_path: Path) -> None:
    folder, name = ResultsFolder(tmp_path), SPEC.run_id
    folder.runs.write(SPEC, result(SPEC), 7)
    (tmp_path / "runs" / name / "predictions.parquet").write_bytes(b"")
    with pytest.raises(BenchError, match=rf"{name} is damaged \(predictions.parquet: it is not as it was"):
        folder.runs.read(name).predictions()
    (tmp_path / "runs" / name / "run.json").write_text("{")
    with pytest.raises(BenchError, match="Give the command that made it again"):
        folder.runs.read(name)
    (tmp_path / "cases.parquet").write_text("no table")
    with pytest.raises(RequestError, match="no case table"):
        folder.cases()
    before = folder.state()
    (tmp_path / "folds.parquet").write_text("no table")
    assert folder.state() != before
    with pytest.raises(RequestError, match="not a fold table"):
        folder.folds()


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    with (
        ResultsFolder(tmp_path).locked(),
        pytest.raises(RequestError, match="Another bench process"),
        ResultsFolder(tmp_path).locked(),
    ):
        pass
    with ResultsFolder(tmp_path).locked():
        assert (tmp_path / ".lock").exists()


def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for root in (tmp_path / "file" / "results", Path("/proc/results")):
        with pytest.raises(RequestError, match="cannot be written to"), ResultsFolder(root).locked():
            pass


def test_a_folder_that_grew_by_several_calls_keeps_all_of_it() -> None:
    first = Experiment(backbone=["resnet18"], seeds=[0, 1])
    second = Experiment(backbone=["resnet34"], seeds=[1, 2])
    both = merged(second, first)
    assert (both.backbone, both.seeds) == (["resnet18", "resnet34"], [0, 1, 2])
    other = Experiment(backbone=["resnet34"], recipe=Recipe(lr=0.01))
    assert merged(other, first) == other


def test_which_cards_are_used_is_no_difference_but_the_kind_of_device_is() -> None:
    first = Experiment(backbone=["resnet18"], device="cuda")
    grown = merged(Experiment(backbone=["resnet34"], device="cuda:0,cuda:1"), first)
    assert (grown.backbone, grown.device) == (["resnet18", "resnet34"], "cuda:0,cuda:1")
    other = Experiment(backbone=["resnet34"], device="cpu")
    assert merged(other, first) == other
