"""A command with all its processes: what is killed or told to end, and what is left then. Starts and ends processes."""

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from processes import wait_until
from warm import start_warm

MOST_SECONDS = 600
STOPPED = 0.5  # seconds


def as_the_shell_starts_it() -> None:
    """In a session of its own, with signals as a terminal has them; workers are forked: no imports again."""
    from bench.cli import start
    from bench.cli.supervised import HEARD
    from bench.execution import fork_server, pool
    from bench.nondeterminism import replay

    signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)  # `start` hears them: what comes before is not the command's
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    forked = multiprocessing.get_context("fork")
    vars(replay)["get_context"] = lambda _: forked
    vars(fork_server)["multiprocessing"] = SimpleNamespace(get_context=lambda _: forked, Pipe=forked.Pipe)
    vars(fork_server)["begin"] = lambda *modules: None
    vars(pool)["work"] = _work
    start()


def _work(*given: Any) -> None:
    """What a worker that is spawned does: it has no handlers of its driver's."""
    from bench.execution.worker import work

    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    work(*given)


@dataclass(frozen=True)
class Command:
    """A running command: the process that the shell started, its child that works, and that one's workers."""

    process: BaseProcess

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    def members(self) -> dict[int, int]:
        """Each living process of its session, with its parent."""
        found = dict[int, int]()
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                state, parent, _, session = path.read_text().rpartition(")")[2].split()[:4]
            except OSError:  # it has just ended
                continue
            if int(session) == self.pid and state not in "ZX":
                found[int(path.parent.name)] = int(parent)
        return found

    def at_work(self) -> list[int]:
        """The child that works, or none."""
        return [pid for pid, parent in self.members().items() if parent == self.pid]

    def workers(self) -> list[int]:
        """Children of the child that works."""
        members = self.members()
        return [pid for pid, parent in members.items() if parent != self.pid and pid != self.pid and parent in members]

    def tell(self, number: int, *pids: int) -> bool:
        """Send a signal to some processes of it, or to all of them; whether one was there."""
        try:
            if not pids:
                os.killpg(self.pid, number)
            for pid in pids:
                os.kill(pid, number)
        except ProcessLookupError:
            return False
        return True

    def ended(self) -> int:
        """Its exit code, once neither it nor any process of it is left."""
        self.process.join(MOST_SECONDS)
        wait_until(lambda: not self.members(), f"the processes of {self.pid} to end: {self.members()}", 10)
        assert self.process.exitcode is not None
        return self.process.exitcode


def begin(command: list[str], environment: dict[str, str], said: Path) -> Command:
    """Start a command; what it prints goes into `said`."""
    streams = [said / "stdout", said / "stderr"]
    return Command(start_warm(command, environment, streams, start=as_the_shell_starts_it))


Disturb = Callable[[Command], bool]
"""Do something to a command; whether there was one still."""


def kill_what_the_shell_started(command: Command) -> bool:
    return command.tell(signal.SIGKILL, command.pid)


def kill_what_works(command: Command) -> bool:
    return any(command.tell(signal.SIGKILL, pid) for pid in command.at_work())


def kill_a_worker(command: Command) -> bool:
    workers = command.workers()
    return bool(workers) and command.tell(signal.SIGKILL, random.choice(workers))


def kill_all(command: Command) -> bool:
    return command.tell(signal.SIGKILL)


def terminate(command: Command) -> bool:
    return command.tell(signal.SIGTERM, command.pid)


def interrupt_twice(command: Command) -> bool:
    """As a terminal does: all processes are told."""
    there = command.tell(signal.SIGINT)
    time.sleep(0.05)
    return command.tell(signal.SIGINT) or there


def hang_up(command: Command) -> bool:
    return command.tell(signal.SIGHUP)


def stop_for_a_while(command: Command, seconds: float = STOPPED) -> bool:
    there = command.tell(signal.SIGSTOP)
    time.sleep(seconds if there else 0)
    command.tell(signal.SIGCONT)
    return there


def stop_for_a_minute(command: Command) -> bool:
    return stop_for_a_while(command, 60)
