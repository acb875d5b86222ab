"""Independent steps in a few threads; NumPy works outside the interpreter's lock, so they run side by side."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

MOST_THREADS = 4  # each holds the memory of a step

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_order(step: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """The result of each step in the order of the items, of which few are taken ahead of the results.

    Items are taken in the caller's thread; results do not depend on how many threads there are.
    """
    threads = min(MOST_THREADS, _cores())
    if threads == 1:
        yield from map(step, items)
        return
    ahead: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for item in items:
            ahead.append(pool.submit(step, item))
            if len(ahead) > threads:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
