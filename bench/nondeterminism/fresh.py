"""Work in processes that did nothing before. Starts and ends processes."""

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import ParamSpec, TypeVar

from bench.processes import serve_parent

P = ParamSpec("P")
R = TypeVar("R")


def in_fresh_process(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """What a function that can be pickled returns, called in a process of its own; its exceptions are raised here."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=serve_parent) as pool:
        return pool.submit(function, *args, **kwargs).result()


@contextmanager
def variables(wanted: Mapping[str, str | None]) -> Iterator[None]:
    """Environment variables as processes started inside inherit them; None: not set."""
    before = {name: os.environ.get(name) for name in wanted}
    _set(wanted)
    try:
        yield
    finally:
        _set(before)


def _set(wanted: Mapping[str, str | None]) -> None:
    for name, value in wanted.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
