"""Public sets in small, laid out exactly as they download."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from scans import write_dicom, write_nifti
from trees import READ

from bench.data.cases import FoundImage
from bench.data.images import PixelSettings, decode
from bench.data.public import bhsd, cq500, ct_ich, rsna_2019
from bench.data.public.multilabel import label_of
from bench.errors import RequestError

KINDS = ("epidural", "intraparenchymal", "intraventricular", "subarachnoid", "subdural")


def labels(images: Sequence[FoundImage]) -> dict[str, str]:
    return {image.case_id.removeprefix("s/"): image.label for image in images}


def refused(reader: Any, root: Path, **options: Any) -> str:
    with pytest.raises(RequestError) as caught:
        reader.read(root, "s", replace(READ, **options))
    return str(caught.value)


def test_a_slice_with_several_bleeds_follows_the_rule() -> None:
    both = ["subarachnoid", "epidural"]
    assert label_of([], "single-only") == "normal"
    assert label_of(["subdural"], "others") == "subdural"
    assert [label_of(both, rule) for rule in ("single-only", "priority", "others")] == [None, "epidural", "others"]


# RSNA 2019 --------------------------------------------------------------------------------------------------------


def rsna_rows(name: str, *found: str) -> list[str]:
    values = {kind: int(kind in found) for kind in KINDS} | {"any": int(bool(found))}
    return [f"{name}_{kind},{value}" for kind, value in values.items()]


def write_rsna(root: Path, rows: Sequence[str], folder: str = "stage_2_train") -> Path:
    root.mkdir(exist_ok=True)
    (root / "stage_2_train.csv").write_text("ID,Label\n" + "\n".join(rows) + "\n")
    for number, name in enumerate(["ID_0a1", "ID_0b2", "ID_0c3"]):
        stored = np.full((8, 8), 1024 + number, dtype=np.uint16)
        write_dicom(root / folder / f"{name}.dcm", stored, PatientID=f"ID_patient{number // 2}")
    return root


RSNA = [*rsna_rows("ID_0a1", "subdural"), *rsna_rows("ID_0b2"), *rsna_rows("ID_0c3", "epidural", "subdural")]


@pytest.mark.parametrize("folder", ["stage_2_train", "stage_2_train_images"])
def test_rsna(tmp_path: Path, folder: str) -> None:
    rows = [*RSNA, *rsna_rows("ID_elsewhere", "subdural"), *rsna_rows("ID_0b2")]  # the real table repeats some
    found = rsna_2019.read(write_rsna(tmp_path / "set", rows, folder), "s", READ)
    assert labels(found) == {f"{folder}/ID_0a1.dcm": "subdural", f"{folder}/ID_0b2.dcm": "normal"}
    assert found[0].group == found[1].group
    every = rsna_2019.read(tmp_path / "set", "s", replace(READ, multilabel="others"))
    assert every[2].label == "others"
    assert every[2].group != found[0].group
    assert "ID_patient" not in str(every)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (RSNA[:-1], "fewer than six rows for ID_0c3"),
        (RSNA[:12], "no rows for ID_0c3"),
        ([*RSNA, "ID_0a1_subdural,0"], "contradict another row of the same image and kind: row(s) 6, 20"),
        ([*RSNA[:5], "ID_0a1_any,0", *RSNA[6:]], "'any' contradicts the five kinds for ID_0a1"),
        ([*RSNA, "ID_0a1_unknown,0"], "not ID_…_ and a kind of bleed: row(s) 20"),
        ([*RSNA[:3], "ID_0a1_subarachnoid,x", *RSNA[4:]], "neither 0 nor 1: row(s) 5"),
    ],
)
def test_rsna_tables_that_are_refused(tmp_path: Path, rows: list[str], reason: str) -> None:
    assert reason in refused(rsna_2019, write_rsna(tmp_path / "set", rows))


def test_rsna_without_images_or_table(tmp_path: Path) -> None:
    assert "holds neither stage_2_train" in refused(rsna_2019, tmp_path)
    (tmp_path / "stage_2_train").mkdir()
    assert "No .dcm file" in refused(rsna_2019, tmp_path)
    write_dicom(tmp_path / "stage_2_train" / "ID_0a1.dcm", np.zeros((4, 4), dtype=np.uint16))
    assert "There is no" in refused(rsna_2019, tmp_path)


# CQ500 ------------------------------------------------------------------------------------------------------------

READS = ("ICH", "IPH", "IVH", "SDH", "EDH", "SAH", "BleedLocation-Left", "Fracture")


def write_cq500(root: Path, reads: dict[int, Sequence[Sequence[str]]]) -> Path:
    """`reads`: scan → for each of three readers, the kinds that they saw."""
    root.mkdir()
    header = ["name", "Category", *(f"R{reader}:{kind}" for reader in (1, 2, 3) for kind in READS)]
    lines = [",".join(header)]
    for scan, readers in reads.items():
        cells = [str(int(kind in seen)) for seen in readers for kind in READS]
        lines.append(",".join([f"CQ500-CT-{scan}", "B1", *cells]))
    (root / "reads.csv").write_bytes(b"\xef\xbb\xbf" + "\n".join(lines).encode())
    for scan in reads:
        study = root / f"CQ500CT{scan} CQ500CT{scan}" / "Unknown Study"
        for series in ("CT PLAIN THIN", "CT POST CONTRAST THIN", "CT BONE", "CT PRE CONTRAST 5MM"):
            for number in range(2):
                stored = np.full((4, 4), 1000 + 10 * scan + number, dtype=np.uint16)
                write_dicom(study / series / f"CT{number:06d}.dcm", stored, PatientID=f"CQ500-CT-{scan}")
    return root


def test_cq500_takes_the_majority_and_plain_series(tmp_path: Path) -> None:
    reads = {
        0: [["ICH", "SDH"], ["ICH", "SDH", "SAH"], ["ICH", "SAH", "IPH"]],  # subdural and subarachnoid
        3: [["ICH", "EDH"], ["ICH", "EDH"], []],
        12: [["ICH", "IPH"], [], []],  # one of three
        41: [["ICH", "IPH"], ["ICH", "EDH"], []],  # bleeding, kinds disputed
    }
    root = write_cq500(tmp_path / "set", reads)
    found = cq500.read(root, "s", READ)
    by_scan = {image.group: image.label for image in found}
    assert by_scan == {"s/CQ500-CT-3": "epidural", "s/CQ500-CT-12": "normal", "s/CQ500-CT-41": "others"}
    assert {image.extra["series"] for image in found} == {"CT PLAIN THIN", "CT PRE CONTRAST 5MM"}
    assert len(found) == 3 * 2 * 2
    priority = cq500.read(root, "s", replace(READ, multilabel="priority"))
    assert {i.label for i in priority if i.group == "s/CQ500-CT-0"} == {"subdural"}


def test_cq500_that_is_refused(tmp_path: Path) -> None:
    root = write_cq500(tmp_path / "set", {0: [[], [], []]})
    write_dicom(root / "CQ500CT7 CQ500CT7" / "CT PLAIN" / "CT000000.dcm", np.zeros((4, 4), dtype=np.uint16))
    assert "no row CQ500-CT-7" in refused(cq500, root)
    (root / "reads.csv").write_text("name,Category\nCQ500-CT-0,B1\n")
    assert "no column R1:ICH" in refused(cq500, root)


# CT-ICH -----------------------------------------------------------------------------------------------------------

COLUMNS = ("Intraventricular", "Intraparenchymal", "Subarachnoid", "Epidural", "Subdural", "No_Hemorrhage")


def ct_ich_table(rows: Sequence[tuple[int, int, str]]) -> str:
    lines = [",".join(["PatientNumber", "SliceNumber", *COLUMNS, "Fracture_Yes_No"])]
    for patient, number, kind in rows:
        cells = [str(int(kind == column)) for column in COLUMNS]
        lines.append(",".join([str(patient), str(number), *cells, "0"]))
    return "\n".join(lines) + "\n"


ROWS = [
    (49, 1, "No_Hemorrhage"),
    (49, 2, "Epidural"),
    (49, 3, "No_Hemorrhage"),
    (50, 1, "Subdural"),
    (61, 1, "Subdural"),
]


def write_ct_ich(root: Path, rows: Sequence[tuple[int, int, str]] = ROWS) -> Path:
    volume = np.stack([np.full((6, 5), 40 * number, dtype=np.int16) for number in range(3)], axis=-1)
    for folder in ("ct_scans", "masks"):
        write_nifti(root / folder / "049.nii", volume)
        write_nifti(root / folder / "050.nii", volume[..., :1])
    (root / "hemorrhage_diagnosis_raw_ct.csv").write_text(ct_ich_table(rows))
    (root / "Patient_demographics.csv").write_text("Patient Number,Age\n49,50\n")
    return root


def test_ct_ich_volumes(tmp_path: Path) -> None:
    found = ct_ich.read(write_ct_ich(tmp_path), "s", READ)
    assert [(i.case_id, i.label, i.part, i.group) for i in found] == [
        ("s/ct_scans/049.nii#000", "normal", 0, "s/049"),
        ("s/ct_scans/049.nii#001", "epidural", 1, "s/049"),
        ("s/ct_scans/049.nii#002", "normal", 2, "s/049"),
        ("s/ct_scans/050.nii#000", "subdural", 0, "s/050"),
    ]
    assert found[1].extra == {"mask": str(tmp_path / "masks" / "049.nii"), "fracture": "0"}
    # SliceNumber 2 is the slice of 40 HU, the middle of the brain window
    pixels = decode(Path(found[1].path), PixelSettings(8, "stretch", windows=("brain",)), found[1].part).pixels
    assert pixels.min() == pixels.max() == 128


def test_ct_ich_pictures(tmp_path: Path) -> None:
    for patient, number in ((49, 1), (49, 2), (49, 3), (50, 1)):
        for window in ("brain", "bone"):
            folder = tmp_path / "Patients_CT" / f"{patient:03d}" / window
            folder.mkdir(parents=True, exist_ok=True)
            Image.new("L", (8, 8), 40 * number).save(folder / f"{number}.jpg")
    Image.new("L", (8, 8)).save(tmp_path / "Patients_CT" / "049" / "brain" / "2_HGE_Seg.jpg")
    (tmp_path / "hemorrhage_diagnosis.csv").write_text(ct_ich_table(ROWS))
    found = ct_ich.read(tmp_path, "s", READ)
    assert labels(found)["Patients_CT/049/brain/2.jpg"] == "epidural"
    assert len(found) == 4
    assert [bool(image.extra.get("mask")) for image in found] == [False, True, False, False]


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([*ROWS, (50, 2, "Subdural")], "slices that are not below"),
        ([*ROWS, (49, 0, "Subdural")], "patient 49 slice 0"),
        (ROWS[1:], "no rows for slices of patient 49 (1 slices)"),
        ([*ROWS, (49, 2, "Subdural")], "name a slice twice: row(s) 3, 7"),
        ([*ROWS, (50, 2, "nothing")], "both or neither of No_Hemorrhage"),
    ],
)
def test_ct_ich_tables_that_are_refused(tmp_path: Path, rows: list[tuple[int, int, str]], reason: str) -> None:
    assert reason in refused(ct_ich, write_ct_ich(tmp_path, rows))


def test_ct_ich_of_neither_layout(tmp_path: Path) -> None:
    assert "1.3.1" in refused(ct_ich, tmp_path)


# BHSD -------------------------------------------------------------------------------------------------------------


def write_bhsd(images: Path, masks: Path, suffix: str = "") -> None:
    voxels = np.zeros((8, 8, 4), dtype=np.int16)
    drawn = np.zeros((8, 8, 4), dtype=np.uint8)
    drawn[:4, :4, 1] = 3
    drawn[:3, :3, 2] = 1  # nine voxels: the border of a lesion
    drawn[:4, :4, 3] = 4
    drawn[4:, 4:, 3] = 5
    write_nifti(images / f"ID_0a_ID_1b{suffix}.nii.gz", voxels)
    write_nifti(masks / "ID_0a_ID_1b.nii.gz", drawn)


def test_bhsd_in_both_layouts(tmp_path: Path) -> None:
    write_bhsd(tmp_path / "a" / "label_192" / "images", tmp_path / "a" / "label_192" / "ground truths")
    found = bhsd.read(tmp_path / "a", "s", READ)
    assert [(i.part, i.label) for i in found] == [(0, "normal"), (1, "intraventricular"), (2, "normal")]
    every = bhsd.read(tmp_path / "a", "s", replace(READ, multilabel="priority"))
    assert every[3].label == "subdural"
    assert {image.group for image in every} == {"s/label_192/images/ID_0a_ID_1b.nii.gz"}
    write_bhsd(tmp_path / "b" / "imagesTr", tmp_path / "b" / "labelsTr", "_0000")
    (tmp_path / "b" / "dataset.json").write_text(
        '{"labels": {"background": 0, "EDH": 3, "IPH": 1, "SAH": 4, "SDH": 5}}'
    )
    assert [image.label for image in bhsd.read(tmp_path / "b", "s", READ)][1] == "epidural"


def test_bhsd_that_is_refused(tmp_path: Path) -> None:
    assert "holds neither" in refused(bhsd, tmp_path)
    write_bhsd(tmp_path / "imagesTr", tmp_path / "labelsTr")
    write_nifti(tmp_path / "imagesTr" / "other.nii", np.zeros((4, 4, 2), dtype=np.int16))
    assert "no mask for other.nii" in refused(bhsd, tmp_path)
    write_nifti(tmp_path / "labelsTr" / "other.nii", np.zeros((4, 4, 3), dtype=np.uint8))
    assert "differ in their number of slices" in refused(bhsd, tmp_path)
    write_nifti(tmp_path / "labelsTr" / "other.nii", np.zeros((4, 5, 2), dtype=np.uint8))
    assert "differ in size" in refused(bhsd, tmp_path)
