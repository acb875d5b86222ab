"""A heartbeat in the results folder says which process is at work there, as long as it lives."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from processes import wait_until

from bench.store.heartbeat import heartbeat, processes_at_work
from bench.store.working_process import SILENT, ActiveRun

AT_WORK = """
import sys, time
from pathlib import Path
from bench.store.heartbeat import heartbeat
with heartbeat(Path(sys.argv[1]), "bench run") as own:
    own.tell(workers=2, seconds_left=60.0)
    print("ready", flush=True)
    time.sleep(120)
"""


def at_work(root: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen([sys.executable, "-c", AT_WORK, str(root)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_a_heartbeat_lasts_as_long_as_its_process(tmp_path: Path) -> None:
    with at_work(tmp_path) as process:
        (other,) = processes_at_work(tmp_path)
        assert (other.command, other.pid, other.workers, other.seconds_left) == ("bench run", process.pid, 2, 60.0)
        process.kill()
        wait_until(
            lambda: not processes_at_work(tmp_path), "the process to end, though it is waited for only below", 10
        )
    assert processes_at_work(tmp_path) == []
    assert list(tmp_path.glob(".bench-*"))  # killed, it could not clean up
    with heartbeat(tmp_path, "bench report"):
        (own,) = processes_at_work(tmp_path)
        assert (own.command, own.pid) == ("bench report", os.getpid())
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_locks_within_its_work_keeps_its_heartbeat(tmp_path: Path) -> None:
    with heartbeat(tmp_path, "bench search"):
        with heartbeat(tmp_path, "bench"):
            assert [one.command for one in processes_at_work(tmp_path)] == ["bench search"]
        assert [one.command for one in processes_at_work(tmp_path)] == ["bench search"]
    assert processes_at_work(tmp_path) == []


def test_a_process_number_that_another_has_got_does_not_count(tmp_path: Path) -> None:
    with heartbeat(tmp_path, "bench run"):
        (file,) = tmp_path.glob(".bench-*")
        told = json.loads(file.read_text())
        assert processes_at_work(tmp_path)
        file.write_text(json.dumps({**told, "born": "1"}))
        assert processes_at_work(tmp_path) == []


def test_another_machines_process_counts_until_it_has_been_silent_for_long(tmp_path: Path) -> None:
    with heartbeat(tmp_path, "bench run"):
        (file,) = tmp_path.glob(".bench-*")
        told = {**json.loads(file.read_text()), "host": "elsewhere", "pid": 2**22 + 1}
        file.write_text(json.dumps(told))
        assert [one.host for one in processes_at_work(tmp_path)] == ["elsewhere"]
        file.write_text(json.dumps({**told, "seen": told["seen"] - 4000}))
        assert processes_at_work(tmp_path), "its own clock is not asked"
        os.utime(file, (time.time() - SILENT - 1,) * 2)
        assert processes_at_work(tmp_path) == []


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"running": [1]}'])
def test_a_damaged_heartbeat_does_not_count(tmp_path: Path, content: str) -> None:
    (tmp_path / ".bench-here-1.json").write_text(content)
    assert processes_at_work(tmp_path) == []


def test_a_heartbeat_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    with heartbeat(gone, "bench run") as own:
        own.tell(running=[ActiveRun("0" * 20, "net", 0, 0, 1, 2)])
    assert not gone.exists()
