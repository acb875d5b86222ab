"""What the commands share: their declared options, help as it is written, and a first word at once. Prints.

Declarations stand in the configuration models, whose libraries take a second to load. So what commands need of them is
kept in declared.json, which `make page NAME=command-line` writes.
"""

import inspect
import json
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypeVar, cast

import typer
from rich.markup import escape
from typer.core import TyperCommand

from bench.printing import to_errors, to_output

FILE = Path(__file__).with_name("declared.json")
KINDS: dict[str, Any] = {
    "text": str,
    "whole number": int,
    "number": float,
    "flag": bool,
    "path": Path,
    "two paths": tuple[Path, Path],
}

_EXAMPLE = re.compile(r"\s*\bExample: (?P<line>.+)$", re.MULTILINE)

Function = TypeVar("Function", bound=Callable[..., Any])
Complete = Callable[[str], list[str]]
"""From what was typed to what may follow."""


class Parameter(NamedTuple):
    """An option of one command. `names` is the `MODULE:FUNCTION` that gives what is offered, where that is long."""

    name: str
    flag: str
    kind: str
    help: str
    repeatable: bool = False
    panel: str = ""
    metavar: str = ""
    choices: Sequence[str] = ()
    names: str = ""
    envvar: str = ""

    @property
    def annotation(self) -> Any:
        """As typer has it in a signature."""
        return Annotated[
            (list[str] if self.repeatable else KINDS[self.kind]) | None,
            typer.Option(
                self.flag,
                help=self.help,
                metavar=self.metavar or None,
                rich_help_panel=self.panel or None,
                envvar=self.envvar or None,
                autocompletion=self.complete,
            ),
        ]

    @property
    def complete(self) -> Complete | None:
        """What the shell offers, if anything."""
        if self.names:
            module, _, function = self.names.partition(":")
            return lambda incomplete: among(*getattr(import_module(module), function)())(incomplete)
        return among(*self.choices) if self.choices else None


def options_of(command: str) -> list[Parameter]:
    """The options that models declare for a command."""
    return [Parameter(**row) for row in _rows().get(command, [])]


@cache
def _rows() -> dict[str, list[dict[str, Any]]]:
    rows: dict[str, list[dict[str, Any]]] = json.loads(FILE.read_text(encoding="utf-8"))
    return rows


def takes(parameters: Iterable[Parameter]) -> Callable[[Function], Function]:
    """Let a command take these options in place of its `**given`; those that were not given are None."""

    def change(function: Function) -> Function:
        own = inspect.signature(function).parameters.values()
        added = [
            inspect.Parameter(one.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=one.annotation)
            for one in parameters
        ]
        kept = [one for one in own if one.kind is not inspect.Parameter.VAR_KEYWORD]
        cast(Any, function).__signature__ = inspect.Signature([*kept, *added])
        return function

    return change


def among(*values: str) -> Complete:
    """Those of `values` that begin with what was typed."""
    return lambda incomplete: [value for value in values if value.startswith(incomplete)]


def example_apart(text: str) -> tuple[str, str]:
    """What a command's text says beside its example, and the example: all that follows `Example:` on its line."""
    found = _EXAMPLE.search(text)
    if found is None:
        return text, ""
    return f"{text[: found.start()]}{text[found.end() :]}".rstrip(), found["line"]


class AsWritten(TyperCommand):
    """A command whose help begins with its example, and none of whose texts is taken for markup: `[search]` is a table
    of a file, no style. Lists of commands show the first line of the text."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        text, self.example = example_apart(self.help or "")
        self.short_help = escape(text.partition("\n")[0])
        self.help = escape(f"Example: {self.example}\n\n{text}" if self.example else text)
        for parameter in self.params:
            if about := getattr(parameter, "help", None):
                cast(Any, parameter).help = escape(about)


def training_begins() -> None:
    """Say at once that the command has begun, also into a file: the libraries it needs take seconds to load."""
    to_output("Checking the request …")


def reading_begins(what: object) -> None:
    """For commands whose output is for programs as well: only to somebody who waits at a terminal."""
    if sys.stderr.isatty():
        to_errors(f"Reading {what} …")
