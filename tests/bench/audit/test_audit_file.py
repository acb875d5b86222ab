"""What --from names may be anything, and moves nothing that it should not."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Audited = Callable[..., dict[str, Any]]
Command = Callable[..., Any]
Refused = Callable[..., None]
Listing = Callable[[Path], dict[str, str]]


class TestAuditFile:
    """What --from names may be anything."""

    @pytest.mark.parametrize(
        "text",
        ["", "no JSON", "null", "[]", "{}", "\udcff", "[" * 100_000, '{"schema": 1, "findings": []}'],
        ids=["empty", "text", "null", "list", "object", "bytes", "deep", "few keys"],
    )
    def test_that_is_no_audit_is_refused(self, refused: Refused, tree: Path, tmp_path: Path, text: str) -> None:
        (tmp_path / "audit.json").write_text(text, errors="surrogateescape")
        refused("Audit anew", tmp_path, "clean", tree, "--from", tmp_path / "audit.json", "--apply")

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("path", "{tree}/../outside/bad.png"),
            ("path", "{tree}/a/../../outside/bad.png"),
            ("path", "a/bad.png"),
            ("path", "{tree}/a/bad\0.png"),
            ("path", ["{tree}/a/bad.png"]),
            ("path", None),
            ("part", "first"),
            ("digest", 5),
        ],
    )
    def test_that_was_tampered_with_is_refused(
        self, refused: Refused, audited: Audited, tree: Path, tmp_path: Path, key: str, value: Any
    ) -> None:
        (tmp_path / "outside").mkdir()
        for folder in (tree / "a", tmp_path / "outside"):
            (folder / "bad.png").write_bytes(b"no image")
        audit = audited(tree)
        audit["findings"][0]["cases"][0][key] = value.format(tree=tree) if isinstance(value, str) else value
        (tmp_path / "audit.json").write_text(json.dumps(audit))
        refused("Audit anew", tmp_path, "clean", tree, "--from", tmp_path / "audit.json", "--apply")

    def test_that_a_later_release_wrote_is_refused_with_its_version(
        self, refused: Refused, audited: Audited, faulty: Path, tmp_path: Path
    ) -> None:
        later = {**audited(faulty), "schema": 2, "written_by": "gapbench 7.1"}
        (tmp_path / "audit.json").write_text(json.dumps(later))
        said = "has format 2, and this is gapbench"
        refused(said, tmp_path, "clean", faulty, "--from", tmp_path / "audit.json", "--apply")
        said = "Install gapbench 7.1 or newer, which wrote it"
        refused(said, tmp_path, "clean", faulty, "--from", tmp_path / "audit.json", "--apply")

    def test_that_is_of_another_schema_or_cut_short_is_refused(
        self, refused: Refused, audited: Audited, faulty: Path, tmp_path: Path
    ) -> None:
        audit = audited(faulty)
        for text in (json.dumps({**audit, "schema": 0}), json.dumps(audit)[:-40]):
            (tmp_path / "audit.json").write_text(text)
            refused("Audit anew", tmp_path, "clean", faulty, "--from", tmp_path / "audit.json", "--apply")

    def test_that_names_files_outside_moves_none_of_them(
        self, command: Command, audited: Audited, faulty: Path, tmp_path: Path, listing: Listing
    ) -> None:
        outside = tmp_path / "outside"
        outside.mkdir()
        for file in faulty.rglob("*.*"):
            (outside / file.name).write_bytes(file.read_bytes())
        audit = audited(faulty)
        for finding in audit["findings"]:
            for case in finding["cases"]:
                case["path"] = str(outside / Path(case["path"]).name)
        (tmp_path / "audit.json").write_text(json.dumps(audit))
        before = listing(tmp_path)
        done = command("clean", faulty, "--from", tmp_path / "audit.json", "--apply")
        assert "Nothing is to be moved" in done.out
        assert listing(tmp_path) == before
