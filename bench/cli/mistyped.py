"""What is said of a command line that cannot be read: what is wrong, and the line to type. Pure."""

from collections.abc import Sequence
from difflib import get_close_matches
from shlex import join
from typing import Any

from bench.cli.hidden_arguments import passwords

HIDDEN = "***"


def is_usage(error: BaseException) -> bool:
    """Whether an error is about how options and arguments were typed."""
    return any(kind.__name__ == "UsageError" for kind in type(error).__mro__)


def usage_paragraph(error: Any, arguments: Sequence[str]) -> str:
    """The message, the nearest word that there is, and the line with it; else an example and where all options are.

    error: a usage error of click, which typer brings under another name.
    """
    message = str(error.message).partition(" Did you mean")[0].partition(" (Possible")[0].rstrip(".")
    context = error.ctx
    called = context.command_path if context else "bench"
    wrong, near = _nearest(error, context)
    if near:
        line = join(["bench", *(_replaced(text, wrong, near) for text in arguments)])
        return f"{message}. Did you mean {near}? Type: {_without_passwords(line)}"
    example = getattr(context.command, "example", "") if context else ""
    said = f" Example: {example}" if example else ""
    what = message if wrong else error.format_message().rstrip(".")
    return f"{what}. All there is: {called} --help.{said}"


def _nearest(error: Any, context: Any) -> tuple[str, str]:
    """What was typed wrongly, and the nearest to it; empty where that is not known."""
    option = getattr(error, "option_name", None)
    if option:
        known = [name for parameter in context.command.params for name in (*parameter.opts, *parameter.secondary_opts)]
        return str(option), next(iter(get_close_matches(option, known, n=1)), "")
    commands = getattr(context.command, "commands", None) if context else None
    if commands and "No such command" in str(error.message):
        typed = str(error.message).partition("'")[2].partition("'")[0]
        return typed, next(iter(get_close_matches(typed, list(commands), n=1, cutoff=0.5)), "")
    return "", ""


def _replaced(text: str, wrong: str, near: str) -> str:
    """`--seed=3` with the option's name replaced."""
    name, sign, value = text.partition("=")
    return f"{near}{sign}{value}" if name == wrong else text


def _without_passwords(line: str) -> str:
    for secret in passwords(line):
        line = line.replace(secret, HIDDEN)
    return line
