"""What cleaning moved comes back, whatever happened in between."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Audited = Callable[..., dict[str, Any]]
Command = Callable[..., Any]
Refused = Callable[..., None]
Listing = Callable[[Path], dict[str, str]]
Contents = Callable[[Path], Counter[bytes]]
Below = Callable[[Path], set[str]]


class TestUndo:
    @pytest.fixture
    def cleaned(self, command: Command, audited: Audited, faulty: Path, listing: Listing) -> dict[str, str]:
        """The listing before `faulty` was cleaned."""
        audited(faulty)
        before = listing(faulty.parent)
        assert command("clean", faulty, "--from", faulty.parent / "audit.json", "--apply").code == 0
        return before

    def test_restores_every_byte(
        self, command: Command, faulty: Path, cleaned: dict[str, str], listing: Listing
    ) -> None:
        done = command("clean", faulty, "--undo")
        assert done.out.startswith("6 file(s) moved back")
        assert listing(faulty.parent) == cleaned

    def test_takes_several_cleanings_back(
        self, command: Command, audited: Audited, faulty: Path, cleaned: dict[str, str], listing: Listing, moved: Below
    ) -> None:
        (faulty / "b" / "new.png").write_bytes(b"no image")
        audited(faulty)
        assert command("clean", faulty, "--from", faulty.parent / "audit.json", "--apply").code == 0
        assert "b/new.png" in moved(faulty)
        assert command("clean", faulty, "--undo").out.startswith("7 file(s) moved back")
        (faulty / "b" / "new.png").unlink()
        after = listing(faulty.parent)
        assert {**after, "audit.json": "", "audit.md": ""} == {**cleaned, "audit.json": "", "audit.md": ""}

    def test_works_where_folder_and_quarantine_have_been_moved(
        self, command: Command, faulty: Path, cleaned: dict[str, str], listing: Listing
    ) -> None:
        faulty.rename(faulty.with_name("renamed"))
        faulty.with_name(".tree-quarantine").rename(faulty.with_name(".renamed-quarantine"))
        assert command("clean", faulty.with_name("renamed"), "--undo").out.startswith("6 file(s) moved back")
        faulty.with_name("renamed").rename(faulty)
        assert listing(faulty.parent) == cleaned

    def test_is_refused_where_something_new_has_the_old_place(
        self, command: Command, refused: Refused, faulty: Path, cleaned: dict[str, str], listing: Listing
    ) -> None:
        (faulty / "a" / "cut.png").write_bytes(b"new")
        refused("cut.png is there again", faulty.parent, "clean", faulty, "--undo")
        (faulty / "a" / "cut.png").unlink()
        command("clean", faulty, "--undo")
        assert listing(faulty.parent) == cleaned

    def test_names_what_was_taken_from_the_quarantine(
        self, command: Command, faulty: Path, cleaned: dict[str, str]
    ) -> None:
        (faulty.with_name(".tree-quarantine") / "files" / "a" / "cut.png").unlink()
        done = command("clean", faulty, "--undo")
        assert done.out.splitlines()[0].startswith("5 file(s) moved back")
        assert done.out.splitlines()[1] == "gone: a/cut.png is neither there nor in the quarantine"

    def test_needs_a_log_that_is_whole(self, refused: Refused, faulty: Path, cleaned: dict[str, str]) -> None:
        log = faulty.with_name(".tree-quarantine") / "moves.jsonl"
        whole = log.read_text()
        outside = json.dumps({"file": "../../etc/passwd", "reason": ""})
        for text in (whole[:-30], f"{outside}\n", "[]\n", '{"file": 3, "reason": ""}\n'):
            log.write_text(text)
            refused("is damaged", faulty.parent, "clean", faulty, "--undo")
        log.unlink()
        refused("nothing was moved", faulty.parent, "clean", faulty, "--undo")

    def test_goes_without_only(self, refused: Refused, faulty: Path, cleaned: dict[str, str]) -> None:
        refused("without --only", faulty.parent, "clean", faulty, "--undo", "--only", "blank")


class TestKilled:
    """A process that dies between two moves, by SIGKILL, which nothing can catch."""

    DIE = """
import os, signal, sys
from bench.audit import quarantine
from bench.cli import main
move, left = quarantine._move, 2
def dying(source, target):
    global left
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
    left -= 1
    move(source, target)
quarantine._move = dying
main()
"""

    def kill(self, *arguments: str | Path) -> None:
        command = [sys.executable, "-c", self.DIE, "data", *map(str, arguments)]
        assert subprocess.run(command, capture_output=True, check=False).returncode == -9

    def test_all_comes_back(
        self, command: Command, audited: Audited, faulty: Path, listing: Listing, contents: Contents, moved: Below
    ) -> None:
        audited(faulty)
        before, had = listing(faulty.parent), contents(faulty.parent)
        self.kill("clean", faulty, "--from", faulty.parent / "audit.json", "--apply")
        assert len(moved(faulty)) == 2
        assert contents(faulty.parent) == had + Counter([b""])  # the file of the lock
        assert command("clean", faulty, "--undo").out.startswith("2 file(s) moved back")
        assert listing(faulty.parent) == before

    def test_cleaning_again_and_an_undo_that_dies_too_lose_nothing(
        self,
        command: Command,
        audited: Audited,
        faulty: Path,
        listing: Listing,
        moved: Below,
        chosen: dict[str, set[str]],
    ) -> None:
        audited(faulty)
        before = listing(faulty.parent)
        self.kill("clean", faulty, "--from", faulty.parent / "audit.json", "--apply")
        assert command("clean", faulty, "--from", faulty.parent / "audit.json", "--apply").code == 0
        assert moved(faulty) == set().union(*chosen.values())
        self.kill("clean", faulty, "--undo")
        assert len(moved(faulty)) == 4
        assert command("clean", faulty, "--undo").out.startswith("4 file(s) moved back")
        assert listing(faulty.parent) == before
