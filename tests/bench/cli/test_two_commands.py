"""Two commands at once on one results folder: the table of the docs, and its commonest cells. All: tests/torture."""

from pathlib import Path

import pytest
from processes import wait_until
from two_commands import Commands, answers_table, left, prepare, refuse_leftovers
from warm import ROOT


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory, bench_environment: dict[str, str]) -> Commands:
    return prepare(tmp_path_factory.mktemp("two"), bench_environment, ["run"])


def test_the_docs_have_the_table_that_is_tested() -> None:
    text = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    assert answers_table() in text.partition("## Two commands at once\n")[2].partition("\n## ")[0]


def test_beside_a_run_another_is_refused_and_readers_read(commands: Commands, tmp_path: Path) -> None:
    root = commands.copy(tmp_path)
    working = commands.start("run", root)
    working.stop_at_work()
    refused = commands.call("run", root)
    assert refused.code == 2
    assert f"Another bench process is writing to {root} (bench run, process " in refused.said()
    status, report = commands.call("status", root), commands.call("report --format json", root)
    assert (status.code, report.code) == (0, 0)
    assert "At work: bench run, process " in status.said()
    assert '"backbone": "test_resnet"' in report.said()
    working.go_on()
    assert working.end() == 0, working.said()
    refuse_leftovers(root)
    assert set(left(root)["folds"]) == {0, 1}


def test_a_run_that_began_to_read_before_an_import_had_written_loses_none_of_its_seeds(
    commands: Commands, tmp_path: Path
) -> None:
    root = commands.copy(tmp_path)
    importing = commands.start("import", root)
    importing.stop_at_work()
    running = commands.start("run", root)
    wait_until(lambda: "Waiting until bench import, process " in running.said(), "the run to wait")
    importing.go_on()
    assert importing.end() == 0, importing.said()
    assert running.end() == 0, running.said()
    refuse_leftovers(root)
    found = left(root)
    assert (set(found["folds"]), len(found["runs"])) == ({0, 1, 7}, 4 + 2)
