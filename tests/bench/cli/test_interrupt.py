"""Every command ends when it is told to, whatever native code is doing."""

import fcntl
import os
import signal
import subprocess
import sys
import termios
import tomllib
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest
from processes import INTERRUPTIBLE, alive, child_processes, state, wait_until

POSIX = pytest.mark.skipif(
    not hasattr(os, "fork"), reason="there is no fork here; docs/command-line.md says what holds"
)

# The sum of a range is computed in C for hours, holds the interpreter's lock, and never looks at signals; what it says
# comes from within the sum.
DEAF = """
import importlib, itertools, os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)

def deaf(*given, **named):
    sys.stdout.flush()
    sum(itertools.chain(map(os.write, [1], [b"deaf\\n"]), range(10**15)))

where, _, name = sys.argv.pop(1).rpartition(".")
setattr(importlib.import_module(where), name, deaf)
from bench.cli import start
start()
"""

COMMANDS = {
    "run": ("bench.config.request.experiment_from", ["run", "--seeds", "1"]),
    "search": ("bench.search.options.search_from", ["search"]),
    "nondeterminism": ("bench.config.request.options_from", ["nondeterminism"]),
    "explain": ("bench.config.request.options_from", ["explain"]),
    "report": ("bench.store.folder.ResultsFolder", ["report"]),
    "audit": ("bench.config.request.experiment_from", ["data", "audit", "."]),
    "status": ("bench.status.read.read_status", ["status"]),
}

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def deaf(bench_environment: dict[str, str], tmp_path: Path) -> Start:
    """A command that has come to native code which never ends."""

    def begin(command: str) -> "subprocess.Popen[str]":
        place, arguments = COMMANDS[command]
        process = subprocess.Popen(
            [sys.executable, "-c", DEAF, place, *arguments],
            env={**bench_environment, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            cwd=tmp_path,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        assert any(line == "deaf\n" for line in lines), process.communicate()
        return process

    return begin


@POSIX
@pytest.mark.parametrize("command", COMMANDS)
def test_an_interrupt_ends_what_cannot_hear_it(deaf: Start, command: str) -> None:
    process = deaf(command)
    (child,) = child_processes(process.pid)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "ended by force" in error
    assert "Traceback" not in error
    wait_until(lambda: not alive(child), "the work to end")


@POSIX
def test_a_second_signal_does_not_wait(deaf: Start) -> None:
    process = deaf("status")
    for number in (signal.SIGTERM, signal.SIGINT):
        process.send_signal(number)
    _, error = process.communicate(timeout=60)
    assert (process.returncode, error.count("\n")) == (130, 1)


@POSIX
def test_work_that_stands_still_goes_on_with_the_process_that_the_shell_started(deaf: Start) -> None:
    process = deaf("run")
    (child,) = child_processes(process.pid)
    os.kill(child, signal.SIGSTOP)
    wait_until(lambda: state(child) == "T", "the work to stand still")
    process.send_signal(signal.SIGCONT)
    wait_until(lambda: state(child) != "T", "the work to go on")
    process.kill()
    process.communicate(timeout=60)


@POSIX
def test_the_work_ends_with_the_process_that_the_shell_started(deaf: Start) -> None:
    process = deaf("status")
    (child,) = child_processes(process.pid)
    process.kill()
    process.communicate()
    if sys.platform == "linux":  # elsewhere a thread sees to it, once native code lets it
        wait_until(lambda: not alive(child), "the work to end")
    if alive(child):
        os.kill(child, signal.SIGKILL)


@POSIX
def test_work_that_the_system_kills_is_said(deaf: Start) -> None:
    process = deaf("status")
    (child,) = child_processes(process.pid)
    os.kill(child, signal.SIGKILL)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGKILL
    assert "ended by SIGKILL" in error
    assert "often too little memory" in error


@POSIX
def test_an_interrupt_that_is_heard_is_one_sentence(bench_environment: dict[str, str], tmp_path: Path) -> None:
    code = "import time, bench.status.read as s\ns.read_status = lambda _: [print('on', flush=True), time.sleep(600)]\n"
    process = subprocess.Popen(
        [*INTERRUPTIBLE[:2], code + INTERRUPTIBLE[2], "status"],
        env={**bench_environment, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        cwd=tmp_path,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "on\n"
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: both processes
    _, error = process.communicate(timeout=60)
    assert (process.returncode, error.count("\n")) == (130, 1)
    assert error.startswith("Interrupted. What had finished is stored")


@POSIX
def test_a_terminal_that_is_closed_ends_the_command(bench_environment: dict[str, str], tmp_path: Path) -> None:
    ours, theirs = os.openpty()

    def as_a_terminal_starts_it() -> None:
        fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the tests may run where it is ignored

    code = "import time, bench.status.read as s\ns.read_status = lambda _: [print('on', flush=True), time.sleep(600)]\n"
    process = subprocess.Popen(
        [*INTERRUPTIBLE[:2], code + INTERRUPTIBLE[2], "status"],
        env={**bench_environment, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        cwd=tmp_path,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=as_a_terminal_starts_it,
    )
    os.close(theirs)
    said = b""
    while b"on" not in said.splitlines():
        said += os.read(ours, 1000)
    (child,) = child_processes(process.pid)
    os.close(ours)
    assert process.wait(60) == 130
    wait_until(lambda: not alive(child), "the work to end")


def test_the_command_is_the_one_that_is_tested() -> None:
    scripts = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]["scripts"]
    module, _, name = scripts["bench"].partition(":")
    assert getattr(import_module(module), name) is import_module("bench.cli").start


@POSIX
def test_an_interrupt_while_an_object_is_deleted_is_not_lost(bench_environment: dict[str, str], tmp_path: Path) -> None:
    """Python swallows what is raised in `__del__`; the command ends all the same, as after any other interrupt."""
    code = (
        "import os, signal, time, bench.status.read as s\n"
        "class Closing:\n"
        "    def __del__(self):\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
        "        time.sleep(1)\n"
        "def wait(_):\n"
        "    Closing()\n"
        "    time.sleep(600)\n"
        "s.read_status = wait\n"
    )
    process = subprocess.run(
        [*INTERRUPTIBLE[:2], code + INTERRUPTIBLE[2], "status"],
        env={**bench_environment, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        cwd=tmp_path,
        text=True,
        capture_output=True,
        timeout=120,
    )
    assert (process.returncode, process.stderr.count("\n")) == (130, 1)
    assert process.stderr.startswith("Interrupted. What had finished is stored")


@pytest.mark.parametrize("error", ['RuntimeError("ft2font: KeyboardInterrupt: ")', "error_from_interrupt()"])
def test_an_interrupt_that_a_library_made_an_error_of_its_own_is_one(
    error: str, bench_environment: dict[str, str]
) -> None:
    code = (
        "import bench.cli.app as module\n"
        "def error_from_interrupt():\n"
        "    error = SystemError('returned a result with an exception set')\n"
        "    error.__cause__ = KeyboardInterrupt()\n"
        "    return error\n"
        "def app(**_):\n"
        f"    raise {error}\n"
        "module.app = app\n"
        "module.main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "status"], env=bench_environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 130
    assert done.stderr == "Interrupted. What had finished is stored; give the same command again.\n"
