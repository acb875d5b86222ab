"""Heads of the phantom as volumes: from files to slices that are trained on and patients that are ranked."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from processes import Bench
from scans import write_dicom, write_nifti
from sklearn.metrics import accuracy_score

from bench.data.nifti import slice_values
from bench.phantom import CLASSES, write_phantom
from bench.phantom.sites import SITES, Site
from bench.phantom.volume import SPACING_MM, scan_volume

SLICES, HEADS = 3, {"internal": 12, "external": 6}
ORDER = "epidural,subdural,intracerebral,subarachnoid,others,normal"


def volume(site: Site, index: int) -> np.ndarray:
    """Hounsfield units of a head: (slices, rows, columns), front up, right side left."""
    return np.stack([one.scan.hu for one in scan_volume(2, site, index, SLICES)]).round().astype(np.int16)


def as_nifti(root: Path) -> list[str | Path]:
    for site in SITES:
        for index in range(HEADS[site.name]):
            upright, file = volume(site, index), root / site.name / CLASSES[index % 6] / f"{index:02d}.nii.gz"
            voxels = np.ascontiguousarray(upright[:, ::-1, ::-1].T)
            write_nifti(file, voxels, np.diag([0.95, 0.95, SPACING_MM, 1]))
            assert np.array_equal(list(slice_values(file, range(SLICES), 10**6)), upright)
    return ["--data", root]


def as_dicom(root: Path) -> list[str | Path]:
    for site in SITES:
        for index in range(HEADS[site.name]):
            for number, values in enumerate(volume(site, index)):
                file = root / site.name / CLASSES[index % 6] / f"{index:02d}-{number}.dcm"
                stored = (values + 1024).clip(0).astype(np.uint16)
                write_dicom(file, stored, PatientID=f"{site.name}-{index}", InstanceNumber=number + 1)
    return ["--data", root]


def as_pictures(root: Path) -> list[str | Path]:
    write_phantom(root, cases=HEADS["internal"], external_cases=HEADS["external"], seed=2, slices=SLICES, workers=1)
    return ["--data", root / "manifest.csv", "--label-order", ORDER]


@pytest.mark.parametrize("write", [as_nifti, as_dicom, as_pictures])
def test_the_table_of_patients_has_a_row_a_head(tmp_path: Path, bench: Bench, write) -> None:
    given, results = write(tmp_path / "data"), tmp_path / "results"
    options = ["--backbone", "test_resnet", "--weights", "random", "--seeds", "1", "--folds", "2", "--epochs", "1"]
    done = bench("run", *given, *options, "--level", "group", "--image-size", "32", "--results", results)
    assert done.returncode == 0, done.stderr
    cases = pd.read_parquet(results / "cases.parquet")
    assert len(cases) == SLICES * sum(HEADS.values())
    assert cases.groupby("site")["group"].nunique().to_dict() == HEADS
    content = json.loads((results / "leaderboard.json").read_text())
    (row,) = content["groups"]["rows"]
    assert {side: one["cases"] for side, one in row["clusters"].items()} == HEADS
    (beside,) = content["rows"]
    assert {side: one["cases"] for side, one in beside["clusters"].items()} == {k: SLICES * n for k, n in HEADS.items()}
    assert row["external"]["external"]["accuracy"]["value"] == pytest.approx(np.mean(accuracies(results, cases)))
    folds = pd.read_parquet(results / "folds.parquet").merge(cases, on="case_id")
    assert set(folds.groupby(["seed", "group"])["fold"].nunique()) == {1}
    assert "of 100 groups" in done.stdout
    assert "## Leaderboard (groups)" in (results / "leaderboard.md").read_text()


def test_slices_with_neighbours_stand_beside_single_ones_and_are_compared(tmp_path: Path, bench: Bench) -> None:
    given, results = as_nifti(tmp_path / "data"), tmp_path / "results"
    options = ["--backbone", "test_resnet", "--weights", "random", "--seeds", "2", "--folds", "2", "--epochs", "1"]
    for slices in ("1", "3", "3"):
        done = bench("run", *given, *options, "--image-size", "32", "--slices", slices, "--results", results)
        assert done.returncode == 0, done.stderr
    assert "All 4 runs are stored; nothing to train." in done.stdout
    content = json.loads((results / "leaderboard.json").read_text())
    assert {row["recipe"] for row in content["rows"]} == {
        "fine-tune, epochs 1, slices 1",
        "fine-tune, epochs 1, slices 3",
    }
    compared = [one for one in content["comparisons"] if one["endpoint"] == "internal.macro_f1"]
    assert len(compared) == 1
    assert compared[0]["difference"]["value"] is not None
    stored = [json.loads(file.read_text())["spec"]["pixels"] for file in results.glob("runs/*/run.json")]
    assert sorted("slices" in pixels for pixels in stored) == [False] * 4 + [True] * 4
    done = bench("verify", results, "--retrain", "8")
    assert done.returncode == 0, done.stdout + done.stderr
    done = bench("explain", results)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "left out" not in done.stdout + done.stderr
    names = [f"test_resnet (random, fine-tune, epochs 1, slices {slices})" for slices in ("1", "3")]
    assert all(name in done.stdout for name in names)
    galleries = [file.name for file in results.glob("explain/galleries/*.png")]
    assert all(any(f"slices_{slices}_" in name for name in galleries) for slices in ("1", "3"))


def test_attention_is_trained_on_groups_and_says_that_cases_have_their_groups_prediction(
    tmp_path: Path, bench: Bench
) -> None:
    given, results = as_pictures(tmp_path / "data"), tmp_path / "results"
    options = ["--backbone", "test_resnet", "--weights", "random", "--seeds", "1", "--folds", "2", "--image-size", "32"]
    options += ["--recipe", "attention-probe", "--level", "group", "--results", results]
    done = bench("run", *given, *options, "--training-draws", "2")
    assert done.returncode == 0, done.stderr
    content = json.loads((results / "leaderboard.json").read_text())
    (row,) = content["groups"]["rows"]
    assert content["groups"]["training_populations"]["test_resnet"]["draws"] == {"0": 2}
    for run in [folder for folder in (results / "runs").iterdir() if drawn(folder)]:
        shutil.rmtree(run)  # what follows is of the others
    assert row["recipe"] == f"attention probe, label order {ORDER.replace(',', ' > ')}"
    assert any(stamp.startswith("each case has the prediction of its group") for stamp in row["stamps"])
    cases = pd.read_parquet(results / "cases.parquet")[["case_id", "group"]]
    for run in (results / "runs").iterdir():
        table = pd.read_parquet(run / "predictions.parquet").merge(cases, on="case_id")
        assert set(table.groupby("group")["predicted"].nunique()) == {1}
    assert row["external"]["external"]["accuracy"]["value"] == pytest.approx(
        np.mean(accuracies(results, pd.read_parquet(results / "cases.parquet")))
    )


def test_attention_is_trained_again_where_another_order_labels_its_groups(tmp_path: Path, bench: Bench) -> None:
    given, results = as_pictures(tmp_path / "data")[:2], tmp_path / "results"
    options = ["--backbone", "test_resnet", "--weights", "random", "--seeds", "1", "--folds", "2", "--image-size", "32"]
    options += ["--recipe", "attention-probe", "--level", "group", "--results", results]
    other = ",".join(["normal", *ORDER.split(",")[:-1]])
    assert bench("run", *given, *options, "--label-order", ORDER).returncode == 0
    done = bench("run", *given, *options, "--label-order", other)
    assert done.returncode == 0, done.stderr
    said = done.stdout + done.stderr
    assert f"trained on groups labelled by {ORDER.replace(',', ' > ')}, and --label-order now labels them by" in said
    assert "2 runs to do (0 of 2 are stored)" in said
    content = json.loads((results / "leaderboard.json").read_text())["groups"]
    (row,) = content["rows"]
    assert row["recipe"] == f"attention probe, label order {other.replace(',', ' > ')}"
    assert any("left out where they are labelled by normal > epidural" in note for note in content["notes"])
    status = json.loads(bench("status", results, "--json").stdout)["runs"]
    assert (status["planned"], status["done"], status["unplanned"]) == (2, 2, 2)
    before = bench("report", results, "--level", "group", "--label-order", ORDER, "--format", "json")
    (row,) = json.loads(before.stdout)["rows"]
    assert row["recipe"] == f"attention probe, label order {ORDER.replace(',', ' > ')}"
    assert bench("verify", results).returncode == 0
    third = bench("report", results, "--level", "group", "--label-order", ",".join(reversed(ORDER.split(","))))
    assert third.returncode == 2
    assert "Give bench run with this --label-order" in third.stderr


def test_attention_without_groups_is_refused_before_training(tmp_path: Path, bench: Bench, digit_data: Path) -> None:
    done = bench("run", "--data", digit_data, "--recipe", "attention-probe", "--results", tmp_path / "results")
    assert done.returncode == 2
    assert "Groups cannot be ranked or trained on" in done.stderr
    assert not (tmp_path / "results" / "runs").exists()


def drawn(run: Path) -> bool:
    return bool(json.loads((run / "run.json").read_text())["spec"]["replicate"])


def accuracies(results: Path, cases: pd.DataFrame) -> list[float]:
    """Of each fold model at the external site: the mean probability of a head's slices against what the head has."""
    found, order = [], ORDER.split(",")
    for run in (results / "runs").iterdir():
        table = pd.read_parquet(run / "predictions.parquet").merge(cases[["case_id", "group"]], on="case_id")
        of = table[table["site"] == "external"].groupby("group")
        predicted = of[[f"p_{name}" for name in CLASSES]].mean().idxmax(axis=1).str[2:]
        truth = of["label"].agg(lambda labels: min(labels, key=order.index))
        found.append(accuracy_score(truth, predicted))
    return found
