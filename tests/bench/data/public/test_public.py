"""Public sets in small, laid out exactly as they download."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from layouts import rsna_rows, write_bhsd, write_cq500, write_ct_ich, write_ct_ich_pictures, write_rsna
from numpy.typing import NDArray
from scans import write_dicom, write_nifti
from trees import READ, decode

from bench.data.cases import FoundImage
from bench.data.images import PixelSettings
from bench.data.passed_over import PassedOver
from bench.data.public import bhsd, cq500, ct_ich, rsna_2019
from bench.data.public.common import label_of
from bench.errors import RequestError


def labels(images: Sequence[FoundImage]) -> dict[str, str]:
    return {image.case_id.removeprefix("s/"): image.label for image in images}


def refused(reader: Any, root: Path, **options: Any) -> str:
    with pytest.raises(RequestError) as caught:
        reader.read(root, "s", replace(READ, **options))
    return str(caught.value)


def counted(reader: Any, root: Path) -> dict[str, int]:
    """What the account says of reading a set, by its first words."""
    options = replace(READ, passed_over=PassedOver())
    reader.read(root, "s", options)
    return {f"{entry.fate}: {entry.what.partition(' (')[0]}": entry.number for entry in options.passed_over.entries()}


SEVERAL = "left out: image(s) that show several kinds of bleed"


def test_a_slice_with_several_bleeds_follows_the_rule() -> None:
    both = ["subarachnoid", "epidural"]
    assert label_of([], "single-only") == "normal"
    assert label_of(["subdural"], "others") == "subdural"
    assert [label_of(both, rule) for rule in ("single-only", "priority", "others")] == [None, "epidural", "others"]


# RSNA 2019 --------------------------------------------------------------------------------------------------------


RSNA = [*rsna_rows("ID_0a1", "subdural"), *rsna_rows("ID_0b2"), *rsna_rows("ID_0c3", "epidural", "subdural")]
RSNA_IMAGES = {
    name: (f"ID_patient{number // 2}", np.full((8, 8), 1024 + number, dtype=np.uint16))
    for number, name in enumerate(["ID_0a1", "ID_0b2", "ID_0c3"])
}


@pytest.mark.parametrize("folder", ["stage_2_train", "stage_2_train_images"])
def test_rsna(tmp_path: Path, folder: str) -> None:
    rows = [*RSNA, *rsna_rows("ID_elsewhere", "subdural"), *rsna_rows("ID_0b2")]  # the real table repeats some
    found = rsna_2019.read(write_rsna(tmp_path / "set", rows, RSNA_IMAGES, folder), "s", READ)
    assert labels(found) == {f"{folder}/ID_0a1.dcm": "subdural", f"{folder}/ID_0b2.dcm": "normal"}
    assert found[0].group == found[1].group
    assert counted(rsna_2019, tmp_path / "set") == {SEVERAL: 1}
    for name in ("._ID_0a1.dcm", "ID_0a1.txt"):
        (tmp_path / "set" / folder / name).write_text("")
    assert sum(counted(rsna_2019, tmp_path / "set").values()) == 3
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
    assert reason in refused(rsna_2019, write_rsna(tmp_path / "set", rows, RSNA_IMAGES))


def test_rsna_without_images_or_table(tmp_path: Path) -> None:
    assert "holds neither stage_2_train" in refused(rsna_2019, tmp_path)
    (tmp_path / "stage_2_train").mkdir()
    assert "No .dcm file" in refused(rsna_2019, tmp_path)
    write_dicom(tmp_path / "stage_2_train" / "ID_0a1.dcm", np.zeros((4, 4), dtype=np.uint16))
    assert "There is no" in refused(rsna_2019, tmp_path)


# CQ500 ------------------------------------------------------------------------------------------------------------


def flat_slice(scan: int, series: str, number: int) -> NDArray[np.uint16]:
    return np.full((4, 4), 1000 + 10 * scan + number, dtype=np.uint16)


def scan_of(image: FoundImage) -> str:
    """By its folder, CQ500CT3 CQ500CT3."""
    return image.case_id.split("/")[1].partition(" ")[0].removeprefix("CQ500CT")


def test_cq500_takes_the_majority_and_plain_series(tmp_path: Path) -> None:
    reads = {
        0: [["ICH", "SDH"], ["ICH", "SDH", "SAH"], ["ICH", "SAH", "IPH"]],  # subdural and subarachnoid
        3: [["ICH", "EDH"], ["ICH", "EDH"], []],
        12: [["ICH", "IPH"], [], []],  # one of three
        41: [["ICH", "IPH"], ["ICH", "EDH"], []],  # bleeding, kinds disputed
    }
    root = write_cq500(tmp_path / "set", reads, flat_slice)
    found = cq500.read(root, "s", READ)
    assert {scan_of(image): image.label for image in found} == {"3": "epidural", "12": "normal", "41": "others"}
    assert len({(scan_of(image), image.group) for image in found}) == len({image.group for image in found}) == 3
    assert "CQ500-CT-" not in str([image.group for image in found])
    assert {image.extra["series"] for image in found} == {"CT PLAIN THIN", "CT PRE CONTRAST 5MM"}
    assert len(found) == 3 * 2 * 2
    other = "left out: slice(s) of series after contrast medium or of bone series"
    numbers = counted(cq500, root)
    assert numbers[SEVERAL] + numbers[other] == sum(1 for _ in root.rglob("*.dcm")) - len(found)
    priority = cq500.read(root, "s", replace(READ, multilabel="priority"))
    assert {i.label for i in priority if scan_of(i) == "0"} == {"subdural"}


def test_cq500_that_is_refused(tmp_path: Path) -> None:
    root = write_cq500(tmp_path / "set", {0: [[], [], []]}, flat_slice)
    write_dicom(root / "CQ500CT7 CQ500CT7" / "CT PLAIN" / "CT000000.dcm", np.zeros((4, 4), dtype=np.uint16))
    assert "no row CQ500-CT-7" in refused(cq500, root)
    (root / "reads.csv").write_text("name,Category\nCQ500-CT-0,B1\n")
    assert "no column R1:ICH" in refused(cq500, root)


# CT-ICH -----------------------------------------------------------------------------------------------------------

ROWS = [
    (49, 1, "No_Hemorrhage"),
    (49, 2, "Epidural"),
    (49, 3, "No_Hemorrhage"),
    (50, 1, "Subdural"),
    (61, 1, "Subdural"),
]


VOLUME = np.stack([np.full((6, 5), 40 * number, dtype=np.int16) for number in range(3)], axis=-1)
VOLUMES = {49: VOLUME, 50: VOLUME[..., :1]}


def test_ct_ich_volumes(tmp_path: Path) -> None:
    found = ct_ich.read(write_ct_ich(tmp_path, ROWS, VOLUMES), "s", READ)
    assert [(i.case_id, i.label, i.part, i.group) for i in found] == [
        ("s/ct_scans/049.nii#000", "normal", 0, "ct-ich/049"),
        ("s/ct_scans/049.nii#001", "epidural", 1, "ct-ich/049"),
        ("s/ct_scans/049.nii#002", "normal", 2, "ct-ich/049"),
        ("s/ct_scans/050.nii#000", "subdural", 0, "ct-ich/050"),
    ]
    assert found[1].extra == {"mask": str(tmp_path / "masks" / "049.nii"), "fracture": "0"}
    # SliceNumber 2 is the slice of 40 HU, the middle of the brain window
    pixels = decode(Path(found[1].path), PixelSettings(8, "stretch", windows=("brain",)), found[1].part).pixels
    assert pixels.min() == pixels.max() == 128


def test_ct_ich_pictures(tmp_path: Path) -> None:
    slices = ((49, 1), (49, 2), (49, 3), (50, 1))
    pictures = {place: np.full((8, 8), 40 * place[1], dtype=np.uint8) for place in slices}
    write_ct_ich_pictures(tmp_path, ROWS, pictures, masked=[(49, 2)])
    found = ct_ich.read(tmp_path, "s", READ)
    assert labels(found)["Patients_CT/049/brain/2.jpg"] == "epidural"
    assert len(found) == 4
    assert [bool(image.extra.get("mask")) for image in found] == [False, True, False, False]
    assert list(counted(ct_ich, tmp_path).values()) == [4]  # the same slices in the bone window


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
    assert reason in refused(ct_ich, write_ct_ich(tmp_path, rows, VOLUMES))


def test_ct_ich_of_neither_layout(tmp_path: Path) -> None:
    assert "1.3.1" in refused(ct_ich, tmp_path)


# BHSD -------------------------------------------------------------------------------------------------------------


DRAWN = np.zeros((8, 8, 4), dtype=np.uint8)
DRAWN[:4, :4, 1] = 3
DRAWN[:3, :3, 2] = 1  # nine voxels: the border of a lesion
DRAWN[:4, :4, 3] = 4
DRAWN[4:, 4:, 3] = 5
VOXELS = np.zeros((8, 8, 4), dtype=np.int16)
BHSD = {"ID_0a_ID_1b": (VOXELS, DRAWN)}


def test_bhsd_in_both_layouts(tmp_path: Path) -> None:
    write_bhsd(tmp_path / "a" / "label_192" / "images", tmp_path / "a" / "label_192" / "ground truths", BHSD)
    found = bhsd.read(tmp_path / "a", "s", READ)
    assert [(i.part, i.label) for i in found] == [(0, "normal"), (1, "intraventricular"), (2, "normal")]
    border = "changed: slice(s) whose mask has fewer than 10 voxels of a bleed, which does not count there"
    assert counted(bhsd, tmp_path / "a") == {SEVERAL: 1, border: 1}
    every = bhsd.read(tmp_path / "a", "s", replace(READ, multilabel="priority"))
    assert every[3].label == "subdural"
    assert len({image.group for image in every}) == 1
    write_bhsd(tmp_path / "b" / "imagesTr", tmp_path / "b" / "labelsTr", BHSD, "_0000")
    (tmp_path / "b" / "dataset.json").write_text(
        '{"labels": {"background": 0, "EDH": 3, "IPH": 1, "SAH": 4, "SDH": 5}}'
    )
    assert [image.label for image in bhsd.read(tmp_path / "b", "s", READ)][1] == "epidural"


def test_bhsd_that_is_refused(tmp_path: Path) -> None:
    assert "holds neither" in refused(bhsd, tmp_path)
    write_bhsd(tmp_path / "imagesTr", tmp_path / "labelsTr", BHSD)
    write_nifti(tmp_path / "imagesTr" / "other.nii", np.zeros((4, 4, 2), dtype=np.int16))
    assert "no mask for other.nii" in refused(bhsd, tmp_path)
    write_nifti(tmp_path / "labelsTr" / "other.nii", np.zeros((4, 4, 3), dtype=np.uint8))
    assert "differ in their number of slices" in refused(bhsd, tmp_path)
    write_nifti(tmp_path / "labelsTr" / "other.nii", np.zeros((4, 5, 2), dtype=np.uint8))
    assert "differ in size" in refused(bhsd, tmp_path)


# The same patient --------------------------------------------------------------------------------------------------


def groups(images: Sequence[FoundImage]) -> set[str | None]:
    return {image.group for image in images}


def test_a_patient_of_a_set_is_the_same_at_every_site(tmp_path: Path) -> None:
    """Half of a set at home and half elsewhere: the leakage check must know who is in both."""
    cq = write_cq500(tmp_path / "cq", {3: [[], [], []]}, flat_slice)
    assert groups(cq500.read(cq, "internal", READ)) == groups(cq500.read(cq, "bern", READ))
    volumes = write_ct_ich(tmp_path / "1.3.1", ROWS, VOLUMES)
    grey = {place: np.zeros((8, 8), dtype=np.uint8) for place in ((49, 1), (49, 2), (49, 3))}
    pictures = write_ct_ich_pictures(tmp_path / "1.0.0", ROWS, grey, masked=[])
    assert groups(ct_ich.read(volumes, "internal", READ)) > groups(ct_ich.read(pictures, "bern", READ)) != {None}


def test_a_patient_of_bhsd_may_have_several_volumes_and_is_the_one_of_rsna(tmp_path: Path) -> None:
    names = ("ID_2db7ee14_ID_2591d00dfc", "ID_2db7ee14_ID_f27e38fdfd", "ID_0237f3c9_ID_40015688b9", "BHSD_001")
    write_bhsd(tmp_path / "imagesTr", tmp_path / "labelsTr", dict.fromkeys(names, (VOXELS, DRAWN)), "_0000")
    group_of = {
        Path(image.path).name.removesuffix("_0000.nii.gz"): image.group for image in bhsd.read(tmp_path, "s", READ)
    }
    first, second, other, unnamed = (group_of[name] for name in names)
    assert first == second
    assert len({first, other, unnamed}) == 3
    assert "ID_2db7ee14" not in str(first)
    slices = {"ID_0a1": ("ID_2db7ee14", np.full((8, 8), 1024, dtype=np.uint16))}
    (rsna,) = rsna_2019.read(write_rsna(tmp_path / "rsna", rsna_rows("ID_0a1"), slices), "internal", READ)
    assert rsna.group == first
