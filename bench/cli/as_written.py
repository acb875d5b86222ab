"""Help texts are shown as they are written: `[search]` is a table of a file, no style. Changes what typer made."""

from typing import Any

from rich.markup import escape
from typer.core import TyperCommand


class AsWritten(TyperCommand):
    """A command none of whose texts is taken for markup."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.help = escape(self.help) if self.help else self.help
        for parameter in self.params:
            text = getattr(parameter, "help", None)
            if text:
                parameter.help = escape(text)  # type: ignore[attr-defined]
