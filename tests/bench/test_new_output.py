"""What is written outside of results folders: whole or not at all, by one process at a time, nothing half left."""

import errno
import os
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
from bench.new_output import new_folder, write_output
from bench.terminal import Terminal

NOBODYS = 2**22 + 1  # more than the highest number that Linux gives to a process


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_has_its_name_when_it_is_whole(tmp_path: Path) -> None:
    with new_folder(tmp_path / "above" / "out") as folder:
        (folder / "file").write_text("all")
        assert names(tmp_path / "above") == [".out.partial"]
    assert names(tmp_path / "above") == ["out"]
    assert (tmp_path / "above/out/file").read_text() == "all"


def test_what_a_killed_process_left_is_no_part_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / ".out.partial/inner").mkdir(parents=True)
    (tmp_path / ".out.partial/inner/half").write_text("ha")
    (tmp_path / ".out.partial/half").write_text("ha")
    with new_folder(tmp_path / "out") as folder:
        (folder / "file").write_text("all")
    assert names(tmp_path) == ["out"]
    assert names(tmp_path / "out") == ["file"]


def test_a_second_process_is_refused_and_disturbs_nothing(tmp_path: Path) -> None:
    with new_folder(tmp_path / "out") as folder:
        (folder / "file").write_text("all")
        with pytest.raises(RequestError, match=r"Another process is making .*out\."), new_folder(tmp_path / "out"):
            pass
    assert names(tmp_path / "out") == ["file"]


@pytest.mark.parametrize(("code", "kind"), [(errno.ENOSPC, WriteError), (errno.EACCES, RequestError)])
def test_a_disk_that_fails_leaves_nothing(tmp_path: Path, code: int, kind: type[BenchError]) -> None:
    def fail() -> None:
        with new_folder(tmp_path / "out") as folder:
            (folder / "file").write_text("all")
            raise OSError(code, os.strerror(code))

    with pytest.raises(kind, match=f"out cannot be made: {os.strerror(code)}"):
        fail()
    assert names(tmp_path) == []


def test_only_temporary_files_of_the_same_name_and_of_ended_processes_are_deleted(tmp_path: Path) -> None:
    kept = [f".a[1].json.{os.getppid()}.tmp", f".b.json.{NOBODYS}.tmp", ".a[1].json.mine.tmp", ".a[1].json"]
    for name in (*kept, f".a[1].json.{NOBODYS}.tmp"):
        (tmp_path / name).write_text("half")
    write_output(tmp_path / "a[1].json", "all")
    assert names(tmp_path) == sorted([*kept, "a[1].json"])
    write_output(tmp_path / "a[1].json", lambda file: file.write_bytes(b"again"))
    assert (tmp_path / "a[1].json").read_text() == "again"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says that a process has ended before its parent looks")
def test_a_killed_process_has_ended_before_its_parent_looks(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        (tmp_path / f".a.{process.pid}.tmp").write_text("half")
        write_output(tmp_path / "a", "all")
        assert names(tmp_path) == sorted([f".a.{process.pid}.tmp", "a"])
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it stays a zombie
        write_output(tmp_path / "a", "all")
        assert names(tmp_path) == ["a"]


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
