"""400 seeded damages to a finished folder: each is said by name, or changes nothing. Run by path; minutes."""

from collections import Counter
from pathlib import Path

import pytest
from stored_studies import write_study
from torture.damage import damaged_copies

from bench.cli.report_command import report

NUMBER = 400


def test_no_damage_is_silent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = write_study(tmp_path / "results", each=6).root
    report(root, "csv")
    report(root, "json")
    found = damaged_copies(root, tmp_path, NUMBER)
    capsys.readouterr()
    for (kind, outcome), number in sorted(Counter((one.kind, one.outcome) for one in found).items()):
        print(f"{kind:8}{outcome:12}{number:5}")
    assert [one for one in found if one.outcome in ("silent", "traceback")] == []
