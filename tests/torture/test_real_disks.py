"""Every command that writes, on a full disk, one that may only be read, and in folders of another user.

`make torture` runs this, as root: only root mounts disks and becomes another user.
"""

import errno
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from torture.faults import NOBODY, become_nobody
from torture.jobs import Shell, digests, failed_trials, write_data
from torture.trials import Trials
from trees import missing, small_disk

MIB = 1 << 20


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("disks") / "data")


def resized(disk: Path, size: int) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size}", str(disk)], check=True)


@pytest.mark.parametrize("name", ["run", "search", "nondeterminism", "import", "explain"])
def test_a_full_disk_keeps_what_is_stored_and_the_command_goes_on_when_there_is_room(
    name: str, data: Path, bench_environment: dict[str, str], tmp_path: Path
) -> None:
    with small_disk(tmp_path, 256 * MIB) as disk:
        command = Trials(name, data, disk / "tried", bench_environment, tmp_path / "said")
        _, undisturbed = command.undisturbed()
        begin_afresh(command)
        start, ended = used(disk), []
        assert command.shell.call(command.job.command(command.root)) == 0
        whole = used(disk) - start
        for part in (0.02, 0.3, 0.6, 0.9):
            begin_afresh(command)
            resized(disk, int(start + part * whole))
            ended.append(command.shell.call(command.job.command(command.root)))
            said = command.errors()
            resized(disk, 256 * MIB)
            assert ended[-1] in (0, 1), said
            assert list(command.badly_said(ended[-1])) == [], said
            assert list(command.given_again(undisturbed)) == []
            assert failed_trials(command.root) == []
        print(f"\nfull disk: {name}: {whole / MIB:.1f} MiB needed; with 2, 30, 60, 90 % of it ended", ended)


def begin_afresh(command: Trials) -> None:
    command.begin_afresh()
    shutil.rmtree(command.cache, ignore_errors=True)


def used(disk: Path) -> int:
    found = os.statvfs(disk)
    return (found.f_blocks - found.f_bfree) * found.f_frsize


@pytest.mark.parametrize("name", ["run", "search", "nondeterminism", "import", "explain", "report"])
def test_a_disk_that_may_only_be_read_is_said_at_once(
    name: str, data: Path, bench_environment: dict[str, str], tmp_path: Path
) -> None:
    with small_disk(tmp_path, 256 * MIB) as disk:
        command = Trials(name, data, disk / "tried", bench_environment)
        command.shell = Shell({**bench_environment, "GAPBENCH_CACHE": str(tmp_path / "cache")}, tmp_path)
        before = command.job.left(command.root) if name in ("report", "explain") else None
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        ended = command.shell.call(command.job.command(command.root))
        said = command.errors()
        assert ended == (0 if name == "report" else 2), said  # the leaderboard is printed all the same
        assert list(command.badly_said(ended, errno.EROFS)) == [], said
        assert "cannot be written to" in said
        assert before is None or command.job.left(command.root) == before


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that all users can enter, as those of pytest are not."""
    if os.geteuid() != 0:
        missing("to become another user needs root")
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.mark.parametrize("mode", [0o755, 0o1777], ids=["may only be read", "of which files cannot be replaced"])
@pytest.mark.parametrize("name", ["run", "nondeterminism", "import", "explain", "report"])
def test_a_folder_of_another_user_is_said_and_stays_as_it_is(
    name: str, mode: int, bench_environment: dict[str, str], shared: Path
) -> None:
    command = Trials(name, write_data(shared / "data"), shared / "tried", bench_environment)
    assert command.shell.call(command.job.command(command.root)) == 0, command.shell.said()
    for folder in (command.root, *(path for path in command.root.rglob("*") if path.is_dir())):
        folder.chmod(mode)
    shutil.rmtree(command.cache, ignore_errors=True)
    command.cache.mkdir()
    os.chown(command.cache, NOBODY, NOBODY)
    before = digests(command.root, "**/*")
    ended = command.shell.call(command.job.command(command.root), before=become_nobody)
    said = command.errors()
    assert ended == (0 if name == "report" else 2), said
    assert list(command.badly_said(ended, errno.EACCES)) == [], said
    assert "cannot be written to" in said
    assert digests(command.root, "**/*") == before
