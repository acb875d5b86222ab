"""Cleaning moves exactly what an audit named, and nothing on the word of one that is no longer true."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from processes import Bench
from scans import write_dicom, write_nifti
from trees import READ, write_digit_tree

from bench.audit.findings import Finding, FoundCase
from bench.audit.summary import Audit
from bench.audit.surplus import MOVABLE, named_cases
from bench.data.images import PixelSettings, upright_images
from bench.data.reading import Shown
from bench.data.sites import sites_of
from bench.data.tree.reader import read as read_tree

Photos = dict[str, Image.Image]
Audited = Callable[..., dict[str, Any]]
Command = Callable[..., Any]
Refused = Callable[..., None]
Listing = Callable[[Path], dict[str, str]]
Contents = Callable[[Path], Counter[bytes]]
Below = Callable[[Path], set[str]]


class TestMoving:
    def test_without_apply_nothing_on_the_disk_changes(
        self, command: Command, audited: Audited, faulty: Path, listing: Listing, chosen: dict[str, set[str]]
    ) -> None:
        audited(faulty)
        before = listing(faulty.parent)
        done = command("clean", faulty, "--from", faulty.parent / "audit.json")
        assert (done.code, done.err) == (0, "")
        assert listing(faulty.parent) == before
        shown = {line.split(" (")[0] for line in done.out.splitlines() if line.startswith("would move: ")}
        assert shown == {f"would move: {faulty}/{file}" for file in set().union(*chosen.values())}
        assert "6 file(s) would be moved" in done.out

    def test_with_apply_exactly_what_was_named_moves_and_nothing_is_lost(
        self,
        command: Command,
        audited: Audited,
        faulty: Path,
        contents: Contents,
        moved: Below,
        files_below: Below,
        chosen: dict[str, set[str]],
    ) -> None:
        audited(faulty)
        files, before = files_below(faulty), contents(faulty.parent)
        done = command("clean", faulty, "--from", faulty.parent / "audit.json", "--apply")
        assert (done.code, done.err) == (0, "")
        assert moved(faulty) == set().union(*chosen.values())
        assert files_below(faulty) == files - moved(faulty)
        assert contents(faulty.parent) == before
        assert audited(faulty)["findings"] == []

    @pytest.mark.parametrize("kind", MOVABLE)
    def test_only_some_kinds(
        self, command: Command, audited: Audited, faulty: Path, kind: str, moved: Below, chosen: dict[str, set[str]]
    ) -> None:
        audited(faulty)
        assert command("clean", faulty, "--from", faulty.parent / "audit.json", "--only", kind, "--apply").code == 0
        assert moved(faulty) == chosen[kind]

    def test_the_internal_copy_stays(
        self, command: Command, audited: Audited, tmp_path: Path, photos: Photos, moved: Below
    ) -> None:
        for file, name in {"external-a/x/1": "moon", "internal/x/9": "moon", "internal/x/8": "page"}.items():
            (tmp_path / "data" / file).parent.mkdir(parents=True, exist_ok=True)
            photos[name].save(tmp_path / "data" / f"{file}.png")
        photos["page"].save(tmp_path / "data" / "external-a" / "x" / "0.jpg", quality=80)
        audited(tmp_path / "data")
        assert command("clean", tmp_path / "data", "--from", tmp_path / "audit.json", "--apply").code == 0
        assert moved(tmp_path / "data") == {"external-a/x/0.jpg", "external-a/x/1.png"}

    def test_one_of_many_copies_stays(
        self, command: Command, audited: Audited, tree: Path, photos: Photos, tmp_path: Path, files_below: Below
    ) -> None:
        for number in range(4):
            photos["coins"].save(tree / "b" / f"copy{number}.bmp")
            photos["coins"].resize((96 - 10 * number,) * 2).save(tree / "b" / f"near{number}.jpg", quality=90)
        audited(tree)
        assert command("clean", tree, "--from", tmp_path / "audit.json", "--apply").code == 0
        assert files_below(tree / "b") == {"3.png", "4.png"}

    def test_what_is_only_like_a_copy_that_goes_stays(self) -> None:
        a, b, c = (FoundCase(f"x/{n}", f"/x/{n}", None, "x", "l", None, n) for n in "abc")
        pairs = tuple(Finding("near duplicate", "", pair, ()) for pair in ((a, b), (b, c)))
        audit = Audit(roots={"x": "/x"}, images=3, files=3, classes={}, distributions={}, findings=pairs)
        assert list(named_cases(audit, ["near duplicate"], lambda case: True)) == [(b, "copy of x/a")]

    def test_a_slice_whose_only_copy_goes_stays(
        self, command: Command, audited: Audited, tmp_path: Path, photos: Photos, moved: Below
    ) -> None:
        slice_ = np.asarray(photos["camera"]).astype(np.int16) + 1000
        for name, patient in {"1": "P1", "2": "P1", "3": "P2", "4": "P2"}.items():
            write_dicom(tmp_path / "scans" / "a" / f"{name}.dcm", slice_, PatientID=patient)
        audited(tmp_path / "scans")
        assert command("clean", tmp_path / "scans", "--from", tmp_path / "audit.json", "--apply").code == 0
        assert moved(tmp_path / "scans") == {"a/3.dcm", "a/4.dcm"}

    def test_a_file_of_several_images_stays(
        self, command: Command, audited: Audited, tmp_path: Path, photos: Photos, files_below: Below
    ) -> None:
        voxels = np.stack([np.asarray(photos["camera"]), np.full((96, 96), -1000)], axis=-1).astype(np.int16)
        write_nifti(tmp_path / "scans" / "a" / "head.nii", voxels)
        audited(tmp_path / "scans")
        done = command("clean", tmp_path / "scans", "--from", tmp_path / "audit.json", "--apply")
        assert "head.nii (blank: grey values 0.0 ± 0.0, but its file holds several images)" in done.out
        assert files_below(tmp_path) == {"scans/a/head.nii", "audit.json", "audit.md"}

    def test_a_volume_with_a_blank_slice_still_has_copies(
        self, command: Command, audited: Audited, tmp_path: Path, photos: Photos, moved: Below
    ) -> None:
        voxels = np.stack([np.full((96, 96), -1000), np.asarray(photos["camera"])], axis=-1).astype(np.int16)
        write_nifti(tmp_path / "scans" / "a" / "head.nii", voxels)
        (slice_,) = upright_images(tmp_path / "scans" / "a" / "head.nii", [1], PixelSettings())
        assert isinstance(slice_, Shown)
        slice_.image.save(tmp_path / "scans" / "a" / "slice.png")
        audited(tmp_path / "scans")
        assert command("clean", tmp_path / "scans", "--from", tmp_path / "audit.json", "--apply").code == 0
        assert moved(tmp_path / "scans") == {"a/slice.png"}

    def test_the_same_audit_twice_moves_nothing_more(
        self, command: Command, audited: Audited, faulty: Path, listing: Listing
    ) -> None:
        audited(faulty)
        clean = ("clean", faulty, "--from", faulty.parent / "audit.json", "--apply")
        command(*clean)
        before = listing(faulty.parent)
        assert "Nothing is to be moved" in command(*clean).out
        assert listing(faulty.parent) == before

    def test_a_site_alone_is_cleaned_of_its_own_files(
        self, command: Command, audited: Audited, tmp_path: Path, photos: Photos, moved: Below, files_below: Below
    ) -> None:
        for site in ("internal", "external-bern"):
            (tmp_path / "data" / site / "x").mkdir(parents=True)
            photos["moon"].save(tmp_path / "data" / site / "x" / "1.png")
            (tmp_path / "data" / site / "x" / "bad.png").write_bytes(site.encode())
        audited(tmp_path / "data")
        bern = tmp_path / "data" / "external-bern"
        assert command("clean", bern, "--from", tmp_path / "audit.json", "--apply").code == 0
        assert moved(bern) == {"x/1.png", "x/bad.png"}
        assert files_below(tmp_path / "data" / "internal") == {"x/1.png", "x/bad.png"}

    def test_the_quarantine_is_no_site_and_no_class(
        self, command: Command, audited: Audited, tmp_path: Path, moved: Below
    ) -> None:
        for name in ("internal", "external-bern"):
            write_digit_tree(tmp_path / "data" / name, [3, 4], 2)
        for folder in (tmp_path / "data" / "external-bern", tmp_path / "data" / "internal" / "3"):
            (folder / "4").mkdir(exist_ok=True)
            (folder / "4" / "bad.png").write_bytes(b"")
            audited(folder)
            assert command("clean", folder, "--from", tmp_path / "audit.json", "--apply").code == 0
            assert moved(folder) == {"4/bad.png"}
        assert list(sites_of(tmp_path / "data")) == ["internal", "bern"]
        assert {image.label for image in read_tree(tmp_path / "data" / "internal", "internal", READ)} == {"3", "4"}


class TestWhatChanged:
    """Nothing moves on the word of an audit that is no longer true."""

    def test_a_changed_file_stays(
        self, command: Command, audited: Audited, tree: Path, photos: Photos, tmp_path: Path, files_below: Below
    ) -> None:
        (tree / "a" / "cut.png").write_bytes(b"no image")
        photos["coins"].save(tree / "b" / "again.bmp")
        audited(tree)
        photos["page"].save(tree / "a" / "cut.png")
        photos["cell"].save(tree / "b" / "again.bmp")
        done = command("clean", tree, "--from", tmp_path / "audit.json", "--apply")
        assert done.out.count("has changed since the audit") == 2
        assert files_below(tree) == {"a/1.png", "a/2.png", "a/cut.png", "b/3.png", "b/4.png", "b/again.bmp"}

    @pytest.mark.parametrize("how", ["changed", "gone"])
    def test_the_copy_of_an_original_that_is_not_there_any_more_stays(
        self, command: Command, audited: Audited, tree: Path, photos: Photos, tmp_path: Path, how: str
    ) -> None:
        photos["coins"].save(tree / "b" / "again.bmp")
        audited(tree)
        if how == "gone":
            (tree / "b" / "3.png").unlink()
        else:
            photos["cell"].save(tree / "b" / "3.png")
        done = command("clean", tree, "--from", tmp_path / "audit.json", "--apply")
        assert "Nothing is to be moved" in done.out
        assert (tree / "b" / "again.bmp").exists()

    def test_a_closed_file_that_was_opened_stays(
        self, command: Command, audited: Audited, tree: Path, tmp_path: Path
    ) -> None:
        (tree / "a" / "closed.png").write_bytes(b"no image")
        audit = audited(tree)
        audit["findings"][0]["cases"][0]["digest"] = ""  # as where permissions forbade to read it
        (tmp_path / "audit.json").write_text(json.dumps(audit))
        done = command("clean", tree, "--from", tmp_path / "audit.json", "--apply")
        assert "closed.png (has changed since the audit" in done.out
        assert (tree / "a" / "closed.png").exists()

    def test_an_audit_of_other_folders_is_refused(
        self, refused: Refused, audited: Audited, faulty: Path, tmp_path: Path
    ) -> None:
        audited(faulty)
        faulty.rename(tmp_path / "elsewhere")
        refused("not of", tmp_path, "clean", tmp_path / "elsewhere", "--from", tmp_path / "audit.json", "--apply")


class TestCommand:
    def test_cleans_and_takes_it_back(self, bench: Bench, audited: Audited, faulty: Path, listing: Listing) -> None:
        audited(faulty)
        before = listing(faulty.parent)
        done = bench("data", "clean", faulty, "--from", faulty.parent / "audit.json", "--apply")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.splitlines()[-1].startswith("6 file(s) moved to")
        undone = bench("data", "clean", faulty, "--undo")
        assert (undone.returncode, undone.stderr) == (0, "")
        assert listing(faulty.parent) == before

    def test_refuses_in_a_process_as_well(self, bench: Bench, tree: Path) -> None:
        done = bench("data", "clean", tree, "--from", tree / "absent.json")
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("Error: Cannot read")
        assert done.stderr.count("\n") == 1

    def test_refuses_in_one_paragraph(self, refused: Refused, audited: Audited, tree: Path, tmp_path: Path) -> None:
        audited(tree)
        audit = tmp_path / "audit.json"
        refused("Give the audit", tmp_path, "clean", tree)
        refused("Cannot read", tmp_path, "clean", tree, "--from", tree)
        refused("'ugly' is none of unreadable, blank", tmp_path, "clean", tree, "--from", audit, "--only", "ugly")
        refused("'no class' is none of", tmp_path, "clean", tree, "--from", audit, "--only", "no class")
        refused("no folder and no manifest", tmp_path, "clean", tmp_path / "absent", "--from", audit)
        refused("no folder and no manifest", tmp_path, "clean", tree / "a" / "1.png", "--from", audit)
        refused("Missing argument", tmp_path, "clean", "--from", audit)

    def test_control_characters_of_names_do_not_reach_the_terminal(
        self, command: Command, audited: Audited, tree: Path, tmp_path: Path
    ) -> None:
        (tree / "a" / "\x1b[2J\nmoved: all.png").write_bytes(b"no image")
        audited(tree)
        done = command("clean", tree, "--from", tmp_path / "audit.json")
        assert "\x1b" not in done.out
        assert len(done.out.splitlines()) == 2
