"""Every command that writes, on disks that fail once, are taken away, or lack what other file systems do.

`make torture` runs this. At how many places of each command the disk fails is GAPBENCH_FAULTS; 0 for all.
"""

import errno
import os
from collections import Counter
from pathlib import Path

import pytest
from torture.faults import FailingDisk, Place
from torture.jobs import COMMANDS, write_data
from torture.trials import Trials, chosen

FAULTS = int(os.environ.get("GAPBENCH_FAULTS", "8"))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("disks") / "data")


@pytest.mark.parametrize("name", COMMANDS)
def test_a_disk_that_fails_once_costs_nothing_that_was_stored(
    name: str, data: Path, bench_environment: dict[str, str], tmp_path: Path
) -> None:
    command = Trials(name, data, tmp_path / "tried", bench_environment)
    places, undisturbed = command.undisturbed()
    found = [command.tried(place, code, undisturbed) for place, code in chosen(places, FAULTS)]
    ended = Counter(one.ended for one in found if one)
    print(f"\nfails once: {name}: {sum(ended.values())} of {len(places)} places; ended", dict(sorted(ended.items())))
    assert ended
    assert [one for one in found if one and one.faults] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_a_folder_that_is_removed_under_way_ends_the_command_in_words(
    name: str, data: Path, bench_environment: dict[str, str], tmp_path: Path
) -> None:
    command = Trials(name, data, tmp_path / "tried", bench_environment)
    places, undisturbed = command.undisturbed()
    written = [place for place in places if place.file.startswith("results/") and place.kind in ("write", "rename")]
    for place, _ in chosen(written, max(2, FAULTS // 4)):
        ended = command.call(place=place, gone=True)
        assert ended in (1, 2), (
            place,
            command.shell.said(),
        )  # 2 where nothing was begun, as in a folder that is closed
        assert list(command.badly_said(ended, errno.EACCES)) == [], (place, command.shell.said())
        assert not (command.root / "runs").exists()
        command.begin_afresh()
        assert list(command.given_again(undisturbed)) == []


@pytest.mark.parametrize("name", COMMANDS)
def test_a_disk_that_cannot_flush_folders_is_as_good_as_another(
    name: str, data: Path, bench_environment: dict[str, str], tmp_path: Path
) -> None:
    command = Trials(name, data, tmp_path / "tried", bench_environment)
    _, undisturbed = command.undisturbed()
    assert command.call(lacks="flush of folders") == 0, command.shell.said()
    assert command.job.left(command.root) == undisturbed


@pytest.mark.parametrize("name", ["run", "import", "nondeterminism"])
def test_a_disk_on_which_no_file_replaces_another_is_named(
    name: str, data: Path, bench_environment: dict[str, str], tmp_path: Path
) -> None:
    command = Trials(name, data, tmp_path / "tried", bench_environment)
    _, undisturbed = command.undisturbed()
    ended = command.call(lacks="replacing")
    assert ended == 1, command.shell.said()
    assert list(command.badly_said(ended)) == [], command.shell.said()
    assert "no file there may take the name of another one" in command.shell.said()
    assert list(command.given_again(undisturbed)) == []


def test_explanations_are_kept_until_new_ones_stand_in_their_place(
    data: Path, bench_environment: dict[str, str], tmp_path: Path
) -> None:
    command = Trials("explain", data, tmp_path / "tried", bench_environment)
    _, explained = command.undisturbed()
    disk = FailingDisk((command.root,), command.log, Place("rename", "results/explain"))
    assert command.shell.call(command.job.command(command.root), before=disk) == 1, command.shell.said()
    assert list(command.badly_said(1)) == []
    assert command.job.left(command.root) == explained
