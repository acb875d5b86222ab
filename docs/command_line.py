"""The tables of docs/command-line.md, from the signatures of the commands."""

import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from types import NoneType
from typing import Any, cast, get_args

from typer import Typer
from typer.models import ArgumentInfo, OptionInfo

from bench.cli.app import app
from bench.option import TRAINING, declared
from docs.options import KINDS, MODELS, default_in_words, in_words

MOST = 20  # values that a cell lists
HEADS = ("Option", "Values", "Default", "What it does", "Key of the file")


def tables_text() -> str:
    """A table for each command, and one of the keys of the configuration file that are no options."""
    parts = [f"### bench {name}\n\n{table(callback, keys(name))}" for name, callback in commands(app)]
    return "\n\n".join([*parts, "### Keys of the file that are no options\n\n" + keys_alone()])


def commands(group: Typer, before: str = "") -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every command with its name: `run`, `data audit`."""
    for command in group.registered_commands:
        assert command.callback is not None
        yield before + (command.name or command.callback.__name__), command.callback
    for below in group.registered_groups:
        yield from commands(below.typer_instance, f"{before}{below.name} ")


def keys(command: str) -> dict[str, str]:
    """The keys of the configuration file that stand for a command's options, by their names."""
    return {
        one.name: place + one.key
        for model, place in MODELS.items()
        if place is not None and command in TRAINING
        for one in declared(model)
    }


def table(callback: Callable[..., Any], known: dict[str, str]) -> str:
    """The arguments and options of a command, with their keys where they have any."""
    rows = [
        [*row(parameter), code(known.get(parameter.name, ""))]
        for parameter in inspect.signature(callback).parameters.values()
    ]
    return markdown(HEADS, rows) if known else markdown(HEADS[:-1], [cells[:-1] for cells in rows])


def row(parameter: inspect.Parameter) -> list[str]:
    """Its name, values, default and meaning."""
    kind, about = get_args(parameter.annotation)
    assert isinstance(about, OptionInfo | ArgumentInfo)
    kind = next((part for part in get_args(kind) if NoneType in get_args(kind) and part is not NoneType), kind)
    complete = cast(Callable[[str], list[str]] | None, about.autocompletion)
    offered = complete("") if complete else []
    if isinstance(about, OptionInfo):
        flags = [flag for flag in (about.default, *(about.param_decls or ())) if isinstance(flag, str)]
        name = ", ".join(flags) or "--" + parameter.name.replace("_", "-")
        values = shown_values(about.metavar, offered, kind)
    else:
        name, values = about.metavar or parameter.name.upper(), ""
    help_text = re.fullmatch(r"(.*?)(?: ?\[([^\]]*)\])?", about.help or "")
    assert help_text is not None, f"The help of {name} has more than one line."
    says, default = help_text.groups()
    if not default and not any(parameter.default is none for none in (parameter.empty, None, False)):
        default = str(parameter.default)
    return [code(name), values, default or "", without(says, offered)]


def shown_values(metavar: str | None, offered: Sequence[str], kind: Any) -> str:
    """What may be given: the placeholder, what the shell offers beyond it, or what kind of number."""
    listed = (
        "" if len(offered) > MOST or set(offered) <= set((metavar or "").split("|")) else ", ".join(map(code, offered))
    )
    kinds = [name for name, known in KINDS.items() if known == kind and known is not bool]
    return ": ".join(filter(None, (code(metavar or ""), listed))) or " ".join(kinds)


def keys_alone() -> str:
    """Keys that no command takes."""
    rows = [
        [
            code(f"{place}{one.key}"),
            ", ".join(map(code, one.choices)),
            default_in_words(one, ""),
            one.option.help.replace(": {choices}", ""),
        ]
        for model, place in MODELS.items()
        for one in declared(model)
        if place is not None and not one.option.commands
    ]
    return markdown(("Key", "Values", "Default", "What it does"), rows)


def without(text: str, values: Sequence[str]) -> str:
    """A help text without the values that another cell lists."""
    return text.replace(f": {in_words(values)}", "") if values else text


def code(text: str) -> str:
    return f"`{text}`" if text else ""


def markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
