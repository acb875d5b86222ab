"""Two machines on one shared folder whose system's locks they do not see: only one writes, and no clock decides."""

import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
from processes import child_processes
from second_host import COUNT, HOST, host_command, second_host

from bench.errors import RequestError
from bench.store import claim, working_process
from bench.store.claim import FILE
from bench.store.folder import ResultsFolder
from bench.store.heartbeat import processes_at_work

DAYS = 86_400.0


@pytest.mark.parametrize(("name", "ahead"), [(HOST, 3 * DAYS), (HOST, -3 * DAYS), (socket.gethostname(), 0.0)])
def test_a_writer_of_another_host_is_refused_whatever_its_clock_says(name: str, ahead: float, tmp_path: Path) -> None:
    """Its number means another process here: it is 1, which always lives."""
    with second_host(tmp_path, name=name, ahead=ahead):
        with (
            pytest.raises(RequestError, match=rf"Another bench process .*\(bench run, process 1 on {name}\)"),
            ResultsFolder(tmp_path).locked(),
        ):
            pass
        (seen,) = processes_at_work(tmp_path)
        assert (seen.command, seen.pid, seen.host) == ("bench run", 1, name)
        assert 0 <= time.time() - seen.seen < 60
        assert 0 <= time.time() - seen.since < 60


@pytest.mark.parametrize(("age", "said"), [(200.0, "no sign for 2.. s"), (-DAYS, "a sign from the future")])
def test_one_that_was_killed_long_ago_is_named_and_its_place_taken(age: float, said: str, tmp_path: Path) -> None:
    with second_host(tmp_path):
        pass
    for file in (tmp_path / FILE, *tmp_path.glob(".bench-*")):
        os.utime(file, (time.time() - age,) * 2)
    assert processes_at_work(tmp_path) == []
    lines: list[str] = []
    with ResultsFolder(tmp_path).locked(say=lines.append):
        (line,) = lines
    assert line.startswith(f"bench run, process 1 on {HOST} has ")
    assert re.search(said, line)
    assert "counts as gone; its place in" in line
    assert not [path.name for path in tmp_path.glob(".*") if path.name != ".lock"]


def test_one_that_was_killed_just_now_is_watched_until_it_has_been_silent_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (working_process, claim):
        monkeypatch.setattr(module, "SILENT", 4.0)
    with second_host(tmp_path):
        pass
    os.utime(tmp_path / FILE)
    lines: list[str] = []
    with ResultsFolder(tmp_path).locked(say=lines.append):
        first, second = lines
    assert "or was killed: its last sign is" in first
    assert "counts as gone" in second


def test_who_stood_still_and_lost_the_folder_writes_no_more(tmp_path: Path) -> None:
    with second_host(tmp_path) as other:
        assert other.stdin is not None
        (python,) = child_processes(other.pid)
        os.kill(python, signal.SIGSTOP)
        os.utime(tmp_path / FILE, (time.time() - 200,) * 2)
        with ResultsFolder(tmp_path).locked(command="bench import"):
            os.kill(python, signal.SIGCONT)
            _, errors = other.communicate("go on\n", timeout=60)
            assert f"bench import, process {os.getpid()} on {socket.gethostname()} has taken {tmp_path} over" in errors
            assert other.returncode == 1
            assert (tmp_path / FILE).exists()  # it took away its own claim alone, which is no more


def test_hosts_that_do_not_see_each_others_locks_come_one_after_the_other(tmp_path: Path) -> None:
    (tmp_path / "count").write_text("0")
    hosts = [
        subprocess.Popen(host_command(COUNT, tmp_path, ahead=ahead, name=name), stderr=subprocess.PIPE, text=True)
        for name, ahead in (("one-host", 500.0), (HOST, -500.0))
    ]
    for host in hosts:
        _, errors = host.communicate(timeout=240)
        assert host.returncode == 0, errors
    assert (tmp_path / "count").read_text() == "16"
    assert not (tmp_path / FILE).exists()


def test_a_claim_that_was_never_written_whole_is_taken_away(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("")
    os.utime(tmp_path / FILE, (time.time() - 60,) * 2)
    with ResultsFolder(tmp_path).locked():
        pass
    assert not (tmp_path / FILE).exists()
