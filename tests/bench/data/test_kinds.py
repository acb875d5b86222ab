"""Which files are images, by their first bytes and by their names."""

import builtins
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from odd_files import SETTINGS, image
from PIL import Image
from scans import write_dicom
from trees import READ, load_sites, missing

from bench.audit.inventory import take_inventory
from bench.cache import Caches
from bench.data.dicom.bare import is_bare_dicom
from bench.data.kinds import kind_of_content
from bench.data.pictures import picture
from bench.errors import RequestError
from benchmarks.dicom_made import bare, ct

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (9, 9), dtype=np.uint8)


def grey() -> Image.Image:
    return image(RNG.integers(0, 256, (9, 9), dtype=np.uint8))


def test_half_a_class_of_other_kinds_is_read(tmp_path: Path, caches: Caches) -> None:
    for label in "ab":
        (tmp_path / label).mkdir()
        for name, form in (("1.png", "PNG"), ("2.pgm", "PPM"), ("3.jp2", "JPEG2000"), ("4", "PPM"), ("5.avif", "AVIF")):
            grey().save(tmp_path / label / name, form)
        write_dicom(tmp_path / label / "with.dcm", RNG.integers(0, 2000, (9, 9), dtype=np.uint16), PatientID=label)
        bare(implicit=label == "a")(tmp_path / label / "IM0001")
    data = load_sites({"internal": tmp_path}, SETTINGS, caches)
    assert [case.case_id for case in data.cases if case.label == "a"] == [
        f"internal/a/{name}" for name in ("1.png", "2.pgm", "3.jp2", "4", "5.avif", "IM0001", "with.dcm")
    ]
    assert len(data.cases) == 14


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("explicit", [True, False])
def test_first_tags_of_a_file_without_preamble(order: str, explicit: bool) -> None:
    def element(number: int, kind: bytes, value: bytes) -> bytes:
        head = struct.pack(f"{order}HH", 8, number)
        length = struct.pack(f"{order}H", len(value)) if explicit else struct.pack(f"{order}I", len(value))
        return head + (kind if explicit else b"") + length + value

    elements = [
        element(5, b"CS", b"ISO_IR 100"),
        element(8, b"CS", b"ORIGINAL"),
        element(0x16, b"UI", b"1.2.840.10008.5\0"),
    ]
    assert is_bare_dicom(b"".join(elements))
    assert not is_bare_dicom(b"".join(reversed(elements)))
    assert not is_bare_dicom(b"".join(elements[:2]))


@pytest.mark.parametrize(
    "start",
    [
        b"",
        b"\x08\0",
        b"\x08\0\x05\0CS",
        bytes(352),
        b"\x02\0" * 176,
        b"\x08\0\x05\0" + b"x" * 348,
        *(RNG.bytes(352) for _ in range(200)),
    ],
)
def test_other_bytes_are_no_dicom(start: bytes) -> None:
    assert not is_bare_dicom(start)


@pytest.mark.parametrize("text", ["P5 is the fifth patient", "P2\tP3\t12", "PG", "P5", "P9 3 3 255 ", "Pf float"])
def test_text_that_begins_like_a_graymap_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "a").write_text(text)
    assert kind_of_content(tmp_path / "a") is None


@pytest.mark.parametrize(("brands", "kind"), [(b"mif1\0\0\0\0mif1heic", "HEIC"), (b"mif1\0\0\0\0mif1avif", "AVIF")])
def test_pictures_of_either_coding_are_told_apart(tmp_path: Path, brands: bytes, kind: str) -> None:
    (tmp_path / "a").write_bytes(struct.pack(">I", 8 + len(brands)) + b"ftyp" + brands)
    assert kind_of_content(tmp_path / "a") == kind


def test_a_heic_picture_is_read_or_its_package_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        import pillow_heif
    except ImportError:
        missing("HEIC needs pillow-heif")
    pillow_heif.from_pillow(Image.fromarray(np.stack([GREY] * 3, axis=-1))).save(tmp_path / "a.HEIC")
    assert kind_of_content(tmp_path / "a.HEIC") == "HEIC"
    assert picture(tmp_path / "a.HEIC", 65535, 100).image.size == (9, 9)
    without = builtins.__import__

    def absent(name: str, *rest: Any, **more: Any) -> Any:
        if name == "pillow_heif":
            raise ImportError(name)
        return without(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(RequestError, match=r"pip install 'gapbench\[heic\]'"):
        picture(tmp_path / "a.HEIC", 65535, 100)


def test_the_audit_finds_the_same_files(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    grey().save(tmp_path / "a" / "2.pgm")
    ct()(tmp_path / "a" / "IM1")
    bare(implicit=True)(tmp_path / "a" / "IM2")
    found = take_inventory([str(tmp_path)], "auto", READ)
    assert [Path(one.path).name for one in found.images] == ["2.pgm", "IM1", "IM2"]
