"""Which cases there are, as a user meets it: each refusal has a line to type, and that line works."""

import json
import shlex
from pathlib import Path

import numpy as np
import pandas as pd
from processes import SMALL, Bench
from scans import write_dicom
from trees import write_digit_tree

ONE_RUN = (*SMALL, "--epochs", "1", "--seeds", "1", "--weights", "random")


def test_a_folder_of_sites_is_not_one_hospital(bench: Bench, digit_data: Path, tmp_path: Path) -> None:
    options = [*ONE_RUN, "--results", tmp_path / "r"]
    stopped = bench("run", "--internal", digit_data, *options)
    assert stopped.returncode == 2
    assert not (tmp_path / "r").exists()
    line = stopped.stderr.strip().partition("instead: ")[2]
    assert shlex.split(line) == ["--data", str(digit_data)]
    done = bench("run", *shlex.split(line), *options)
    assert done.returncode == 0, done.stderr
    assert pd.read_parquet(tmp_path / "r" / "cases.parquet")["site"].value_counts().to_dict() == {
        "internal": 90,
        "external": 30,
    }


def test_patients_that_are_not_used_are_said_and_counted_everywhere(bench: Bench, tmp_path: Path) -> None:
    tree = write_digit_tree(tmp_path / "tree", [0, 1], 12)
    files = sorted(tree.rglob("*.png"))
    rows = [(f.relative_to(tree).as_posix(), f.parent.name, f"p{n // 2}") for n, f in enumerate(files)]
    pd.DataFrame(rows, columns=["path", "label", "patient_id"]).to_csv(tree / "list.csv", index=False)
    command = ["run", "--internal", tree / "list.csv", *ONE_RUN]
    done = bench(*command, "--results", tmp_path / "r")
    assert done.returncode == 0, done.stderr
    assert "24 image(s) that count as a patient each, though column 'patient_id' looks like patients" in done.stdout
    assert "--column group=patient_id" in done.stdout
    said = "No patient is known of 24 of 24 cases: intervals treat each of these cases as a patient."
    assert said in (tmp_path / "r" / "leaderboard.md").read_text()
    content = json.loads((tmp_path / "r" / "leaderboard.json").read_text())
    assert (content["cases"], content["cases_without_patient"]) == (24, 24)
    assert said in content["notes"]
    assert bench("report", tmp_path / "r", "--format", "html").returncode == 0
    assert said in (tmp_path / "r" / "report.html").read_text()

    named = bench(*command, "--column", "group=patient_id", "--results", tmp_path / "named")
    assert named.returncode == 0, named.stderr
    assert "looks like patients" not in named.stdout
    content = json.loads((tmp_path / "named" / "leaderboard.json").read_text())
    assert content["cases_without_patient"] == 0
    assert "The patient of each of the 24 cases is known: 12 groups." in content["notes"]


def test_one_patient_id_for_all_files_names_the_cause_and_the_line(bench: Bench, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for number in range(20):
        pixels = rng.integers(0, 1200, (32, 32)).astype(np.uint16) + 800 * (number % 2)
        write_dicom(tmp_path / "anon" / "ab"[number % 2] / f"{number}.dcm", pixels, PatientID="ANON")
    command = ["run", "--internal", tmp_path / "anon", *ONE_RUN, "--results", tmp_path / "r"]
    stopped = bench(*command)
    assert stopped.returncode == 2
    said = " ".join(stopped.stderr.split())
    assert "Class 'a' has 1 groups (patients) in 10 cases, fewer than the 2 folds asked for." in said
    assert "The 20 DICOM files have the same patient (PatientID) for 20 studies and 20 series" in said
    assert "fewer folds" not in said
    assert "ANON" not in said.replace(str(tmp_path), "")
    option = said[said.index("--group-by") :].removesuffix(".").split()
    assert option == ["--group-by", "study"]
    done = bench(*command, *option)
    assert done.returncode == 0, done.stderr
    assert pd.read_parquet(tmp_path / "r" / "cases.parquet")["group"].nunique() == 20
    assert 'group_by = "study"' in (tmp_path / "r" / "experiment.toml").read_text()


def test_one_patient_in_a_manifest_names_the_finer_column(bench: Bench, tmp_path: Path) -> None:
    tree = write_digit_tree(tmp_path / "tree", [0, 1], 8)
    files = sorted(tree.rglob("*.png"))
    rows = [(f.relative_to(tree).as_posix(), f.parent.name, "ANON", f"s{n}") for n, f in enumerate(files)]
    pd.DataFrame(rows, columns=["path", "label", "group", "study"]).to_csv(tree / "list.csv", index=False)
    command = ["run", "--internal", tree / "list.csv", *ONE_RUN, "--results", tmp_path / "r"]
    stopped = bench(*command)
    assert stopped.returncode == 2
    assert "have 1 patient(s), but 16 different values in column 'study'" in stopped.stderr
    assert "--column group=study" in stopped.stderr
    assert bench(*command, "--column", "group=study").returncode == 0


def test_patient_folders_become_groups_for_run_and_audit(bench: Bench, tmp_path: Path) -> None:
    for digit in (0, 1):
        tree = write_digit_tree(tmp_path / "flat", [digit], 12, size=16) / str(digit)
        for number, file in enumerate(sorted(tree.glob("*.png"))):
            there = tmp_path / "set" / str(digit) / f"p{digit}{number // 2}"
            there.mkdir(parents=True, exist_ok=True)
            file.rename(there / file.name)
    done = bench("run", "--internal", tmp_path / "set", *ONE_RUN, "--results", tmp_path / "r")
    assert done.returncode == 0, done.stderr
    assert "24 image(s) whose folder inside the class is taken for the patient" in done.stdout
    cases = pd.read_parquet(tmp_path / "r" / "cases.parquet")
    assert cases.groupby("label")["group"].nunique().to_dict() == {"0": 6, "1": 6}
    audit = bench("data", "audit", tmp_path / "set", "--out", tmp_path / "audit")
    assert audit.returncode == 0, audit.stderr
    assert "internal: 0 12, 1 12" in audit.stdout or ": 0 12, 1 12" in audit.stdout
    assert "is taken for the patient" in audit.stdout
