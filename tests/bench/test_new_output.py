"""What is written outside of results folders: whole or not at all, by one process at a time, nothing half left."""

import errno
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from bench import phantom
from bench.cache import Caches
from bench.config.experiment import Experiment
from bench.engine.images import ensure_phantom, phantom_folder
from bench.errors import BenchError, RequestError, WriteError
from bench.locks import lock_now
from bench.new_output import new_folder, write_output
from bench.terminal import Terminal

HOST = socket.gethostname()
NOBODYS = 2**22 + 1  # more than the highest number that Linux gives to a process


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def partial(number: int, host: str = HOST) -> str:
    return f".out.{host}.{number}.partial"


def test_a_folder_has_its_name_when_it_is_whole(tmp_path: Path) -> None:
    with new_folder(tmp_path / "above" / "out") as folder:
        (folder / "file").write_text("all")
        assert names(tmp_path / "above") == [partial(os.getpid())]
    assert names(tmp_path / "above") == ["out"]
    assert (tmp_path / "above/out/file").read_text() == "all"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says that a process has ended before its parent looks")
def test_what_a_killed_process_left_is_deleted_and_nothing_else(tmp_path: Path) -> None:
    kept = [partial(os.getppid()), partial(NOBODYS, "elsewhere"), ".out.partial", partial(NOBODYS + 1)]
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it stays a zombie
        for name in (*kept[:-1], partial(NOBODYS), partial(process.pid), partial(os.getpid())):
            (tmp_path / name / "inner").mkdir(parents=True)
            (tmp_path / name / "inner/half").write_text("ha")
        (tmp_path / kept[-1]).symlink_to(tmp_path / kept[0])
        with new_folder(tmp_path / "out") as folder:
            (folder / "file").write_text("all")
    assert names(tmp_path) == sorted([*kept, "out"])
    assert (tmp_path / kept[0] / "inner/half").exists()
    assert names(tmp_path / "out") == ["file"]


def test_of_two_processes_the_quicker_one_has_the_folder(tmp_path: Path) -> None:
    program = (
        "import pathlib, sys; from bench.new_output import new_folder\n"
        "with new_folder(pathlib.Path(sys.argv[1])) as folder: (folder / 'quick').touch()"
    )

    def make() -> None:
        with new_folder(tmp_path / "out") as folder:
            (folder / "slow").touch()
            subprocess.run([sys.executable, "-c", program, str(tmp_path / "out")], check=True)
            assert names(folder) == ["slow"]

    with pytest.raises(RequestError, match="out is already in use"):
        make()
    assert names(tmp_path) == ["out"]
    assert names(tmp_path / "out") == ["quick"]


@pytest.mark.parametrize(("code", "kind"), [(errno.ENOSPC, WriteError), (errno.EACCES, RequestError)])
@pytest.mark.parametrize("failing", ["mkdir", "rename"])
def test_a_folder_that_cannot_be_made_is_said_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str, code: int, kind: type[BenchError]
) -> None:
    def fail(path: Path, *given: object, **named: object) -> None:
        raise OSError(code, os.strerror(code))

    def make() -> None:
        with new_folder(tmp_path / "out") as folder:
            (folder / "file").write_text("all")

    monkeypatch.setattr(Path, failing, fail)
    with pytest.raises(kind, match=f"out cannot be made: {os.strerror(code)}"):
        make()
    assert names(tmp_path) == []


def test_only_half_files_of_the_same_name_that_nobody_writes_are_deleted(tmp_path: Path) -> None:
    half = f".a[1].json.{HOST}.{{}}.tmp"
    kept = [half.format(1), f".a[1].json.elsewhere.{NOBODYS}.tmp", f".b.json.{HOST}.{NOBODYS}.tmp", ".a[1].json"]
    for name in (*kept, half.format(NOBODYS)):
        (tmp_path / name).write_text("half")
    (tmp_path / half.format(2)).mkdir()  # which cannot be deleted
    with (tmp_path / kept[0]).open("a") as handle:
        assert lock_now(handle.fileno())  # as its writer holds it
        write_output(tmp_path / "a[1].json", "all")
    assert names(tmp_path) == sorted([*kept, half.format(2), "a[1].json"])
    write_output(tmp_path / "a[1].json", lambda file: file.write_bytes(b"again"))
    assert (tmp_path / "a[1].json").read_text() == "again"


def test_two_commands_without_data_make_the_phantom_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = list[Path]()
    begun = threading.Event()

    def make(out: Path, **given: object) -> None:
        made.append(out)
        begun.wait(0.2)  # for the other one, which comes now if it does not wait
        with new_folder(out) as folder:
            (folder / "manifest.csv").write_text("all")

    monkeypatch.setattr(phantom, "write_phantom", make)
    caches = Caches(tmp_path / "cache")
    threads = [
        threading.Thread(target=ensure_phantom, args=(Experiment(), caches, Terminal(quiet=True))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [phantom_folder(caches)]
    assert names(phantom_folder(caches)) == ["manifest.csv"]
