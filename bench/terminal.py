"""The terminal, or the file or pipe that stands for it. Prints."""

from typing import Any

from rich.console import Console

from bench.printing import shown


class Terminal(Console):
    """A console whose texts are shown as they are: names of users are never taken for markup."""

    def __init__(self, **options: Any) -> None:
        """options: of rich's console, such as `quiet` and `file`."""
        super().__init__(highlight=False, emoji=False, **options)

    def say(self, text: str, style: str | None = None) -> None:
        """Print a line; it is not broken, so that pipes and files get it whole."""
        self.print(shown(text), style=style, markup=False, soft_wrap=True)
