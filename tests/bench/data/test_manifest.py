"""Manifests: what is read, and which rows are refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scans import write_dicom, write_nifti
from trees import READ

from bench.data.cases import FoundImage
from bench.data.manifest.reader import read as read_manifest
from bench.data.readers import DataRequest, read_images
from bench.errors import RequestError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four images, a.png … d.png, in tmp/set."""
    root = tmp_path / "set"
    root.mkdir()
    for name in "abcd":
        Image.new("L", (4, 4)).save(root / f"{name}.png")
    return root


def read(folder: Path, text: str | bytes, site: str | None = "internal", **options: object) -> list[FoundImage]:
    file = folder / "list.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_manifest(file, site, replace(READ, **options))


def refused(folder: Path, text: str | bytes, site: str | None = "internal", **options: object) -> str:
    with pytest.raises(RequestError) as caught:
        read(folder, text, site, **options)
    return str(caught.value)


FOUR = "path,label\na.png,x\nb.png,x\nc.png,y\nd.png,y\n"


def test_paths_are_relative_to_the_manifest(folder: Path) -> None:
    found = read(folder, "path,label,group,age,width\na.png,x,p1,70,\n./b.png,y,,,9\n")
    assert [(i.case_id, i.path, i.label, i.group) for i in found] == [
        ("internal/a.png", str(folder / "a.png"), "x", "p1"),
        ("internal/b.png", str(folder / "./b.png"), "y", None),
    ]
    assert [dict(i.extra) for i in found] == [{"age": "70"}, {"width (given)": "9"}]


@pytest.mark.parametrize(
    "text",
    [
        FOUR,
        "\ufeff" + FOUR,
        FOUR.replace("\n", "\r\n"),
        FOUR.replace(",", ";"),
        FOUR.replace(",", "\t"),
        FOUR.rstrip(),
        FOUR + "\n\n",
        FOUR.replace("a.png,x", '"a.png"," x "'),
    ],
)
def test_dialects_of_csv_read_alike(folder: Path, text: str) -> None:
    assert read(folder, text) == read(folder, FOUR)
    assert len(read(folder, text)) == 4


def test_parquet_reads_as_csv_does(folder: Path) -> None:
    frame = pd.DataFrame({"path": ["a.png", "b.png"], "label": ["x", "y"], "group": [7.0, None], "split": [1, 2]})
    frame.to_parquet(folder / "list.parquet")
    found = read_manifest(folder / "list.parquet", "internal", READ)
    assert [(i.label, i.group, i.extra["split"]) for i in found] == [("x", "7", "1"), ("y", None, "2")]
    (folder / "bad.parquet").write_bytes(b"PAR1 no more")
    with pytest.raises(RequestError, match="no Parquet file"):
        read_manifest(folder / "bad.parquet", "internal", READ)


def test_sites_come_from_a_column_the_internal_one_first(folder: Path) -> None:
    text = "path,label,site\na.png,x,bern\nb.png,x,internal\nc.png,y,bonn\nd.png,y,internal\n"
    assert [i.case_id for i in read(folder, text, None)] == [
        "internal/b.png",
        "internal/d.png",
        "bern/a.png",
        "bonn/c.png",
    ]
    assert "names several sites" in refused(folder, text)
    assert "No row" in refused(folder, text.replace("internal", "home"), None)
    assert "no column 'site'" in refused(folder, FOUR, None)
    request = DataRequest(READ, data=folder / "list.csv")
    (folder / "list.csv").write_text(text)
    assert read_images(request) == read(folder, text, None)


def test_columns_may_be_called_otherwise(folder: Path) -> None:
    found = read(folder, "file,class,path\na.png,x,old\n", columns={"path": "file", "label": "class"})
    assert (found[0].path, found[0].label) == (str(folder / "a.png"), "x")
    assert found[0].extra == {"path (given)": "old"}
    assert "no column 'klass'; it has path, label" in refused(folder, FOUR, columns={"label": "klass"})
    assert "'ward'" in refused(folder, FOUR, columns={"group": "ward"})


def test_rows_that_are_refused_are_numbered_as_in_a_spreadsheet(folder: Path) -> None:
    assert "1 row(s)" in (text := refused(folder, "path,label\na.png,x\nb.png,\n"))
    assert "have no label: row(s) 3" in text
    assert "have no path: row(s) 2" in refused(folder, "path,label\n,x\nb.png,x\n")
    assert "same image" in (text := refused(folder, FOUR + "a.png,y\n./b.png,x\n"))
    assert "row(s) 2, 3, 6, 7" in text
    many = "path,label\n" + "".join(f"gone{number}.png,x\n" for number in range(25))
    assert "25 row(s)" in (text := refused(folder, many))
    assert "row(s) 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 15 more" in text
    assert "where there is no file" in text
    assert "part that is no whole number" in refused(folder, "path,label,part\na.png,x,-1\n")
    assert "a mask where there is no file" in refused(folder, "path,label,mask\na.png,x,m.png\n")


def test_paths_that_leave_the_folder_need_to_be_allowed(folder: Path) -> None:
    Image.new("L", (4, 4)).save(folder.parent / "out.png")
    (folder / "link.png").symlink_to(folder.parent / "out.png")
    (folder / "there").symlink_to(folder.parent)
    for path in ("../out.png", str(folder.parent / "out.png"), "link.png", "there/out.png", "x/../../out.png"):
        text = f"path,label\n{path},x\n"
        (folder / "x").mkdir(exist_ok=True)
        assert "--allow-outside" in refused(folder, text)
        assert len(read(folder, text, allow_outside=True)) == 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"path,label\n\xe4.png,x\n", "not UTF-8 (near line 2)"),
        ("path,label\na.png,x\n".encode("utf-16"), "not UTF-8"),
        (b"", "empty line"),
        (b"\npath,label\n", "empty line"),
        (b"path,label\n", "no rows"),
        (b"name,label\na.png,x\n", "no column 'path'; it has name, label"),
        (b"path,label,label\na.png,x,y\n", "label more than once"),
        (b"path,label\na.png,x,y,z\n", "Mend that row"),
        (b'path,label\n"a.png,x\n', "Mend that row"),
        (b"pa\0th,label\na.png,x\n", "zero bytes"),
    ],
)
def test_tables_that_are_refused(folder: Path, text: bytes, reason: str) -> None:
    assert reason in refused(folder, text)


def test_a_row_may_mean_a_volume_or_one_of_its_slices(folder: Path) -> None:
    write_nifti(folder / "v.nii", np.zeros((4, 4, 3), dtype=np.int16))
    write_dicom(folder / "d.dcm", np.zeros((4, 4), dtype=np.uint16))
    assert [i.part for i in read(folder, "path,label\nv.nii,x\n")] == [0, 1, 2]
    found = read(folder, "path,label,part,group\nv.nii,x,2,p\nv.nii,y,0,p\nd.dcm,y,,\n")
    assert [(i.case_id, i.part, i.label) for i in found][:2] == [
        ("internal/v.nii#2", 2, "x"),
        ("internal/v.nii#0", 0, "y"),
    ]
    assert found[2].group == READ.pseudonyms.of("patient", "", "HOSPITAL-4711")


def test_two_hundred_thousand_rows_are_read(folder: Path) -> None:
    """So many that anything done for each pair of rows would take hours."""
    lines = ["path,label", *(f"a.png,{number % 2}" for number in range(200_000))]
    assert "200000 row(s)" in refused(folder, "\n".join(lines))
