"""Where the seconds of a process go: functions that are timed while they are called."""

import time
from collections import defaultdict
from collections.abc import Callable
from functools import wraps
from typing import Any


class Shares:
    """Seconds by name. What a timed function spends in another timed one counts for that one alone."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._open: list[str] = []
        self._since = time.perf_counter()

    def time(self, name: str, *places: tuple[Any, str]) -> None:
        """Count calls of functions from now on; places: owners, each with the attribute that is its function."""
        for owner, attribute in places:
            setattr(owner, attribute, self._timed(name, getattr(owner, attribute)))

    def _timed(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(work)
        def counted(*given: Any, **named: Any) -> Any:
            self._pass()
            self._open.append(name)
            try:
                return work(*given, **named)
            finally:
                self._pass()
                self._open.pop()

        return counted

    def _pass(self) -> None:
        """What has passed counts for the innermost function."""
        now = time.perf_counter()
        if self._open:
            self.seconds[self._open[-1]] += now - self._since
        self._since = now
