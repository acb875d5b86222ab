"""Workers are forked from a process that has loaded the libraries: nothing else is changed by it."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from processes import BENCH, SMALL, Bench, alive, child_processes, predictions, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is no fork server")

ONE_SEED = ("run", *SMALL, "--seeds", "1")
Begin = Callable[..., "subprocess.Popen[str]"]


def command_line(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")


class Processes:
    """Those of a running command, which the shell started as `pid`."""

    def __init__(self, pid: int) -> None:
        (self.driver,) = child_processes(pid)

    @property
    def server(self) -> list[int]:
        return [pid for pid in child_processes(self.driver) if "multiprocessing.forkserver" in command_line(pid)]

    @property
    def workers(self) -> list[int]:
        return [worker for server in self.server for worker in child_processes(server)]


@pytest.fixture
def begin(bench_environment: dict[str, str], digit_data: Path, tmp_path: Path) -> Begin:
    """`bench run` with two workers and two runs of so many epochs, once it has said that it begins."""

    def start(epochs: int) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [*BENCH, *ONE_SEED, "--data", digit_data, "--workers", "2", "--epochs", str(epochs)],
            env={**bench_environment, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            cwd=tmp_path,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "Checking the request …\n"
        return process

    return start


def test_bytes_are_those_of_one_process_also_when_the_server_is_killed(
    begin: Begin, bench: Bench, digit_data: Path, tmp_path: Path
) -> None:
    process = begin(20)
    wait_until(lambda: bool(child_processes(process.pid)), "the driver")
    there = Processes(process.pid)
    wait_until(lambda: len(there.workers) == 2, "the workers")
    assert "libtorch" not in Path(f"/proc/{there.driver}/maps").read_text()  # the driver itself needs none of it
    (server,) = there.server
    os.kill(server, signal.SIGKILL)
    said, error = process.communicate(timeout=300)
    assert process.returncode == 0, error
    assert "tried again alone" in error or "no forecast" in said

    done = bench(*ONE_SEED, "--data", digit_data, "--epochs", "20", "--results", tmp_path / "alone")
    assert done.returncode == 0, done.stderr
    assert len(alone := predictions(tmp_path / "alone")) == 2
    assert predictions(tmp_path / "results") == alone


@pytest.mark.parametrize("loading", [True, False], ids=["while libraries load", "while workers train"])
def test_nothing_outlives_a_killed_driver(begin: Begin, loading: bool) -> None:
    process = begin(2000)
    wait_until(lambda: bool(child_processes(process.pid)), "the driver")
    there = Processes(process.pid)
    wait_until(lambda: bool(there.server) if loading else len(there.workers) == 2, "the server, or its workers")
    left = [*there.server, *there.workers]
    os.kill(there.driver, signal.SIGKILL)
    process.communicate(timeout=60)
    wait_until(lambda: not any(map(alive, left)), "the server and its workers to end", 30)


def test_nothing_is_loaded_where_nothing_is_left_to_train(
    bench_environment: dict[str, str], finished: Path, digit_data: Path, tmp_path: Path
) -> None:
    """The command is looked at from within, since it ends before one could from outside."""
    code = (
        "import sys; from bench.cli import main\n"
        "try: main()\n"
        "finally:\n"
        "    from bench.execution import fork_server\n"
        "    print('loaded:', fork_server._begun, 'torch' in sys.modules)\n"
    )
    command = ["run", "--data", os.path.relpath(digit_data), *SMALL, "--workers", "2", "--seeds", "2"]
    done = subprocess.run(
        [sys.executable, "-c", code, *command, "--results", shutil.copytree(finished, tmp_path / "results")],
        env={**bench_environment, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        text=True,
        capture_output=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert "nothing to train" in done.stdout
    assert done.stdout.splitlines()[-1] == "loaded: False False"


def test_what_is_wrong_with_a_backbone_is_said_as_by_one_process(
    bench_environment: dict[str, str], bench: Bench, digit_data: Path, tmp_path: Path
) -> None:
    wrong = [*ONE_SEED, "--data", digit_data, "--weights", tmp_path / "no.safetensors", "--results", tmp_path / "r"]
    forked = subprocess.run(
        [*BENCH, *wrong, "--workers", "2"],
        env={**bench_environment, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        text=True,
        capture_output=True,
        timeout=300,
    )
    here = bench(*wrong)
    assert (forked.returncode, forked.stderr) == (here.returncode, here.stderr) == (2, here.stderr)
    assert "no.safetensors" in here.stderr
    assert not (tmp_path / "r").exists()
