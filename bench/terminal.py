"""The terminal, or the file or pipe that stands for it. Prints."""

import os
from typing import Any

from rich.console import Console

from bench.printable import encodable
from bench.printing import shown

PAGE = 100


class Terminal(Console):
    """A console whose texts are shown as they are: names of users are never taken for markup."""

    def __init__(self, **options: Any) -> None:
        """options: of rich's console, such as `quiet` and `file`."""
        super().__init__(highlight=False, emoji=False, **options)

    @property
    def columns(self) -> int:
        """How wide texts may be: as wide as the terminal, and where there is none as a page of text."""
        return self.width if self.is_terminal or "COLUMNS" in os.environ else PAGE

    def say(self, text: str, style: str | None = None) -> None:
        """Print a line; it is not broken, so that pipes and files get it whole."""
        self.print(encodable(shown(text), self.encoding), style=style, markup=False, soft_wrap=True)
