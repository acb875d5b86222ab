"""What an audit finds, what it leaves alone, and what it writes."""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from markdown_it import MarkdownIt
from PIL import Image
from processes import Bench
from scans import write_dicom, write_nifti
from trees import write_digit_tree

from bench.audit.findings import FindingKind
from bench.errors import RequestError

Photos = dict[str, Image.Image]
Audited = Callable[..., dict[str, Any]]
Command = Callable[..., Any]
Refused = Callable[..., None]
Found = list[tuple[str, list[str]]]


def found(audit: dict[str, Any]) -> Found:
    """Kind and case ids (or paths' names) of every finding, sorted."""
    return sorted(
        (f["kind"], [case["case_id"] for case in f["cases"]] or [Path(path).name for path in f["paths"]])
        for f in audit["findings"]
    )


def manifest(folder: Path, *rows: str) -> Path:
    file = folder / "list.csv"
    file.write_text("\n".join(rows) + "\n")
    return file


def test_nothing_is_found_in_a_clean_set(audited: Audited, digit_data: Path, tmp_path: Path) -> None:
    audit = audited(digit_data)
    assert audit["findings"] == []
    assert audit["images"] == 120
    assert (tmp_path / "audit.md").read_text().endswith("## Findings\n\nNone.\n")


class TestEveryKind:
    """A set with one thing wrong gives that finding and no other."""

    @pytest.fixture
    def seed(self, tree: Path, photos: Photos) -> Callable[[str], tuple[Path, Found]]:
        """Puts a fault of a kind into the clean tree: what is to be audited, and what is to be found."""

        def cut(kind: str) -> tuple[Path, Found]:
            whole = (tree / "a" / "1.png").read_bytes()
            (tree / "a" / "cut.png").write_bytes(whole[: len(whole) // 2])
            return tree, [(kind, ["tree/a/cut.png"])]

        def named_wrongly(kind: str) -> tuple[Path, Found]:
            photos["page"].save(tree / "b" / "page.png", "JPEG")
            return tree, [(kind, ["tree/b/page.png"])]

        def almost_blank(kind: str) -> tuple[Path, Found]:
            noise = np.random.default_rng(0).normal(120, 0.7, (64, 64))
            Image.fromarray(noise.round().astype(np.uint8)).save(tree / "a" / "empty.png")
            return tree, [(kind, ["tree/a/empty.png"])]

        def twice(kind: str) -> tuple[Path, Found]:
            Image.open(tree / "b" / "3.png").save(tree / "b" / "again.bmp")
            return tree, [(kind, ["tree/b/3.png", "tree/b/again.bmp"])]

        def saved_again(kind: str) -> tuple[Path, Found]:
            photos["coins"].resize((64, 64)).save(tree / "b" / "small.jpg", quality=80)
            return tree, [(kind, ["tree/b/3.png", "tree/b/small.jpg"])]

        def two_labels(kind: str) -> tuple[Path, Found]:
            photos["coins"].save(tree / "a" / "coins.png")
            pair = ["tree/a/coins.png", "tree/b/3.png"]
            return tree, [(kind, pair), ("identical", pair)]

        def loose(kind: str) -> tuple[Path, Found]:
            photos["page"].save(tree / "page.png")
            return tree, [(kind, ["tree/page.png"])]

        def broken_link(kind: str) -> tuple[Path, Found]:
            (tree / "a" / "gone.png").symlink_to(tree / "nowhere.png")
            return tree, [(kind, ["gone.png"])]

        def two_splits(kind: str) -> tuple[Path, Found]:
            rows = ["a/1.png,a,7,train", "a/2.png,a,7,test", "b/3.png,b,8,train", "b/4.png,b,8,train"]
            file = manifest(tree, "path,label,group,split", *rows)
            return file, [(kind, ["internal/a/1.png", "internal/a/2.png"])]

        def two_sites(kind: str) -> tuple[Path, Found]:
            rows = ["a/1.png,a,7,internal", "a/2.png,a,7,bern", "b/3.png,b,8,internal", "b/4.png,b,9,bern"]
            file = manifest(tree, "path,label,group,site", *rows)
            return file, [(kind, ["internal/a/1.png", "bern/a/2.png"])]

        seeds: dict[str, Callable[[str], tuple[Path, Found]]] = {
            "unreadable": cut,
            "wrong extension": named_wrongly,
            "blank": almost_blank,
            "identical": twice,
            "near duplicate": saved_again,
            "conflicting labels": two_labels,
            "no class": loose,
            "unusable name or link": broken_link,
            "patient in several splits": two_splits,
            "patient at several sites": two_sites,
        }
        return lambda kind: seeds[kind](kind)

    @pytest.mark.parametrize("kind", get_args(FindingKind))
    def test_is_found_alone(
        self, audited: Audited, seed: Callable[[str], tuple[Path, Found]], kind: str, tmp_path: Path
    ) -> None:
        path, expected = seed(kind)
        assert found(audited(path)) == expected
        assert f"### {kind} (1)" in (tmp_path / "audit.md").read_text()


class TestDuplicates:
    def test_are_found_between_sites_and_flipped(self, audited: Audited, tree: Path, photos: Photos) -> None:
        (tree.parent / "bern" / "a").mkdir(parents=True)
        photos["astronaut"].transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(tree.parent / "bern" / "a" / "x.png")
        audit = audited(f"internal={tree}", f"bern={tree.parent / 'bern'}")
        assert found(audit) == [("near duplicate", ["internal/a/1.png", "bern/a/x.png"])]
        assert "mirrored" in audit["findings"][0]["detail"]

    def test_same_pixels_of_another_size_are_not_identical(self, audited: Audited, tree: Path) -> None:
        grey = np.arange(24, dtype=np.uint8) * 10
        Image.fromarray(grey.reshape(4, 6)).save(tree / "a" / "wide.png")
        Image.fromarray(grey.reshape(6, 4)).save(tree / "a" / "tall.png")
        assert "identical" not in dict(found(audited(tree)))

    def test_slices_of_one_patient_are_none(self, audited: Audited, tmp_path: Path, photos: Photos) -> None:
        slice_ = np.asarray(photos["camera"]).astype(np.int16) + 1000
        for name, patient in {"1": "P1", "2": "P1", "3": "P2"}.items():
            write_dicom(tmp_path / "scans" / "a" / f"{name}.dcm", slice_, PatientID=patient)
        write_dicom(tmp_path / "scans" / "a" / "4.dcm", (slice_ * 0.99).astype(np.int16), PatientID="P1")
        audit = audited(tmp_path / "scans")
        pairs = [finding["cases"] for finding in audit["findings"] if finding["kind"] == "near duplicate"]
        assert [[case["case_id"] for case in pair] for pair in pairs] == [["scans/a/3.dcm", "scans/a/4.dcm"]]
        (identical,) = [finding for finding in audit["findings"] if finding["kind"] == "identical"]
        groups = [case["group"] for case in identical["cases"]]
        assert len(groups) == 3
        assert len(set(groups)) == 2
        for name in ("3", "4"):
            (tmp_path / "scans" / "a" / f"{name}.dcm").unlink()
        assert audited(tmp_path / "scans")["findings"] == []

    def test_slices_of_one_volume_are_none(self, audited: Audited, tmp_path: Path, photos: Photos) -> None:
        voxels = np.stack([np.asarray(photos["camera"])] * 3, axis=-1).astype(np.int16)
        write_nifti(tmp_path / "scans" / "a" / "head.nii.gz", voxels)
        audit = audited(tmp_path / "scans")
        assert audit["findings"] == []
        assert (audit["images"], audit["files"]) == (3, 1)

    def test_declared_groups_of_a_manifest_count(self, audited: Audited, tree: Path, photos: Photos) -> None:
        photos["camera"].save(tree / "a" / "again.png")
        rows = ["a/2.png,a,{}", "a/again.png,a,{}", "b/3.png,b,9"]
        one = manifest(tree, "path,label,group", *(row.format(7) for row in rows))
        assert audited(one)["findings"] == []
        two = manifest(tree, "path,label,group", *(row.format(number) for number, row in enumerate(rows)))
        assert found(audited(two)) == [("identical", ["internal/a/2.png", "internal/a/again.png"])]


class TestNumbers:
    def test_quantiles_are_those_of_the_images(self, audited: Audited, tmp_path: Path) -> None:
        root = write_digit_tree(tmp_path / "ours", [0, 3], 7)
        write_digit_tree(tmp_path / "bern", [0], 9, first=60, size=21)
        sites = audited(f"ours={root}", f"bern={tmp_path / 'bern'}")["distributions"]
        shares = {"minimum": 0, "5 %": 5, "median": 50, "95 %": 95, "maximum": 100}
        for site, folder in {"ours": root, "bern": tmp_path / "bern"}.items():
            arrays = [np.asarray(Image.open(file)) for file in folder.rglob("*.png")]
            for quantity, measure in {"mean grey": np.mean, "sd of grey": np.std}.items():
                values = [measure(array.astype(float)) for array in arrays]
                expected = {name: np.percentile(values, share) for name, share in shares.items()}
                assert sites[site][quantity] == pytest.approx(expected, abs=1e-3)
        assert sites["bern"]["width"] == dict.fromkeys(shares, 21)
        assert sites["ours"]["aspect"] == dict.fromkeys(shares, 1)

    def test_sizes_are_of_the_upright_image(self, audited: Audited, tree: Path, photos: Photos) -> None:
        turned = Image.Exif()
        turned[0x0112] = 6  # a quarter turn
        photos["page"].resize((60, 40)).save(tree / "a" / "turned.jpg", exif=turned)
        size = audited(tree)["distributions"]["tree"]
        assert size["width"]["minimum"] == 40
        assert size["height"]["minimum"] == 60
        assert size["aspect"]["minimum"] == pytest.approx(40 / 60, abs=1e-4)

    def test_colours_weigh_as_in_itu_r_601(self, audited: Audited, tmp_path: Path) -> None:
        rgb = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
        (tmp_path / "colour" / "a").mkdir(parents=True)
        Image.fromarray(rgb).save(tmp_path / "colour" / "a" / "1.png")
        grey = rgb @ [0.299, 0.587, 0.114]
        numbers = audited(tmp_path / "colour")["distributions"]["colour"]
        assert numbers["mean grey"]["median"] == pytest.approx(grey.mean(), abs=0.6)
        assert numbers["sd of grey"]["median"] == pytest.approx(grey.std(), abs=0.6)

    def test_classes_are_counted_by_site(self, audited: Audited, digit_data: Path) -> None:
        audit = audited(digit_data)
        assert audit["classes"] == {
            "internal": {"0": 30, "1": 30, "4": 30},
            "external": {"0": 10, "1": 10, "4": 10},
        }
        assert audit["roots"] == {name: str(digit_data / name) for name in ("internal", "external")}

    def test_what_cannot_be_read_is_counted_but_not_measured(self, audited: Audited, tree: Path) -> None:
        (tree / "a" / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
        audit = audited(tree)
        assert audit["classes"]["tree"] == {"a": 3, "b": 2}
        assert audit["distributions"]["tree"]["width"]["minimum"] == 96

    def test_images_beyond_the_limit_are_unreadable(self, audited: Audited, tree: Path) -> None:
        Image.new("L", (97, 97), 7).save(tree / "a" / "large.png")
        audit = audited(tree, max_pixels=96 * 96)
        assert found(audit) == [("unreadable", ["tree/a/large.png"])]


class TestFiles:
    def test_json_names_each_case_with_its_digest(self, audited: Audited, tree: Path, photos: Photos) -> None:
        photos["coins"].save(tree / "b" / "again.png")
        audit = audited(tree)
        parts = ["roots", "images", "files", "classes", "distributions", "findings", "passed_over"]
        assert list(audit) == ["schema", "written_by", "notice", *parts]
        assert audit["schema"] == 1
        assert audit["notice"] == "Research use only, never for diagnosis."
        (finding,) = audit["findings"]
        assert finding["cases"] == [
            {
                "case_id": f"tree/b/{name}.png",
                "path": str(tree / "b" / f"{name}.png"),
                "part": None,
                "site": "tree",
                "label": "b",
                "group": None,
                "digest": hashlib.sha256((tree / "b" / f"{name}.png").read_bytes()).hexdigest(),
            }
            for name in ("3", "again")
        ]

    def test_the_figure_is_a_png_with_something_on_it(self, command: Command, digit_data: Path, tmp_path: Path) -> None:
        assert command("audit", digit_data, "--out", tmp_path).code == 0
        with Image.open(tmp_path / "audit.png") as figure:
            assert figure.format == "PNG"
            assert 900 < figure.width < 4000
            assert 600 < figure.height < 4000
            pixels = np.asarray(figure.convert("RGB")).reshape(-1, 3)
        for colour in ((0x00, 0x72, 0xB2), (0xD5, 0x5E, 0x00)):  # blue for the first site, vermilion for the second
            assert (np.abs(pixels.astype(int) - colour).sum(1) < 8).sum() > 1000

    def test_names_without_letters_in_the_font_give_no_warning(
        self, command: Command, tmp_path: Path, photos: Photos
    ) -> None:
        for label in ("_hidden", "血腫", "$a$b$"):
            (tmp_path / "external-_x" / label).mkdir(parents=True)
            photos["page"].save(tmp_path / "external-_x" / label / "1.png")
        done = command("audit", tmp_path / "external-_x", "--out", tmp_path / "out")
        assert (done.code, done.err) == (0, "")
        assert "_x: $a$b$ 1, _hidden 1, 血腫 1" in done.out

    def test_json_and_markdown_say_the_same_as_the_command(self, command: Command, tree: Path, tmp_path: Path) -> None:
        (tree / "a" / "bad.png").write_bytes(b"no image")
        assert "unreadable: 1\n" in command("audit", tree, "--out", tmp_path / "out").out
        audit = json.loads((tmp_path / "out" / "audit.json").read_text())
        assert found(audit) == [("unreadable", ["tree/a/bad.png"])]
        assert "- `tree/a/bad.png`: " in (tmp_path / "out" / "audit.md").read_text()

    def test_names_cannot_break_the_tables_or_inject_markup(
        self, audited: Audited, tmp_path: Path, photos: Photos
    ) -> None:
        labels = ["a|b", "<img src=x>", "`tick`", "[x](http:evil)", "**bold**", "new\nline", "_x_ $y$", "\x1b[31mred"]
        for number, (label, photo) in enumerate(zip(labels, photos.values(), strict=False)):
            folder = tmp_path / "tree" / label
            folder.mkdir(parents=True)
            photo.save(folder / "1.png")
            (folder / f"<b>`|`{number}\n.png").write_bytes(b"no image")
        audited(f"[s]|<i>={tmp_path / 'tree'}")
        text = (tmp_path / "audit.md").read_text()
        assert "\x1b" not in text
        html = MarkdownIt("commonmark").enable("table").render(text)
        for tag in ("<img", "<b>", "<i>", "<a ", "<strong>", "<em>"):
            assert tag not in html
        shown = ["a|b", "&lt;img src=x&gt;", "`tick`", "[x](http:evil)", "**bold**", r"new\nline", "_x_ $y$"]
        for name in [*shown, r"\x1b[31mred"]:
            assert f"<td>{name}</td>\n<td>2</td>\n</tr>" in html
        assert "<th>[s]|&lt;i&gt;</th>" in html

    def test_only_the_first_twenty_of_a_kind_are_in_the_markdown(
        self, audited: Audited, tree: Path, tmp_path: Path
    ) -> None:
        for number in range(23):
            (tree / "a" / f"bad{number:02d}.png").write_bytes(b"no image")
        assert len(audited(tree)["findings"]) == 23
        text = (tmp_path / "audit.md").read_text()
        assert text.count("`tree/a/bad") == 20
        assert "- and 3 more, in audit.json" in text


class TestSites:
    def test_are_named_on_the_command_line_or_by_folders(self, audited: Audited, tmp_path: Path) -> None:
        for name in ("internal", "external-bern"):
            write_digit_tree(tmp_path / "data" / name, [3], 2)
        assert list(audited(tmp_path / "data")["classes"]) == ["internal", "bern"]
        bern = tmp_path / "data" / "external-bern"
        assert list(audited(bern, f"internal={tmp_path / 'data' / 'internal'}")["classes"]) == ["internal", "bern"]
        assert list(audited(f"lyon={bern}")["classes"]) == ["lyon"]
        with pytest.raises(RequestError, match="both site 'bern'"):
            audited(bern, f"bern={tmp_path / 'data' / 'internal'}")

    def test_a_dot_is_called_after_its_folder(
        self, audited: Audited, tree: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tree)
        assert list(audited(".")["classes"]) == ["tree"]

    def test_a_manifest_names_them_in_a_column(self, audited: Audited, tree: Path) -> None:
        file = manifest(tree, "file,label,hospital", "a/1.png,a,lyon", "a/2.png,a,internal", "b/3.png,b,lyon")
        audit = audited(file, columns={"path": "file", "site": "hospital"})
        assert audit["classes"] == {"internal": {"a": 1}, "lyon": {"a": 1, "b": 1}}
        assert audit["roots"] == {"internal": str(file), "lyon": str(file)}

    def test_a_manifest_may_be_one_of_several(self, audited: Audited, tree: Path, tmp_path: Path) -> None:
        file = manifest(tree, "path,label", "a/1.png,a")
        assert audited(f"bern={file}")["classes"] == {"bern": {"a": 1}}
        assert audited(file, reader="manifest")["classes"] == {"internal": {"a": 1}}
        write_digit_tree(tmp_path / "internal", [3], 2)
        audit = audited(f"bern={file}", tmp_path / "internal")
        assert audit["classes"] == {"internal": {"3": 2}, "bern": {"a": 1}}


def test_patients_are_nowhere_named(command: Command, tmp_path: Path, photos: Photos) -> None:
    slice_ = np.asarray(photos["camera"]).astype(np.int16) + 1000
    for site, patient in (("internal", "HOSPITAL-4711"), ("external", "HOSPITAL-4711"), ("external", "HOSPITAL-0815")):
        write_dicom(tmp_path / "data" / site / "a" / f"{patient[-4:]}x.dcm", slice_, PatientID=patient)
    whole = (tmp_path / "data" / "internal" / "a" / "4711x.dcm").read_bytes()
    (tmp_path / "data" / "internal" / "a" / "cut.dcm").write_bytes(whole[:-5000])
    calls = [
        command("audit", tmp_path / "data", "--out", tmp_path / "out"),
        command("clean", tmp_path / "data", "--from", tmp_path / "out" / "audit.json"),
        command("show", tmp_path / "data", "--out", tmp_path / "out" / "sheets"),
    ]
    assert [call.code for call in calls] == [0, 0, 0]
    assert "patient at several sites: 1" in calls[0].out
    assert "2 file(s) would be moved" in calls[1].out  # the one cut short, and the copy under another patient
    written = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert {path.suffix for path in written} == {".md", ".json", ".png"}
    texts = [path.read_bytes() for path in written] + [(call.out + call.err).encode() for call in calls]
    for secret in (b"HOSPITAL", b"Muster", b"Eva"):
        assert secret in whole
        assert not any(secret in text for text in texts)


def test_the_quarantine_and_other_hidden_folders_are_passed_over(audited: Audited, tree: Path) -> None:
    (tree / ".quarantine").mkdir()
    os.link(tree / "a" / "1.png", tree / ".quarantine" / "1.png")
    assert audited(tree)["images"] == 4


class TestCommand:
    def test_says_what_it_found_and_ends_with_0(self, bench: Bench, tree: Path, tmp_path: Path) -> None:
        (tree / "a" / "bad.png").write_bytes(b"")
        done = bench("data", "audit", tree, "--out", tmp_path / "out")
        assert (done.returncode, done.stderr) == (0, "")
        assert "tree: a 3, b 2\nunreadable: 1\n" in done.stdout
        assert {path.name for path in (tmp_path / "out").iterdir()} == {"audit.md", "audit.json", "audit.png"}

    def test_refuses_in_a_process_as_well(self, bench: Bench, tmp_path: Path) -> None:
        done = bench("data", "audit", tmp_path / "absent", "--out", tmp_path / "out")
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("Error: No such path")
        assert done.stderr.count("\n") == 1
        assert not (tmp_path / "out").exists()

    @pytest.mark.parametrize(
        ("message", "arguments"),
        [
            ("No such path", ["absent"]),
            ("No image found", ["empty"]),
            ("is a file", ["tree/a/1.png"]),
            ("No reader 'magic'", ["--reader", "magic", "tree"]),
            ("--windows", ["--windows", "lung", "tree"]),
            ("OURS=YOURS", ["--column", "path", "tree"]),
            ("'hospital' is none of", ["--column", "hospital=site", "tree"]),
            ("would be taken for images", ["--out", "tree/audit", "tree"]),
            ("cannot be made", ["--out", "file/x", "tree"]),
            ("max-pixels", ["--max-pixels", "0", "tree"]),
            ("Cannot read the manifest", ["absent.csv"]),
        ],
    )
    def test_refuses_in_one_paragraph(
        self, refused: Refused, tree: Path, message: str, arguments: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tree.parent)
        Path("empty").mkdir()
        Path("file").touch()
        refused(message, tree.parent, "audit", *arguments)
