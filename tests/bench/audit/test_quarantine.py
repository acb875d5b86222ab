"""Where cleaning moves files to: places that are taken, other disks, links."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image
from trees import small_disk, write_digit_tree

from bench.audit.quarantine import alone

Audited = Callable[..., dict[str, Any]]
Command = Callable[..., Any]
Refused = Callable[..., None]
Listing = Callable[[Path], dict[str, str]]
Contents = Callable[[Path], Counter[bytes]]
Below = Callable[[Path], set[str]]


class TestPlaces:
    def test_a_target_that_exists_stops_everything(
        self, refused: Refused, audited: Audited, faulty: Path, tmp_path: Path
    ) -> None:
        audited(faulty)
        there = tmp_path / ".tree-quarantine" / "files" / "b" / "saved.jpg"
        there.parent.mkdir(parents=True)
        there.write_bytes(b"of an earlier cleaning")
        refused("is there already", tmp_path, "clean", faulty, "--from", tmp_path / "audit.json", "--apply")

    def test_a_file_in_the_place_of_the_quarantine(
        self, refused: Refused, audited: Audited, faulty: Path, tmp_path: Path
    ) -> None:
        audited(faulty)
        (tmp_path / ".tree-quarantine").touch()
        arguments = ["clean", faulty, "--from", tmp_path / "audit.json", "--apply"]
        refused("Nothing was moved", tmp_path, *arguments)

    def test_an_image_named_like_the_log_does_not_replace_it(
        self, command: Command, audited: Audited, tree: Path, listing: Listing, tmp_path: Path, moved: Below
    ) -> None:
        Image.new("L", (9, 9)).save(tree / "moves.jsonl", "PNG")
        audited(tree)
        before = listing(tmp_path)
        assert command("clean", tree, "--from", tmp_path / "audit.json", "--apply").code == 0
        assert moved(tree) == {"moves.jsonl"}
        command("clean", tree, "--undo")
        assert listing(tmp_path) == before

    def test_what_a_killed_cleaning_had_half_written_goes(
        self, command: Command, audited: Audited, tree: Path, tmp_path: Path
    ) -> None:
        audited(tree)
        left = tmp_path / ".tree-quarantine" / ".moves.jsonl.535.tmp"
        left.parent.mkdir()
        left.write_text('{"file": "b')
        assert command("clean", tree, "--from", tmp_path / "audit.json", "--apply").code == 0
        assert not left.exists()

    def test_a_disk_of_its_own_has_its_quarantine_on_itself(
        self, command: Command, audited: Audited, tmp_path: Path, listing: Listing, moved: Below
    ) -> None:
        with small_disk(tmp_path, 1024 * 1024) as disk:
            write_digit_tree(disk, [3, 4], 2)
            (disk / "3" / "bad.png").write_bytes(b"no image")
            audited(disk)
            before = listing(disk)
            assert command("clean", disk, "--from", tmp_path / "audit.json", "--apply").code == 0
            assert moved(disk) == {"3/bad.png"}
            assert audited(disk)["images"] == 4
            audit = json.loads((tmp_path / "audit.json").read_text())
            log = disk / ".quarantine" / "moves.jsonl"
            digest = hashlib.sha256(log.read_bytes()).hexdigest()
            case = {"case_id": "", "path": str(log), "part": None, "site": "", "label": "", "group": None}
            finding = {"kind": "blank", "detail": "", "cases": [{**case, "digest": digest}], "paths": []}
            (tmp_path / "audit.json").write_text(json.dumps({**audit, "findings": [finding]}))
            done = command("clean", disk, "--from", tmp_path / "audit.json", "--apply")
            assert "lies in the quarantine already" in done.out
            command("clean", disk, "--undo")
            assert listing(disk) == before

    def test_a_disk_within_the_folder_ends_it_with_a_word(
        self,
        command: Command,
        audited: Audited,
        tree: Path,
        tmp_path: Path,
        contents: Contents,
        moved: Below,
        files_below: Below,
    ) -> None:
        (tree / "a" / "bad.png").write_bytes(b"no image")
        with small_disk(tree, 1024 * 1024) as disk:
            (disk / "bad.png").write_bytes(b"none either")
            audited(tree)
            before = contents(tmp_path)
            done = command("clean", tree, "--from", tmp_path / "audit.json", "--apply")
            assert done.code == 1
            assert "Cannot move" in done.err
            assert "--undo takes it back" in done.err
            assert moved(tree) == {"a/bad.png"}
            assert contents(tmp_path) == before
            command("clean", tree, "--undo")
            assert files_below(tree) >= {"a/bad.png", "disk/bad.png"}
            assert contents(tmp_path) == before


class TestLinks:
    def test_a_link_and_what_it_leads_to_are_no_copies(
        self, command: Command, audited: Audited, tree: Path, listing: Listing, tmp_path: Path
    ) -> None:
        (tree / "b" / "0.png").symlink_to(tree / "b" / "3.png")
        audited(tree)
        before = listing(tmp_path)
        done = command("clean", tree, "--from", tmp_path / "audit.json", "--apply")
        assert "Nothing is to be moved" in done.out
        assert listing(tmp_path) == before

    def test_a_link_moves_and_not_what_it_leads_to(
        self, command: Command, audited: Audited, tree: Path, listing: Listing, tmp_path: Path, moved: Below
    ) -> None:
        (tmp_path / "outside.png").write_bytes(b"no image")
        (tree / "b" / "link.png").symlink_to(tmp_path / "outside.png")
        audited(tree, allow_outside=True)
        before = listing(tmp_path)
        assert command("clean", tree, "--from", tmp_path / "audit.json", "--apply").code == 0
        assert moved(tree) == {"b/link.png"}
        assert (tmp_path / "outside.png").read_bytes() == b"no image"
        command("clean", tree, "--undo")
        assert listing(tmp_path) == before

    def test_what_a_linked_folder_holds_outside_stays(
        self, command: Command, audited: Audited, tree: Path, listing: Listing, tmp_path: Path
    ) -> None:
        (tmp_path / "outside").mkdir()
        (tmp_path / "outside" / "bad.png").write_bytes(b"no image")
        (tree / "c").symlink_to(tmp_path / "outside")
        audited(tree, allow_outside=True)
        before = listing(tmp_path)
        done = command("clean", tree, "--from", tmp_path / "audit.json", "--apply")
        assert "lies outside the folder" in done.out
        assert listing(tmp_path) == before


def test_of_two_cleanings_at_once_the_second_is_refused(
    refused: Refused, command: Command, audited: Audited, faulty: Path, tmp_path: Path
) -> None:
    audited(faulty)
    with alone(faulty.resolve()):
        refused("Another bench data clean", tmp_path, "clean", faulty, "--from", tmp_path / "audit.json", "--apply")
    command("clean", faulty, "--from", tmp_path / "audit.json", "--apply")
    with alone(faulty.resolve()):
        refused("Another bench data clean", tmp_path, "clean", faulty, "--undo")
    command("clean", faulty, "--undo")
    assert not list(tmp_path.glob(".*"))
