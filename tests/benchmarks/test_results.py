"""All benchmarks of speed into one page."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks import results
from benchmarks.goals import at_least, at_most
from benchmarks.results import ALL, Done, Listed, page


def test_the_page_has_a_table_of_goals_and_all_that_was_printed() -> None:
    first = f"machine\n\n{at_least('steps', 1.95, 1.9)}\n{at_most('help', 0.7, 0.5)}\n"
    text = page([Done("one", "python -m benchmarks.one", first, 90, True), Done("two", "two", "half", 30, False)])
    rows = [[cell.strip() for cell in line.strip("| ").split("|")] for line in text.splitlines() if "| one " in line]
    assert rows == [
        ["one", "steps", "1.95 times", "at least 1.90 times", "reached"],
        ["one", "help", "0.70 s", "at most 0.50 s", "not reached"],
    ]
    assert "1 of 2 are reached" in text
    assert "2 minutes in all" in text
    assert "## one\n\n`python -m benchmarks.one` took 1.5 minutes.\n\n    machine\n\n    goal | steps" in text
    assert "It failed; this is what it had printed before.\n\n    half\n" in text


def test_a_benchmark_that_fails_does_not_end_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = {"wrong": Listed("goals_that_nobody_has", 1), "right": Listed("results --help", 1, {"COLUMNS": "60"})}
    monkeypatch.setattr(results, "ALL", listed)
    out = tmp_path / "RESULTS.md"
    monkeypatch.setattr("sys.argv", ["results", "--out", str(out)])
    assert results.main() == 1
    assert capsys.readouterr().out == f"{out} is written; failed: wrong\n"
    text = out.read_text()
    assert "`python -m benchmarks.goals_that_nobody_has` took 0.0 minutes. It failed" in text
    assert "`COLUMNS=60 python -m benchmarks.results --help`" in text
    assert "    usage: results.py" in text


def test_every_benchmark_that_is_listed_is_there() -> None:
    assert [name for name, one in ALL.items() if find_spec(f"benchmarks.{one.command.split()[0]}") is None] == []


def test_an_unknown_name_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["results", "engines"])
    with pytest.raises(SystemExit):
        results.main()
    assert "engines: there is whole-job, engine, " in capsys.readouterr().err
