"""Shows decoding, which is done once a data set. Prints."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


class DecodingProgress:
    """A bar that appears only when there is something to decode; a plain line off a terminal."""

    def __init__(self, console: Console, what: str = "Decoding images") -> None:
        self._console, self._what = console, what
        self._bar = Progress(
            TextColumn(what),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_interactive,
        )
        self._begun = False

    def __enter__(self) -> Self:
        return self

    def update(self, done: int, total: int) -> None:
        """Called after each image."""
        if not self._begun:
            self._begun = True
            self._bar.start()
            self._task = self._bar.add_task("", total=total)
        self._bar.update(self._task, completed=done)
        if done == total:
            self._bar.stop()
            self._console.print(f"{self._what}: {total} done.", markup=False)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()
