"""What reading the pixels showed is counted: guesses, changes, images too dark, several ways of reading."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from odd_files import SETTINGS, image
from PIL import Image
from scans import write_dicom, write_nifti
from trees import READ, load_sites

from bench.audit.conduct import conduct_audit
from bench.cache import Caches
from bench.data.passed_over import Entry

RNG = np.random.default_rng(0)
MR_CLASS, CAPTURE = "1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.5.1.4.1.1.7"
AIR_AND_HEAD = np.tile(np.arange(0, 2400, 100, dtype=np.uint16), (24, 1))  # −1024 to 1276 HU


def accounts(tmp_path: Path, caches: Caches, make: Callable[[Path, int], object]) -> tuple[Entry, ...]:
    """Of two classes of two images each: decoded, from the cache, and as the audit has it."""
    for label in "ab":
        (tmp_path / "tree" / label).mkdir(parents=True)
        for number in range(2):
            make(tmp_path / "tree" / label / str(number), number)
    tree = tmp_path / "tree"
    first, second = (load_sites({"internal": tree}, SETTINGS, caches).passed_over for _ in range(2))
    audited = conduct_audit(
        [f"internal={tree}"], tmp_path / "audit", reader="auto", options=READ, settings=SETTINGS, max_pixels=10**6
    )
    assert first == second == audited.passed_over
    return first


def one(entries: tuple[Entry, ...], words: str) -> Entry:
    (found,) = [entry for entry in entries if words in entry.what]
    return found


def png16(largest: int) -> Callable[[Path, int], object]:
    return lambda path, number: Image.fromarray(
        RNG.permuted(np.linspace(0, largest, 81).astype(np.uint16)).reshape(9, 9)
    ).save(path.with_suffix(".png"))


@pytest.mark.parametrize(("largest", "white"), [(255, 255), (1023, 1023), (4095, 4095), (9999, 16383)])
def test_fewer_bits_than_the_file_has_are_said_with_the_option(
    tmp_path: Path, caches: Caches, largest: int, white: int
) -> None:
    entry = one(accounts(tmp_path, caches, png16(largest)), "nearly black")
    assert (entry.fate, entry.number) == ("doubtful", 4)
    assert f"whose values all end at {largest}" in entry.what
    assert entry.advice.endswith(f"--white16 {white}.")


def test_one_bright_image_of_a_site_shows_that_all_sixteen_bits_are_used(tmp_path: Path, caches: Caches) -> None:
    assert accounts(tmp_path, caches, lambda path, number: png16((4095, 65535)[number])(path, number)) == ()


def test_deep_colour_that_is_nearly_black_is_said(tmp_path: Path, caches: Caches) -> None:
    def make(path: Path, _: int) -> None:
        tifffile.imwrite(path.with_suffix(".tif"), RNG.integers(0, 4096, (9, 9, 3), dtype=np.uint16), photometric="rgb")

    assert "Store them anew" in one(accounts(tmp_path, caches, make), "nearly black").advice


def test_pages_that_are_not_read_are_counted(tmp_path: Path, caches: Caches) -> None:
    def make(path: Path, number: int) -> None:
        pages = [image(RNG.integers(0, 256, (9, 9), dtype=np.uint8)) for _ in range(3)]
        pages[0].save(path.with_suffix(".tif"), save_all=True, append_images=pages[1 : number * 2 + 1])

    entry = one(accounts(tmp_path, caches, make), "of files of which the first is read")
    assert (entry.fate, entry.number) == ("left out", 4)  # two further pages of one file in each class


def dicom(**tags: Any) -> Callable[[Path, int], object]:
    return lambda path, number: write_dicom(
        path.with_suffix(".dcm"), RNG.permuted(AIR_AND_HEAD), PatientID="-".join(path.parts[-2:]), **tags
    )


def test_a_converted_ct_without_modality_is_guessed_aloud(tmp_path: Path, caches: Caches) -> None:
    entry = one(accounts(tmp_path, caches, dicom(Modality=None, SOPClassUID=CAPTURE)), "windowed as CT")
    assert (entry.fate, entry.number) == ("doubtful", 4)
    assert "what look like Hounsfield units" in entry.what


def test_values_that_are_no_hounsfield_units_are_not_taken_for_them(tmp_path: Path, caches: Caches) -> None:
    tags = {"Modality": "OT", "SOPClassUID": CAPTURE, "RescaleIntercept": 0}
    assert "not windowed as CT" in one(accounts(tmp_path, caches, dicom(**tags)), "by their values").what


def test_a_picture_of_a_ct_screen_is_not_windowed_and_said(tmp_path: Path, caches: Caches) -> None:
    def make(path: Path, number: int) -> None:
        tags = {"SOPClassUID": CAPTURE, "RescaleIntercept": None, "RescaleSlope": None, "PatientID": str(number)}
        write_dicom(path.with_suffix(".dcm"), RNG.integers(0, 256, (9, 9), dtype=np.uint8), **tags)

    entry = one(accounts(tmp_path, caches, make), "grey values of a screen")
    assert (entry.fate, entry.number) == ("doubtful", 4)


def test_a_ct_by_its_class_needs_no_modality_and_no_words(tmp_path: Path, caches: Caches) -> None:
    assert accounts(tmp_path, caches, dicom(Modality=None)) == ()


def test_class_and_modality_that_contradict_each_other_are_said(tmp_path: Path, caches: Caches) -> None:
    def make(path: Path, number: int) -> None:
        dicom(**({"Modality": "MR"} if number else {}))(path, number)

    entry = one(accounts(tmp_path, caches, make), "SOP class and modality")
    assert (entry.fate, entry.number) == ("doubtful", 2)


def test_a_set_that_is_read_in_two_ways_says_which_and_how_many(tmp_path: Path, caches: Caches) -> None:
    def make(path: Path, number: int) -> None:
        dicom(**({"SOPClassUID": MR_CLASS, "Modality": "MR"} if number and path.parent.name == "b" else {}))(
            path, number
        )

    ways = {
        re.split(": ", entry.what)[1]: (entry.number, Path(entry.example).name)
        for entry in accounts(tmp_path, caches, make)
        if "not all read in one way" in entry.what
    }
    assert ways == {"Hounsfield units through --windows": (3, "0.dcm"), "from minimum to maximum": (1, "1.dcm")}


def test_the_fault_of_rsna_is_mended_aloud(tmp_path: Path, caches: Caches) -> None:
    entry = one(accounts(tmp_path, caches, dicom(BitsStored=12, HighBit=11, RescaleIntercept=0)), "RSNA")
    assert (entry.fate, entry.number) == ("changed", 4)


def test_padding_and_useless_windows_are_said(tmp_path: Path, caches: Caches) -> None:
    def make(path: Path, number: int) -> None:
        tags = {"WindowCenter": 5, "WindowWidth": 0} if number else {"PixelPaddingValue": 0}
        dicom(SOPClassUID=MR_CLASS, Modality="MR", **tags)(path, number)

    entries = accounts(tmp_path, caches, make)
    assert one(entries, "padding").number == one(entries, "whose own window cannot be used").number == 2


def test_volumes_that_hold_no_hounsfield_units_are_said(tmp_path: Path, caches: Caches) -> None:
    def make(path: Path, number: int) -> None:
        voxels = RNG.integers(0, 1000, (9, 9, 2)).astype(np.int16) - (1000 if number else 0)
        write_nifti(path.with_suffix(".nii"), voxels)

    entry = one(accounts(tmp_path, caches, make), "no Hounsfield units")
    assert (entry.number, entry.advice) == (4, "Give --windows none where they are no CT.")
