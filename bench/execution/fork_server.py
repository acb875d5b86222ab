"""A process that has loaded what training needs, from which others are forked. Starts and ends processes.

Loading torch and timm takes seconds of a processor. A command that is going to train begins the server as soon as its
request is read; processes forked from it start at once and share its memory. It ends with the command. Linux only:
elsewhere libraries do not bear a fork. Without a server everything is as if there were none: a new process loads anew.
"""

import multiprocessing
import sys
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from threading import Thread
from typing import Any, Generic, TypeVar, cast

from bench.processes import deaf_children, serve_parent

R = TypeVar("R")

LOADED = "bench.execution.loaded"
_begun = False


def begin(*also: str) -> None:
    """Start it, without waiting until it has loaded what workers need, and `also` these modules.

    It keeps the environment of now.
    """
    global _begun
    if sys.platform != "linux" or _begun:
        return
    from multiprocessing import forkserver

    multiprocessing.get_context("forkserver").set_forkserver_preload([LOADED, *also])
    with deaf_children():
        forkserver.ensure_running()
    _begun = True


def start(target: Callable[..., object], *given: object) -> BaseProcess:
    """A new process that calls `target`, forked from the server where one was begun. It does not hear the terminal."""
    with deaf_children():
        if _begun:
            with suppress(OSError, EOFError):  # the server was killed just now; the next one will be there again
                return _started("forkserver", target, given)
        return _started("spawn", target, given)


def _started(method: str, target: Callable[..., object], given: tuple[object, ...]) -> BaseProcess:
    process = cast(Any, multiprocessing.get_context(method)).Process(target=target, args=given, daemon=True)
    process.start()
    return cast(BaseProcess, process)


class Asked(Generic[R]):
    """What a function gives that is called where the libraries are loaded, while this process goes on.

    The function and what it is given can be pickled. Without a server it is called here, before anything goes on, and
    so it is in the end where the other process was killed.
    """

    def __init__(self, function: Callable[..., R], *given: object) -> None:
        self._call, self._future = partial(function, *given), Future[R]()
        if _begun:
            Thread(target=self._ask, daemon=True).start()  # a process can only be had once the server has loaded
        else:
            self._future.set_result(self._call())

    def refuse_failed(self) -> None:
        """Raise what the function has raised, if it has by now."""
        if self._future.done():
            self.result()

    def result(self) -> R:
        """Wait for it; what the function raises is raised here."""
        try:
            return self._future.result()
        except EOFError:
            return self._call()

    def _ask(self) -> None:
        try:
            answer = self._answered()
        except Exception:  # the other process was killed, or could not be had
            answer = EOFError()
        if isinstance(answer, Exception):
            self._future.set_exception(answer)
        else:
            self._future.set_result(cast(R, answer))

    def _answered(self) -> object:
        ours, theirs = multiprocessing.Pipe()
        with ours:
            process = start(_answer, theirs, self._call)
            theirs.close()
            answer = ours.recv()
            process.join()
            return answer


def _answer(pipe: "Connection[Any, Any]", call: Callable[[], object]) -> None:
    serve_parent()
    try:
        answer = call()
    except Exception as error:
        answer = error
    pipe.send(answer)
