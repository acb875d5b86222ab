"""Trees whose folders name classes, patients or whole sites: what is read, what is said, what is refused."""

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from shlex import quote

import numpy as np
import pytest
from PIL import Image
from scans import write_dicom, write_nifti
from trees import READ

from bench.data.cases import FoundImage
from bench.data.classes import class_list, rename, say_alike
from bench.data.options import ReadOptions
from bench.data.passed_over import Entry, PassedOver
from bench.data.tree.reader import read as read_tree
from bench.errors import RequestError

UMLAUT = "Hämatom"


def plant(root: Path, *files: str) -> Path:
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (4, 4)).save(root / file)
    return root


def read(root: Path, site: str = "internal", **options: object) -> tuple[list[FoundImage], tuple[Entry, ...]]:
    """The images, and what was said of them."""
    account = PassedOver()
    chosen: ReadOptions = replace(READ, passed_over=account, **options)
    return read_tree(root, site, chosen), account.entries()


def meant(images: Sequence[FoundImage]) -> list[tuple[str, str | None]]:
    return [(image.label, image.group) for image in images]


PATIENTS = ("bleed/p1/1.png", "bleed/p1/2.png", "bleed/p2/1.png", "none/p2/1.png", "none/p3/1.png")


def test_folders_inside_every_class_are_patients_and_that_is_said(tmp_path: Path) -> None:
    images, (said,) = read(plant(tmp_path, *PATIENTS))
    assert meant(images) == [("bleed", "p1"), ("bleed", "p1"), ("bleed", "p2"), ("none", "p2"), ("none", "p3")]
    assert said.line() == (
        "Changed (internal): 5 image(s) whose folder inside the class is taken for the patient, such as "
        "bleed/p1/1.png. Where those folders are classes, give --tree any/class."
    )
    assert read(tmp_path, tree="class/patient") == (images, ())
    assert {label for label, _ in meant(read(tmp_path, tree="any/class")[0])} == {"p1", "p2", "p3"}
    assert meant(read(tmp_path, tree="class/any")[0])[0] == ("bleed", None)


def test_a_tree_that_can_be_read_in_two_ways_is_refused_with_both(tmp_path: Path) -> None:
    plant(tmp_path, "a/anna/1.png", "a/ben/1.png", "b/cleo/1.png", "b/dora/1.png")
    with pytest.raises(RequestError) as refused:
        read(tmp_path)
    head, *lines = str(refused.value).splitlines()
    assert "can be read in several ways. Add the one that is meant:" in head
    assert [" ".join(line.split()) for line in lines] == [
        "--tree any/class 4 classes: anna, ben, cleo, dora",
        "--tree class/patient 2 classes: a, b; 4 patients: anna, ben, cleo and 1 more (4 in all)",
        "--tree class/any 2 classes: a, b",
    ]
    for line, classes in zip(lines, (4, 2, 2), strict=True):
        images, said = read(tmp_path, tree=line.split()[1])
        assert len({image.label for image in images}) == classes
        assert said == ()


def test_outer_folders_with_the_same_folders_inside_may_be_hospitals(tmp_path: Path) -> None:
    names = ("class_0", "class_1", "class_2")
    plant(tmp_path, *(f"{site}/{name}/1.png" for site in ("ours", "theirs") for name in names), "ours/class_3/1.png")
    with pytest.raises(RequestError) as refused:
        read(tmp_path)
    *_, asked, line = str(refused.value).splitlines()
    assert asked == "Are ours and theirs hospitals with these classes, name the one to train on first:"
    assert line.split() == ["--internal", str(tmp_path / "ours"), "--external", f"theirs={tmp_path / 'theirs'}"]


def test_patient_folders_one_folder_further_down_name_the_folder_to_give(tmp_path: Path) -> None:
    plant(tmp_path / "my set", *(f"images/{file}" for file in PATIENTS))
    with pytest.raises(RequestError, match="lie in its folder 'images'") as refused:
        read(tmp_path / "my set")
    assert str(refused.value).endswith(f"Give that folder: --internal {quote(str(tmp_path / 'my set' / 'images'))}")
    assert meant(read(tmp_path / "my set" / "images")[0])[0] == ("bleed", "p1")


def test_outer_folders_are_read_as_one_site_and_that_is_said(tmp_path: Path) -> None:
    plant(tmp_path, "ward/a/1.png", "ward/b/1.png", "clinic/a/1.png", "clinic/b/1.png")
    images, (said,) = read(tmp_path)
    assert meant(images) == [("a", None), ("b", None)] * 2
    assert (said.fate, said.number) == ("doubtful", 4)
    assert said.what == "image(s) of 2 outer folders (clinic, ward) that are read as one site"
    assert read(tmp_path, tree="any/class")[1] == ()


@pytest.mark.parametrize(
    ("folders", "line"),
    [
        (("internal", "external"), "--data {root}"),
        (("internal", "external-bern", "external-bonn"), "--data {root}"),
        (("internal", "test"), "--data {root}"),
        (("Internal", "External-Bern"), "--internal {root}/Internal --external External-Bern={root}/External-Bern"),
    ],
)
def test_whole_sites_are_never_pooled(tmp_path: Path, folders: tuple[str, ...], line: str) -> None:
    plant(tmp_path, *(f"{site}/{label}/1.png" for site in folders for label in "ab"))
    with pytest.raises(RequestError, match="holds whole sites") as refused:
        read(tmp_path)
    assert str(refused.value).endswith(f"instead: {line.format(root=tmp_path)}")
    with pytest.raises(RequestError, match="holds whole sites"):
        read(tmp_path, tree="any/class")  # nor on request
    with pytest.raises(
        RequestError, match=f"--external {folders[-1]}={tmp_path}" if "test" not in folders else "whole"
    ):
        read(tmp_path, "bern")


