"""How long work takes on some workers, and how that is written. Pure."""

import heapq
from collections.abc import Iterable, Sequence


def makespan(waiting: Iterable[float], workers: int, running: Sequence[float] = ()) -> float:
    """Seconds until all is done, where each worker takes the next of `waiting` as soon as it is free.

    running: seconds that the runs under way still take, one a worker. So three equal runs on two workers take two
    rounds, not one and a half.
    """
    free = [*sorted(running), *[0.0] * (workers - len(running))][: max(workers, len(running))]
    heapq.heapify(free)
    for seconds in waiting:
        heapq.heapreplace(free, free[0] + seconds)
    return max(free, default=0.0)


def duration(seconds: float) -> str:
    """`40 s`, `12 min` or `3 h 20 min`."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"
