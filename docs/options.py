"""What is generated from the declarations of options: what commands and `bench.Experiment` know of them. Writes files.

`make page NAME=command-line` runs it, and writes the tables that it prints into the page. It imports no command before
both files are written: commands read them.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from bench.config.experiment import Experiment
from bench.config.request import ConfigFile
from bench.explain.options import ExplainOptions
from bench.nondeterminism.options import NondeterminismOptions
from bench.option import PANELS, TRAINING, Declared, declared
from bench.screen.options import ScreenOptions
from bench.search.options import SearchOptions

Models = Mapping[type[BaseModel], str | None]
MODELS: Models = {
    SearchOptions: "search.",
    ScreenOptions: None,
    NondeterminismOptions: None,
    ExplainOptions: None,
    ConfigFile: None,
    Experiment: "",
}
"""What declares options, and the table of the configuration file that holds them; None where it has none."""
BENCH = Path(__file__).resolve().parent.parent / "bench"
PARAMETERS, ARGUMENTS = BENCH / "cli" / "declared.json", BENCH / "api" / "options.py"
KINDS = {"whole number": int, "number": float, "flag": bool, "path": Path, "two paths": tuple[Path, Path]}
HEAD = '''"""The arguments of `bench.Experiment`. Written by `make page NAME=command-line`, not by hand."""

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Literal, TypedDict

Anywhere = str | PathLike[str]


class Options(TypedDict, total=False):
    """The options of `bench run`, under their names there with underscores; those not given have its defaults."""

'''


def write() -> None:
    """Write both files anew."""
    PARAMETERS.write_text(parameters_text(), encoding="utf-8")
    ARGUMENTS.write_text(arguments_text(), encoding="utf-8")


def parameters_text(models: Models = MODELS) -> str:
    """declared.json: the options of each command, one a line."""
    commands = dict.fromkeys(name for model in models for one in declared(model) for name in one.option.commands)
    lists = []
    for command in commands:
        rows = [json.dumps(row, ensure_ascii=False) for row in parameters(command, models)]
        lists.append(f' "{command}": [\n  ' + ",\n  ".join(rows) + "\n ]")
    return "{\n" + ",\n".join(lists) + "\n}\n"


def parameters(command: str, models: Models = MODELS) -> list[dict[str, Any]]:
    """The options of a command as `bench.cli.command.Parameter` has them: by panel, backbones first in theirs."""
    found = [_parameter(one, command) for model in models for one in declared(model) if command in one.option.commands]
    return sorted(found, key=lambda row: (PANELS.index(row.get("panel", "")), row["name"] != "backbone"))


def _parameter(one: Declared, command: str) -> dict[str, Any]:
    """What is as it is by default is left out."""
    option, default = one.option, default_in_words(one, command)
    row = {
        "name": one.name,
        "flag": one.flag,
        "kind": "text" if option.parse else next((name for name, kind in KINDS.items() if kind == one.type), "text"),
        "help": option.help.replace("{choices}", in_words(one.choices)) + (f" [{default}]" if default else ""),
        "repeatable": one.repeatable,
        "panel": option.panel if command in TRAINING else "",
        "metavar": option.metavar,
        "choices": one.choices,
        "names": f"{option.names.__module__}:{option.names.__name__}" if option.names else "",
        "envvar": option.envvar,
    }
    return {name: value for name, value in row.items() if value}


def default_in_words(one: Declared, command: str) -> str:
    given, value = one.option.shown, one.default
    if given is not None:
        return given if isinstance(given, str) else given.get(command, "")
    if value is None or isinstance(value, bool | dict | BaseModel):
        return ""
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def in_words(choices: Sequence[str]) -> str:
    """`a, b or c`."""
    return " or ".join(filter(None, (", ".join(choices[:-1]), *choices[-1:])))


def arguments_text(models: Models = MODELS) -> str:
    """The module of the keys that `bench.Experiment` takes: options of `bench run`, and other keys of its file."""
    known = {one.name: one for model in models for one in declared(model)}
    keys = [row["name"] for row in parameters("run", models)]
    keys += [
        one.name
        for model, table in models.items()
        for one in declared(model)
        if table == "" and not one.option.commands and one.key == one.name
    ]
    return HEAD + "".join(f"    {key}: {_hint(known[key])}\n" for key in keys)


def _hint(one: Declared) -> str:
    """The type of an argument; where a command takes several values, one alone will do."""
    origin, inner = get_origin(one.type), get_args(one.type)
    if origin is Literal:
        return f"Literal[{', '.join(json.dumps(value) for value in inner)}]"
    if origin in (Union, UnionType):
        return " | ".join(_hint(replace(one, type=part, option=replace(one.option, choices=()))) for part in inner)
    if origin is dict and get_origin(inner[-1]) is list:
        return "str | Sequence[str] | Mapping[str, Sequence[str]]"
    kind = inner[-1] if origin in (list, dict) else one.type
    kind = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    kind = str if get_origin(kind) is Literal else kind
    alone = "Anywhere" if one.option.path else kind.__name__
    if kind is int and one.choices:
        alone += f" | Literal[{', '.join(map(json.dumps, one.choices))}]"
    if origin not in (list, dict):
        return str(alone)
    many = f"Sequence[{alone}]" if origin is list else f"Mapping[str, {alone}]"
    return f"{alone} | {many}" if one.option.commands else many


if __name__ == "__main__":
    write()
    from docs.command_line import tables_text

    print(tables_text())
