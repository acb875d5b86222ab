"""Disks that fail, or lack what others do: a few places of what `make torture` tries."""

from pathlib import Path

import pytest
from torture.jobs import write_data
from torture.trials import Trials, chosen

PLACES = {"import": 5, "run": 4, "data clean": 4}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("disks") / "data")


@pytest.mark.parametrize("name", PLACES)
def test_a_disk_that_fails_once_costs_nothing_that_was_stored(
    name: str, data: Path, bench_environment: dict[str, str], tmp_path: Path
) -> None:
    command = Trials(name, data, tmp_path / "tried", bench_environment)
    places, undisturbed = command.undisturbed()
    found = [command.tried(place, code, undisturbed) for place, code in chosen(places, PLACES[name])]
    assert any(one and one.ended == 1 for one in found)
    assert [one for one in found if one and one.faults] == []


def test_folders_that_cannot_be_flushed_do_and_names_that_cannot_be_taken_are_said(
    data: Path, bench_environment: dict[str, str], tmp_path: Path
) -> None:
    command = Trials("import", data, tmp_path / "tried", bench_environment)
    assert command.call(lacks="flush of folders") == 0, command.shell.said()
    undisturbed = command.job.left(command.root)
    assert command.call(lacks="replacing") == 1
    assert list(command.badly_said(1)) == []
    assert "no file there may take the name of another one" in command.errors()
    assert list(command.given_again(undisturbed)) == []
