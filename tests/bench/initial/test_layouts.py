"""Folders and tables as people have them become a configuration that `bench run` takes as it is."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from laid_out import Init, Take, digit, lay_out, read_back
from pydicom.data import get_testdata_file
from scans import write_dicom, write_nifti

from bench.engine.prepare import Prepared


def sites(prepared: Prepared) -> dict[str, int]:
    found: dict[str, int] = {}
    for case in prepared.dataset.cases:
        found[case.site] = found.get(case.site, 0) + 1
    return found


def groups(prepared: Prepared) -> set[str | None]:
    return {case.group for case in prepared.dataset.cases}


def test_one_folder_a_class(init: Init, take: Take, tmp_path: Path) -> None:
    data = lay_out(tmp_path / "data", lambda label, k: f"{label}/{k:04d}.png")
    done = init(data)
    assert done.written == (tmp_path / "experiment.toml",)
    experiment = read_back(done.written[0])
    assert experiment.internal == str(data)
    assert (experiment.folds, experiment.seeds, experiment.level) == (5, [0, 1, 2, 3, 4], "case")
    assert (experiment.image_size, experiment.recipe.batch_size) == (32, 8)
    prepared = take(done.written[0])
    assert sites(prepared) == {"internal": 36}
    assert prepared.folds.number() == 5
    assert done.lines[-1] == "Next: bench run --config experiment.toml"
    assert len(done.lines) < 25


def test_a_folder_that_is_given_some_levels_too_high(init: Init, take: Take, tmp_path: Path) -> None:
    lay_out(tmp_path / "data" / "download" / "digits", lambda label, k: f"{label}/{k}.png")
    (tmp_path / "data" / "README.txt").write_text("Unpacked from digits.zip\n")
    done = init(tmp_path / "data")
    assert read_back(done.written[0]).internal == str(tmp_path / "data/download/digits")
    assert sites(take(done.written[0])) == {"internal": 36}


@pytest.mark.parametrize("parts", [("training", "testing"), ("train", "val")])
def test_parts_for_training_and_testing_are_one_set(
    parts: tuple[str, str], init: Init, take: Take, tmp_path: Path
) -> None:
    data = lay_out(tmp_path / "mnist", lambda label, k: f"{parts[k > 8]}/{label}/{k}.png")
    done = init(data)
    prepared = take(done.written[0])
    assert sites(prepared) == {"internal": 36}
    assert prepared.dataset.classes == ("0", "1", "4")
    assert f"Its folders {min(parts)}, {max(parts)} are parts of one set" in done.written[0].read_text()


def test_hospitals_with_the_same_classes(init: Init, take: Take, tmp_path: Path) -> None:
    data = lay_out(
        tmp_path / "data", lambda label, k: f"{('bern', 'basel', 'chur')[k % 3 if k < 6 else 0]}/{label}/{k}.png"
    )
    done = init(data)
    experiment = read_back(done.written[0])
    assert experiment.internal == str(data / "bern")
    assert experiment.external == {"basel": str(data / "basel"), "chur": str(data / "chur")}
    assert sites(take(done.written[0])) == {"internal": 24, "basel": 6, "chur": 6}
    text = done.written[0].read_text()
    assert "'bern' has 24 images, the most" in text
    assert '# folds = "sites"' in text


def test_internal_and_external(init: Init, take: Take, tmp_path: Path) -> None:
    lay_out(tmp_path / "data/internal", lambda label, k: f"{label}/{k}.png")
    lay_out(tmp_path / "data/external-bern", lambda label, k: f"{label}/{k}.png", first=40, each=4)
    done = init(tmp_path / "data")
    assert read_back(done.written[0]).data == str(tmp_path / "data")
    assert sites(take(done.written[0])) == {"internal": 36, "bern": 12}


def test_sites_in_capitals(init: Init, take: Take, tmp_path: Path) -> None:
    lay_out(tmp_path / "data/Internal", lambda label, k: f"{label}/{k}.png")
    lay_out(tmp_path / "data/External_Bern", lambda label, k: f"{label}/{k}.png", first=40, each=4)
    done = init(tmp_path / "data")
    assert read_back(done.written[0]).external == {"Bern": str(tmp_path / "data/External_Bern")}
    assert sites(take(done.written[0])) == {"internal": 36, "Bern": 12}


def test_patients_in_folders_inside_classes(init: Init, take: Take, tmp_path: Path) -> None:
    data = lay_out(tmp_path / "data", lambda label, k: f"{label}/pat{label}{k % 6:02d}/{k}.png")
    done = init(data)
    experiment = read_back(done.written[0])
    assert (experiment.tree, experiment.folds, experiment.level) == ("class/patient", 5, "group")
    assert len(groups(take(done.written[0]))) == 18


def test_patients_in_folders_above_classes(init: Init, take: Take, tmp_path: Path) -> None:
    data = lay_out(tmp_path / "data", lambda label, k: f"patient{k % 6:02d}/{label}/{k}.png")
    done = init(data)
    assert groups(take(done.written[0])) == {f"patient{k:02d}" for k in range(6)}
    assert done.written[1] == tmp_path / "experiment-images.csv"


@pytest.mark.parametrize(
    ("name", "patient"),
    [("P{0}{1:02d}_{2}.png", "P000"), ("scan_patient-{0}{1}_slice{2}.png", "patient-00"), ("{0}a{1}-{2}.png", "0a0")],
)
def test_patients_in_file_names(name: str, patient: str, init: Init, take: Take, tmp_path: Path) -> None:
    data = lay_out(tmp_path / "data", lambda label, k: f"{label}/{name.format(label, k % 4, k)}")
    done = init(data)
    found = groups(take(done.written[0]))
    assert len(found) == 12
    assert patient in found
    assert read_back(done.written[0]).level == "group"
    assert f"is of {patient}" in done.written[0].read_text()


@pytest.mark.parametrize("name", ["IMG_{2:04d}.png", "{0}_{2:03d}.png", "{2:04d}.png", "2021-05_{2:04d}.png"])
def test_numbers_that_are_no_patients(name: str, init: Init, take: Take, tmp_path: Path) -> None:
    data = lay_out(tmp_path / "data", lambda label, k: f"{label}/{name.format(label, k % 4, k)}")
    done = init(data)
    assert groups(take(done.written[0])) == {None}
    assert "patients: not known; each image counts by itself" in "\n".join(done.lines)


def test_a_manifest_under_its_own_names(init: Init, take: Take, tmp_path: Path) -> None:
    data = lay_out(tmp_path / "data", lambda label, k: f"scans/{label}{k:02d}.png")
    rows = [
        {"file_name": f"scans/{label}{k:02d}.png", "diagnosis": f"d{label}", "patient_id": f"{label}{k % 6}", "age": k}
        for label in (0, 1, 4)
        for k in range(12)
    ]
    pd.DataFrame(rows).to_csv(data / "labels.csv", index=False)
    for given in (data, data / "labels.csv"):
        done = init(given, force=True)
        experiment = read_back(done.written[0])
        assert experiment.columns == {"path": "file_name", "label": "diagnosis", "group": "patient_id"}
        assert experiment.level == "group"
        assert len(groups(take(done.written[0]))) == 18


def test_a_manifest_whose_sites_are_hospitals(init: Init, take: Take, tmp_path: Path) -> None:
    data = lay_out(tmp_path / "data", lambda label, k: f"{label}{k:02d}.png")
    rows = [
        {
            "path": f"{label}{k:02d}.png",
            "label": label,
            "hospital": "bern" if k % 4 else "zug",
            "sex": "f" if k else "m",
        }
        for label in (0, 1, 4)
        for k in range(12)
    ]
    pd.DataFrame(rows).to_csv(data / "all.csv", index=False)
    done = init(data / "all.csv")
    prepared = take(done.written[0])
    assert sites(prepared) == {"internal": 27, "zug": 9}
    assert {case.extra["sex"] for case in prepared.dataset.cases} == {"f", "m"}
    assert "none of its sites is called internal ('bern'" in done.written[0].read_text().replace("\n# ", " ")


def test_dicom_files_of_patients(init: Init, take: Take, tmp_path: Path) -> None:
    for label in (0, 1, 4):
        for k in range(12):
            stored = np.asarray(digit(100 * label + k), dtype=np.int16) + 1024
            write_dicom(tmp_path / f"data/{label}/{k}", stored, PatientID=f"{label}-{k % 4}")
    done = init(tmp_path / "data")
    experiment = read_back(done.written[0])
    assert (experiment.level, experiment.folds, experiment.internal) == ("group", 4, str(tmp_path / "data"))
    assert len(groups(take(done.written[0]))) == 12
    assert "patient" not in {part.rpartition("-")[0] for part in done.written[0].read_text().split()}


def test_dicom_files_that_all_bear_one_patient(init: Init, take: Take, tmp_path: Path) -> None:
    for label in (0, 1):
        for k in range(6):
            stored = np.asarray(digit(100 * label + k), dtype=np.int16) + 1024
            write_dicom(tmp_path / f"data/{label}/{k}.dcm", stored, PatientID="ANONYMOUS")
    done = init(tmp_path / "data")
    assert read_back(done.written[0]).group_by == "study"
    assert len(groups(take(done.written[0]))) == 12
    assert any("each study is taken for a patient" in line for line in done.lines)


def test_files_of_scanners_and_programs(init: Init, take: Take, tmp_path: Path) -> None:
    """Files that pydicom tests itself with: CT and MR, in several codings, of four patients."""
    names = {"ct": ("CT_small.dcm", "JPEG2000.dcm", "693_J2KI.dcm"), "mr": ("MR_small.dcm", "examples_overlay.dcm")}
    for label, files in names.items():
        for name in files:
            found = get_testdata_file(name)
            assert found is not None
            place = tmp_path / "data" / label / name
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(found, place)
    done = init(tmp_path / "data")
    assert read_back(done.written[0]).folds == 2
    assert sites(take(done.written[0])) == {"internal": 5}


def test_nifti_volumes(init: Init, take: Take, tmp_path: Path) -> None:
    for label in (0, 1):
        for k in range(4):
            slices = [np.asarray(digit(100 * label + 3 * k + z), dtype=np.int16) for z in range(3)]
            write_nifti(tmp_path / f"data/{label}/{k}.nii.gz", np.stack(slices, axis=-1))
    done = init(tmp_path / "data")
    experiment = read_back(done.written[0])
    assert (experiment.level, experiment.folds) == ("group", 4)
    assert len(groups(take(done.written[0]))) == 8
