"""The bar of long work, drawn on terminals that can redraw a line; elsewhere there are plain lines. Prints."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn


class WorkBar:
    """A text, the bar, and the time since it began; shown while it is entered."""

    def __init__(self, console: Console, text: str, total: float, *, done: int = 0, transient: bool = False) -> None:
        self._bar = Progress(
            TextColumn("{task.fields[text]}", markup=False),
            BarColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=transient,
            disable=not console.is_interactive,
        )
        self._task = self._bar.add_task("", total=total, completed=done, text=text)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def _show(self, *, text: str | None = None, done: float | None = None) -> None:
        """Change what is given."""
        if text is not None:
            self._bar.update(self._task, text=text)
        if done is not None:
            self._bar.update(self._task, completed=done)
