"""The bar of long work, drawn on terminals that can redraw a line; elsewhere there are plain lines. Prints."""

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn


def work_bar(console: Console, *, transient: bool = False) -> Progress:
    """A text of the caller's (field `text`), the bar, and the time since it began."""
    return Progress(
        TextColumn("{task.fields[text]}", markup=False),
        BarColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=transient,
        disable=not console.is_interactive,
    )
