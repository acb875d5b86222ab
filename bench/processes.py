"""Processors and child processes: how many to use; children leave interrupts to their parent, and end with it."""

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import connection, parent_process, resource_tracker
from pathlib import Path

LOOK = 1.0  # seconds between looks at who the parent is, where the system does not tell
TO_END = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
"""What asks a process to end, beside an interrupt: a shell or a scheduler, and a terminal that is closed."""
OF_TERMINAL = (signal.SIGINT, *TO_END[1:])
"""What a terminal sends to all processes of a command at once."""
PR_SET_PDEATHSIG = 1  # https://man7.org/linux/man-pages/man2/pr_set_pdeathsig.2const.html


def cores() -> int:
    """How many processors the system lets this process run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def exists(pid: int) -> bool:
    """Whether the system has a process of this number that has not ended; on Windows True."""
    if os.name == "nt":  # where the call below would end it
        return True
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):  # a number that no process has
        return False
    except PermissionError:
        pass
    return of_system(pid)[:1] != ["Z"]  # ended, and its parent has not taken notice yet


def of_system(pid: int) -> list[str]:
    """What Linux says of a process from its state on, see proc_pid_stat(5); nothing where there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return []
    return stat.rpartition(")")[2].split()


def serve_parent() -> None:
    """For worker processes: ignore the terminal, and end at once, whatever else is going on, when the parent has."""
    for number in OF_TERMINAL:
        signal.signal(number, signal.SIG_IGN)
    parent = parent_process()
    ended_by_the_system()
    _end_after(lambda: connection.wait([parent.sentinel]) if parent else None)


@contextmanager
def deaf_children() -> Iterator[None]:
    """Processes that are started inside do not hear the terminal, not even while they load their libraries."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    resource_tracker.ensure_running()  # which would undo what follows when the first child starts it
    before = signal.pthread_sigmask(signal.SIG_BLOCK, OF_TERMINAL)  # which children inherit
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_with(parent: int) -> None:
    """For a process that was forked: end at once when the process `parent` has."""
    ended_by_the_system()
    _end_after(lambda: _wait_while_child_of(parent))


def ended_by_the_system() -> None:
    """Linux ends a process with its parent even where native code lets no thread of Python run."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _end_after(wait: Callable[[], object]) -> None:
    """Elsewhere, and where the parent was gone before the system was asked, a thread sees to it."""

    def end() -> None:
        wait()
        os._exit(1)

    threading.Thread(target=end, daemon=True).start()


def _wait_while_child_of(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK)
