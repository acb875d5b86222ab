"""Manifests as they are found: patients that nobody named, numbers as floats, paths of other places and systems."""

import unicodedata
from dataclasses import replace
from pathlib import Path
from shlex import split

import pandas as pd
import pytest
from PIL import Image
from trees import READ

from bench.data.cases import FoundImage
from bench.data.manifest.reader import read as read_manifest
from bench.data.options import ReadOptions
from bench.data.passed_over import Entry, PassedOver
from bench.data.readers import DataRequest, read_images
from bench.errors import RequestError

FILES = ("a.png", "b.png", "c.png", "d.png")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four images in set/images, and none beside the manifest."""
    (tmp_path / "set" / "images").mkdir(parents=True)
    for name in FILES:
        Image.new("L", (4, 4)).save(tmp_path / "set" / "images" / name)
    return tmp_path / "set"


def read(
    folder: Path, text: str, site: str | None = "internal", **options: object
) -> tuple[list[FoundImage], tuple[Entry, ...]]:
    (folder / "list.csv").write_text(text)
    account = PassedOver()
    chosen: ReadOptions = replace(READ, passed_over=account, **options)
    return read_manifest(folder / "list.csv", site, chosen), account.entries()


def refused(folder: Path, text: str, site: str | None = "internal", **options: object) -> str:
    with pytest.raises(RequestError) as caught:
        read(folder, text, site, **options)
    return str(caught.value)


def table(*columns: str, rows: list[str], sep: str = ",") -> str:
    """A table of the four images and further cells."""
    lines = [sep.join([f"images/{name}", "xxyy"[n], *row.split()]) for n, (name, row) in enumerate(zip(FILES, rows))]  # noqa: B905
    return "\n".join([sep.join(["path", "label", *columns]), *lines]) + "\n"


PATIENT_COLUMNS = (
    *("patient_id", "PatientID", "patient", "Patient ID", "PatientNumber", "pid", "MRN", "subject", "subject_id"),
    *("participant_id", "Participant", "case", "study", "StudyInstanceUID", "accession number", "series", "lesion_id"),
)


class TestPatientsThatNobodyNamed:
    @pytest.mark.parametrize("column", PATIENT_COLUMNS)
    def test_the_column_is_said_with_the_option_that_uses_it(self, folder: Path, column: str) -> None:
        text = table("age", column, rows=["70 p1", "71 p1", "72 p2", "73 p3"])
        images, (said,) = read(folder, text)
        assert {image.group for image in images} == {None}
        assert (said.fate, said.number) == ("doubtful", 4)
        assert f"column {column!r} looks like patients (3 of them)" in said.what
        option = said.advice.partition("give ")[2].removesuffix(".")
        assert option == f"--column group={column}"
        images, none = read(folder, text, columns={"group": column})
        assert [image.group for image in images] == ["p1", "p1", "p2", "p3"]
        assert none == ()

    @pytest.mark.parametrize("column", ["age", "patience", "dataset", "caseload", "id", "notes"])
    def test_other_columns_are_not(self, folder: Path, column: str) -> None:
        assert read(folder, table(column, rows=["1", "1", "2", "3"]))[1] == ()

    def test_patients_go_before_studies_and_a_constant_says_nothing(self, folder: Path) -> None:
        text = table("study", "patient", "project_case", rows=["s1 p1 q", "s2 p1 q", "s3 p2 q", "s4 p2 q"])
        assert "--column group=patient (or study)" in read(folder, text)[1][0].advice
        assert read(folder, table("patient", rows=["p"] * 4))[1] == ()

    def test_a_group_makes_it_silent(self, folder: Path) -> None:
        assert read(folder, table("group", "patient_id", rows=["1 2", "1 2", "3 4", "3 5"]))[1] == ()

    def test_case_id_may_be_the_patient(self, folder: Path) -> None:
        text = table("case_id", rows=["p1", "p1", "p2", "p2"])
        assert "--column group=case_id" in refused(folder, text)
        images, _ = read(folder, text, columns={"group": "case_id"})
        assert [image.group for image in images] == ["p1", "p1", "p2", "p2"]
        assert images[0].case_id == "internal/images/a.png"

    def test_names_of_patients_that_look_alike_are_said(self, folder: Path) -> None:
        said = read(folder, table("group", rows=["P-1", "p1", "p2", "p3"]))[1][0]
        assert said.what == "set(s) of patients whose names look alike and count as different ones"
        assert "'P-1' (U+0050 U+002D) and 'p1' (U+0070)" in said.example


def test_hospitals_that_nobody_named_are_said(folder: Path) -> None:
    text = table("hospital", rows=["bern", "bern", "bonn", "bonn"])
    _, (said,) = read(folder, text)
    assert "count as one site, though column 'hospital' looks like sites (bern, bonn)" in said.what
    assert said.advice.endswith("--column site=hospital.")
    assert "By its name: --column site=hospital." in refused(folder, text, None)


def test_folders_called_like_sites_are_said(folder: Path) -> None:
    for site in ("internal", "external-bern"):
        (folder / site).mkdir()
        Image.new("L", (4, 4)).save(folder / site / "a.png")
    _, (said,) = read(folder, "path,label\ninternal/a.png,x\nexternal-bern/a.png,y\n")
    assert "their folders are called like sites (external-bern, internal)" in said.what
    assert read(folder, "path,label,site\ninternal/a.png,x,internal\nexternal-bern/a.png,y,bern\n", None)[1] == ()


class TestNumbersAndNames:
    def test_csv_and_parquet_give_the_same_patients_labels_and_sites(self, folder: Path) -> None:
        """pandas writes whole numbers as floats where a column has a gap."""
        frame = pd.DataFrame(
            {
                "path": [f"images/{name}" for name in FILES],
                "label": [0.0, 1.0, 0.0, 1.0],
                "group": [101.0, 102.0, None, 101.0],
                "site": ["internal", "internal", "internal", "2"],
            }
        )
        frame.to_csv(folder / "list.csv", index=False)
        frame.to_parquet(folder / "list.parquet")
        account = PassedOver()
        of_csv = read_manifest(folder / "list.csv", None, replace(READ, passed_over=account))
        assert of_csv == read_manifest(folder / "list.parquet", None, READ)
        assert [(i.group, i.label) for i in of_csv] == [("101", "0"), ("102", "1"), (None, "0"), ("101", "1")]
        assert [(entry.fate, entry.number, entry.example) for entry in account.entries()] == [
            ("changed", 4, "'0.0' as '0'"),
            ("changed", 3, "'101.0' as '101'"),
        ]

    def test_a_patient_in_two_spellings_is_one(self, folder: Path) -> None:
        text = table("group", rows=["101", "101.0", "\u200b101", "101\ufeff"])
        images, (said,) = read(folder, text)
        assert [image.group for image in images] == ["101"] * 4
        assert (said.fate, said.number) == ("changed", 3)

    def test_labels_are_composed_and_paths_stay_as_they_are(self, folder: Path) -> None:
        apart = unicodedata.normalize("NFD", "Hämatom")
        (folder / "images" / "a.png").rename(folder / "images" / f"{apart}.png")
        images, (said,) = read(folder, f"path,label\nimages/{apart}.png,{apart}\nimages/b.png,x\n")
        assert images[0].label == "Hämatom"
        assert images[0].path == str(folder / "images" / f"{apart}.png")
        assert "(U+0061 U+0308)" in said.example

    def test_a_part_may_be_written_as_a_float(self, folder: Path) -> None:
        images, _ = read(folder, table("part", rows=["0.0", "1.0", "2", "3"]))
        assert [image.part for image in images] == [0, 1, 2, 3]


class TestPaths:
    def test_windows_separators_are_read_and_said(self, folder: Path) -> None:
        plain, _ = read(folder, table(rows=[""] * 4))
        images, (said,) = read(folder, table(rows=[""] * 4).replace("images/", "images\\"))
        assert images == plain
        assert said.line() == (
            "Changed: 4 path(s) with Windows separators, read as slashes, such as images\\a.png as images/a.png."
        )

    def test_a_name_that_holds_a_backslash_is_left_alone(self, folder: Path) -> None:
        Image.new("L", (4, 4)).save(folder / "odd\\name.png")
        (image, _), said = read(folder, "path,label\nodd\\name.png,x\nimages/b.png,y\n")
        assert (image.path, said) == (str(folder / "odd\\name.png"), ())

    def test_windows_separators_do_not_lead_out(self, folder: Path) -> None:
        Image.new("L", (4, 4)).save(folder.parent / "out.png")
        assert "leaves the manifest's folder" in refused(folder, "path,label\n..\\out.png,x\n")

    def test_paths_that_are_nowhere_say_so_once_with_the_way_out(self, folder: Path) -> None:
        rows = "".join(f"D:\\\\old\\\\{n}.png,x\n" for n in range(240))
        text = refused(folder, f"path,label\n{rows}")
        assert text.startswith("240 row(s)")
        assert text.count("row(s)") == 2
        assert f"Looked for in {folder} and, by name, in all folders below." in text
        assert "paths of a Windows drive" in text
        assert "--root DIR" in text
        assert "Windows separators" in refused(folder, "path,label\nold\\a\\z.png,x\n")

    def test_bare_names_are_found_below(self, folder: Path) -> None:
        images, (said,) = read(folder, "path,label\na.png,x\nb.png,y\n")
        assert [(i.case_id, i.path) for i in images] == [
            ("internal/a.png", str(folder / "images" / "a.png")),
            ("internal/b.png", str(folder / "images" / "b.png")),
        ]
        assert said.line() == (
            "Changed: 2 path(s) whose file was found by its name in a folder below, such as a.png as images/a.png."
        )

    def test_names_without_suffix_and_in_another_form_of_unicode_are_found_below(self, folder: Path) -> None:
        apart = unicodedata.normalize("NFD", "ü.png")
        Image.new("L", (4, 4)).save(folder / "images" / apart)
        images, _ = read(folder, "path,label\na,x\nü.png,y\n")
        assert [image.path for image in images] == [str(folder / "images" / name) for name in ("a.png", apart)]

    def test_a_name_that_several_files_bear_is_refused_and_root_settles_it(self, folder: Path) -> None:
        (folder / "masks").mkdir()
        Image.new("L", (4, 4)).save(folder / "masks" / "a.png")
        text = refused(folder, "path,label\na.png,x\nb.png,y\n")
        assert "1 row(s)" in text
        assert "several files bear" in text
        assert f"--root {folder / 'images'}" in text
        images, said = read(folder, "path,label\na.png,x\nb.png,y\n", root=folder / "images")
        assert [image.path for image in images] == [str(folder / "images" / name) for name in FILES[:2]]
        assert said == ()

    def test_one_file_by_two_names_is_refused(self, folder: Path) -> None:
        said = refused(folder, "path,label\na.png,x\nimages/a.png,y\nb.png,y\n")
        assert "name the same image" in said
        assert "row(s) 2, 3;" in said

    def test_what_lies_hidden_is_not_found(self, folder: Path) -> None:
        for name in (".cache", "@eaDir"):
            (folder / name).mkdir()
            Image.new("L", (4, 4)).save(folder / name / "a.png")
        assert read(folder, "path,label\na.png,x\nb.png,y\n")[0][0].path == str(folder / "images" / "a.png")

    def test_root_may_lie_elsewhere_and_is_not_left(self, folder: Path) -> None:
        (folder / "lists").mkdir()
        images, _ = read(folder / "lists", "path,label\na.png,x\nb.png,y\n", root=folder / "images")
        assert images[0].path == str(folder / "images" / "a.png")
        assert f"leaves --root {folder / 'images'}" in refused(
            folder, "path,label\n../list.csv,x\n", root=folder / "images"
        )
        assert "No such folder" in refused(folder, "path,label\na.png,x\n", root=folder / "gone")
        with pytest.raises(RequestError, match="--root says where the paths of a manifest begin"):
            read_images(DataRequest(replace(READ, root=folder), sites={"internal": folder}))

    def test_absolute_paths_inside_need_no_permission_and_name_the_same_cases(
        self, folder: Path, tmp_path: Path
    ) -> None:
        relative, _ = read(folder, table(rows=[""] * 4))
        inside = table(rows=[""] * 4).replace("images/", f"{folder}/images/")
        assert read(folder, inside)[0] == relative
        (tmp_path / "alias").symlink_to(folder)
        assert read(folder, inside.replace(str(folder), str(tmp_path / "alias")))[0] == relative
        assert "is absolute or leaves" in refused(folder, "path,label\n/dev/null,x\n")

    def test_rows_of_other_sites_are_not_looked_for_where_only_the_internal_one_is_read(self, folder: Path) -> None:
        text = "path,label,site\na.png,x,internal\nb.png,y,internal\ngone.png,x,bern\nlost.png,y,bern\n"
        images, _ = read(folder, text, None, internal_only=True)
        assert [image.case_id for image in images] == ["internal/a.png", "internal/b.png"]
        assert "2 row(s)" in refused(folder, text, None)

    def test_exchanged_columns_are_named_with_the_line_that_mends_it(self, folder: Path) -> None:
        text = "class,file\nx,images/a.png\ny,images/b.png\n"
        said = refused(folder, text, columns={"path": "class", "label": "file"})
        assert "Column 'file'" in said
        assert "'images/a.png'" in said
        line = said[said.index("--column") :].partition(", or")[0]
        columns = dict(part.split("=") for part in split(line) if part != "--column")
        assert columns == {"path": "file", "label": "class"}
        assert len(read(folder, text, columns=columns)[0]) == 2

    def test_a_missing_column_is_guessed_from_what_is_in_the_others(self, folder: Path) -> None:
        said = refused(folder, "image,dx\nimages/a.png,x\nimages/b.png,y\n")
        assert said.endswith("By what is in them: --column path=image --column label=dx.")
        said = refused(folder, "path,label,filename\n1,x,images/a.png\n2,y,images/b.png\n")
        assert "Column 'filename' looks like paths: --column path=filename." in said
