"""A process that has loaded what training needs, from which others are forked. Starts and ends processes.

Loading torch and timm takes seconds of a processor. A command that is going to train begins the server as soon as its
request is read; processes forked from it start at once and share its memory. It ends with the command. Linux only:
elsewhere libraries do not bear a fork. Without a server everything is as if there were none: a new process loads anew.
"""

import multiprocessing
import sys
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, ParamSpec, TypeVar, cast

from bench.processes import deaf_children, serve_parent

P = ParamSpec("P")
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


def in_fork(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """What a function that can be pickled returns, called where the libraries are loaded; its exceptions are raised.

    Without a server that is this process, and also where the other one was killed.
    """
    if not _begun:
        return function(*args, **kwargs)
    ours, theirs = multiprocessing.Pipe()
    process = start(_answer, theirs, function, args, kwargs)
    theirs.close()
    try:
        answer = ours.recv()
    except EOFError:
        return function(*args, **kwargs)
    finally:
        process.terminate()
        process.join()
        ours.close()
    if isinstance(answer, Exception):
        raise answer
    return cast(R, answer)


def _answer(
    pipe: "Connection[Any, Any]", function: Callable[..., object], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    serve_parent()
    try:
        answer = function(*args, **kwargs)
    except Exception as error:
        answer = error
    pipe.send(answer)
