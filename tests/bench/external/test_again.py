"""Importing again: the same changes nothing, other predictions replace nothing, an interrupted import goes on."""

import os
import signal
import subprocess
from pathlib import Path

import pandas as pd
import pytest
from processes import BENCH, predictions, wait_until
from trees import small_disk

from bench.errors import RequestError, WriteError
from bench.folds.table import FoldTable
from bench.store.folder import ResultsFolder


def contents(root: Path) -> dict[Path, tuple[bytes, int]]:
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in root.rglob("*") if path.is_file()}


def test_the_same_file_changes_nothing(by_hand, bring, tmp_path: Path) -> None:
    first = bring(by_hand)
    assert first["printed"].startswith("4 run(s) imported.")
    before = contents(tmp_path / "results")
    again = bring(by_hand)
    assert again["printed"].startswith("0 run(s) imported; 4 were there already.")
    assert contents(tmp_path / "results") == before


def test_other_predictions_of_the_same_name_are_refused(by_hand, bring, tmp_path: Path) -> None:
    bring(by_hand)
    before = contents(tmp_path / "results")
    other = by_hand.assign(predicted=by_hand["label"])
    with pytest.raises(RequestError, match="Other predictions of net, seed 1, fold 0 were imported before"):
        bring(other)
    whole = other[(other["site"] == "internal") & (other["seed"] == 0)].drop(columns="fold").assign(seed=5)
    with pytest.raises(RequestError, match="was imported with folds before, and now comes without"):
        bring(whole)
    with pytest.raises(RequestError, match="was imported without probabilities before, and now comes with"):
        bring(by_hand.assign(seed=by_hand["seed"] + 2, p_a=0.5, p_b=0.5))
    assert contents(tmp_path / "results") == before
    rows = bring(other.assign(recipe="second try"))["rows"]
    assert {row["recipe"]: row["internal"]["accuracy"]["value"] for row in rows} == {
        "imported": pytest.approx(0.625),
        "second try": 1.0,
    }


def test_further_seeds_and_backbones_join_an_imported_folder(by_hand, bring, tmp_path: Path) -> None:
    bring(by_hand)
    rows = bring(by_hand.assign(seed=by_hand["seed"] + 2))["rows"]
    assert [row["seed_list"] for row in rows] == [[0, 1, 2, 3]]
    rows = bring(by_hand.assign(backbone="other"))["rows"]
    assert {row["backbone"]: len(row["seed_list"]) for row in rows} == {"net": 4, "other": 2}
    experiment = ResultsFolder(tmp_path / "results").experiment()
    assert experiment is not None
    assert (experiment.backbone, experiment.seeds) == (["net", "other"], [0, 1, 2, 3])
    with pytest.raises(RequestError, match="have a fold beyond 1"):
        bring(by_hand.assign(seed=9, fold=by_hand["fold"] * 3)[by_hand["seed"] == 0])


def test_runs_of_folds_edited_since_are_left_out(by_hand, bring, tmp_path: Path) -> None:
    bring(by_hand)
    folder = ResultsFolder(tmp_path / "results")
    folds = folder.folds()
    assert folds is not None
    with folder.locked():
        folder.write_folds(FoldTable({**folds.by_seed, 1: {case: 1 - fold for case, fold in folds.by_seed[1].items()}}))
    leaderboard = bring(by_hand[by_hand["seed"] == 0])
    assert leaderboard["rows"][0]["seed_list"] == [0]
    assert "net: 2 stored run(s) belong to folds that folds.parquet no longer has" in leaderboard["printed"]


def test_a_killed_import_leaves_whole_runs_and_goes_on(by_hand, bring, bench_environment, tmp_path: Path) -> None:
    table = pd.concat([by_hand.assign(seed=by_hand["seed"] + 2 * number) for number in range(40)])
    table.to_csv(tmp_path / "many.csv", index=False)
    results = tmp_path / "killed"
    command = [*BENCH, "import", str(tmp_path / "many.csv"), "--results", str(results)]
    with subprocess.Popen(command, env=bench_environment, stdout=subprocess.DEVNULL) as process:
        wait_until(lambda: len(predictions(results)) > 3, "some runs")
        os.kill(process.pid, signal.SIGKILL)
    stored = predictions(results)
    assert 3 < len(stored) < 160
    for name in stored:
        assert len(ResultsFolder(results).runs.read(name).predictions()) == 4
    leaderboard = bring(tmp_path / "many.csv", results=results)
    assert f"; {len(stored)} were there already." in leaderboard["printed"]
    assert {path.name for path in (results / "runs").iterdir()} == predictions(results).keys()
    assert (len(predictions(results)), leaderboard["rows"][0]["runs"]) == (160, 160)


def test_a_full_disk_leaves_whole_runs_and_says_so(by_hand, bring, tmp_path: Path) -> None:
    table = pd.concat([by_hand.assign(seed=by_hand["seed"] + 2 * number) for number in range(10)])
    with small_disk(tmp_path, 256 * 1024) as disk:
        with pytest.raises(WriteError, match=r"No space left on device. \d+ run\(s\) of this call are stored whole"):
            bring(table, results=disk / "r")
        stored = predictions(disk / "r")
        assert 1 < len(stored) < 40
        assert {path.name for path in (disk / "r" / "runs").iterdir()} == stored.keys()
