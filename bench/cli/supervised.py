"""How `bench` ends when it is told to: the work is a child process, which can be ended. Starts and ends processes.

Python hears of a signal between two of its own instructions, so one that is deep in native code (a kernel that is being
generated, a decoder in a loop) never does. The parent does nothing but wait: it passes an interrupt on, and ends the
child when that has not ended itself by the time `GRACE` is over, or at the second interrupt.
"""

import contextlib
import os
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

from bench.errors import Interrupted
from bench.out_of_memory import memory_kills, more_memory_kills
from bench.printing import show_cursor, to_errors
from bench.processes import TO_END, end_with

GRACE = 4.0  # seconds; so that every command has ended 5 s after an interrupt
AGAIN = 0.05
SIGNALS = (signal.SIGINT, *TO_END)
HEARD = (*SIGNALS, *(getattr(signal, name) for name in ("SIGCONT",) if hasattr(signal, name)))
"""Held back until both processes know what to do with them; the system has no SIGCONT where it has no fork."""
INTERRUPTED = "Interrupted. What had finished is stored; give the same command again."
FORCED = (
    "Interrupted: it did not end by itself and was ended by force. What had finished is stored; the same command "
    "goes on from there."
)


def in_child(work: Callable[[], None]) -> None:
    """Do `work` in a child process and end as that does; in this process where there is no fork (Windows)."""
    if not hasattr(os, "fork"):
        work()
        return
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)
    parent = os.getpid()
    child = os.fork()
    if child:
        _Wait(child).end()
    for number in SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _interrupt_once)
    end_with(parent)
    try:
        try:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, HEARD)
            work()
        finally:  # nothing is interrupted where Python takes itself down
            _hear_no_more()
    except KeyboardInterrupt:  # before the command had words for it, or when it was done
        to_errors(INTERRUPTED)
        os._exit(Interrupted.exit_code)


def _interrupt_once(number: int, frame: FrameType | None) -> None:
    """A terminal tells both processes, and the parent tells the child again: the second is no news."""
    _hear_no_more()
    sys.unraisablehook = _once_more
    raise KeyboardInterrupt


def _hear_no_more() -> None:
    """Signals do nothing. They are not ignored: Python complains of one that was on its way while it came to be so."""
    for number in SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, lambda number, frame: None)


def _once_more(lost: "sys.UnraisableHookArgs") -> None:
    """An interrupt that came while an object was being deleted goes no further there; so it comes again in a moment."""
    if not isinstance(lost.exc_value, KeyboardInterrupt):
        sys.__unraisablehook__(lost)
        return
    signal.signal(signal.SIGALRM, _interrupt_once)
    signal.setitimer(signal.ITIMER_REAL, AGAIN)


class _Wait:
    """The parent's part."""

    def __init__(self, child: int) -> None:
        self._child, self._told, self._memory_kills = child, False, memory_kills()

    def end(self) -> NoReturn:
        """Wait for the child, and end with its exit code."""
        for number in SIGNALS:
            if signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._tell)
        signal.signal(signal.SIGALRM, self._force)
        # A stop that came while the child was made may reach it after the signal that ended the parent's.
        signal.signal(signal.SIGCONT, lambda number, frame: self._send(signal.SIGCONT))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HEARD)
        _, status = os.waitpid(self._child, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        code = os.waitstatus_to_exitcode(status)
        if code >= 0:
            sys.exit(code)
        show_cursor()
        if self._told:
            to_errors(FORCED)
            sys.exit(Interrupted.exit_code)
        to_errors(f"Error: {_ended_by(-code, more_memory_kills(self._memory_kills))}")
        sys.exit(128 - code)

    def _tell(self, number: int, frame: FrameType | None) -> None:
        if self._told:
            self._force(number, frame)
            return
        self._told = True
        self._send(signal.SIGINT)
        signal.setitimer(signal.ITIMER_REAL, GRACE)

    def _force(self, number: int, frame: FrameType | None) -> None:
        self._send(signal.SIGKILL)

    def _send(self, number: int) -> None:
        """A child that was told by the terminal as well may have ended, and been waited for, just before."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._child, number)


def _ended_by(number: int, for_memory: bool) -> str:
    name = next((known.name for known in signal.Signals if known == number), f"signal {number}")
    why = "A library crashed in its own code: --device cpu, or another version of torch, may help."
    if number == signal.SIGKILL:
        guess = "Somebody did, or the system (often too little memory)"
        who = "The system did, since memory ran out" if for_memory else guess
        why = f"{who}: fewer --workers, or a smaller --batch-size, help."
    return f"The process was ended by {name}. {why} What had finished is stored; the same command goes on from there."