def test_classes_may_be_called_internal_and_external(tmp_path: Path) -> None:
    plant(tmp_path, "internal/1.png", "external/1.png")
    assert meant(read(tmp_path)[0]) == [("external", None), ("internal", None)]
    plant(tmp_path / "deep", "internal/p1/1.png", "internal/p2/1.png", "external/p3/1.png")
    images, _ = read(tmp_path / "deep", tree="class/patient")
    assert meant(images) == [("external", "p3"), ("internal", "p1"), ("internal", "p2")]


def test_patients_are_read_as_they_are_meant_too(tmp_path: Path) -> None:
    images, said = read(plant(tmp_path, "a/101.0/1.png", "a/102/1.png", "b/101/1.png", "b/103/1.png"))
    assert [image.group for image in images] == ["101", "102", "101", "103"]
    assert ("changed", 1, "'101.0' as '101'") in [(entry.fate, entry.number, entry.example) for entry in said]


def test_the_patient_of_a_header_goes_before_the_folder_and_that_before_the_study(tmp_path: Path) -> None:
    pixels = np.zeros((4, 4), dtype=np.uint16)
    write_dicom(tmp_path / "a" / "f1" / "1.dcm", pixels, PatientID="7")
    write_dicom(tmp_path / "a" / "f2" / "1.dcm", pixels, PatientID="7")
    write_dicom(tmp_path / "b" / "f3" / "1.dcm", pixels, PatientID=None)
    write_nifti(tmp_path / "b" / "f4" / "v.nii", np.zeros((4, 4, 2), dtype=np.int16))
    seven = READ.pseudonyms.of("patient", "", "7")
    assert meant(read(tmp_path)[0]) == [("a", seven), ("a", seven), ("b", "f3"), ("b", "f4"), ("b", "f4")]


def test_dicom_files_are_grouped_by_study_or_series_on_request(tmp_path: Path) -> None:
    pixels = np.zeros((4, 4), dtype=np.uint16)
    for number, (study, series) in enumerate([("1.1", "1.1.1"), ("1.1", "1.1.2"), ("1.2", "1.2.1")]):
        write_dicom(
            tmp_path / "a" / f"{number}.dcm", pixels, StudyInstanceUID=study, SeriesInstanceUID=series, PatientID="ANON"
        )
    groups = {level: [i.group for i in read(tmp_path, group_by=level)[0]] for level in ("patient", "study", "series")}
    assert [len(set(found)) for found in groups.values()] == [1, 2, 3]
    assert groups["study"][0] == groups["study"][1] == READ.pseudonyms.of("StudyInstanceUID", "1.1")


def test_one_name_in_two_forms_of_unicode_is_one_class(tmp_path: Path) -> None:
    apart = unicodedata.normalize("NFD", UMLAUT)
    images, (said,) = read(plant(tmp_path, f"{apart}/1.png", f"{UMLAUT}/2.png", "no\u200bne/3.png", "none/4.png"))
    assert [image.label for image in images] == [UMLAUT, UMLAUT, "none", "none"]
    assert (said.fate, said.number) == ("changed", 2)
    assert "(U+0061 U+0308) as 'Hämatom'" in said.example
    assert images[0].path == str(tmp_path / apart / "1.png")


def test_near_names_are_said_with_their_code_points_and_the_line_that_joins_them(tmp_path: Path) -> None:
    images, _ = read(plant(tmp_path, "Bleed/1.png", "bleed/2.png", "n\u043ene/3.png", "none/4.png"))
    account = PassedOver()
    say_alike(images, account)
    assert [entry.line() for entry in account.entries()] == [
        "Warning: Doubtful (internal): 1 image(s) of a class that has nearly the name of another: 'bleed' (U+0062) "
        'beside \'Bleed\' (U+0042). If both are one, write under [classes]: "bleed" = "Bleed".',
        "Warning: Doubtful (internal): 1 image(s) of a class that has nearly the name of another: 'n\u043ene' (U+043E) "
        'beside \'none\' (U+006F). If both are one, write under [classes]: "n\u043ene" = "none".',
    ]
    joined = rename(images, {"bleed": "Bleed", "n\u043ene": "none"})
    assert class_list(joined, None) == ("Bleed", "none")


def test_a_near_name_abroad_is_refused_with_what_cannot_be_seen() -> None:
    inside = [FoundImage(f"internal/{name}", "", name, "internal") for name in ("bleed", "none")]
    abroad = FoundImage("bern/1", "", "n\u043ene", "bern")
    with pytest.raises(RequestError) as refused:
        class_list([*inside, abroad], None)
    assert (
        "Class 'n\u043ene' (U+043E) of external site 'bern' is nearly called like the internal class 'none' (U+006F)"
        in (str(refused.value))
    )
    assert '[classes]\n"n\u043ene" = "none"\n' in str(refused.value)


def test_renaming_and_declared_classes_are_read_as_labels_are() -> None:
    apart = unicodedata.normalize("NFD", UMLAUT)
    images = [FoundImage(f"internal/{name}", "", name, "internal") for name in (UMLAUT, "none")]
    assert [image.label for image in rename(images, {apart: "bleed"})] == ["bleed", "none"]
    assert class_list(images, ["none", apart]) == ("none", UMLAUT)
