"""How an option is declared: once, as a field of a configuration model, beside its type, limits and default.

From that come the parameters of the commands and their help, completion, the arguments of `bench.Experiment`, the names
in error messages, and the tables of docs/command-line.md. `make page NAME=command-line` writes what of that is
kept in files.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from types import NoneType
from typing import Any, Literal, cast, get_args, get_origin

from pydantic import BaseModel, Field

RUN = ("run", "screen")
NETWORKS = ("run", "search", "nondeterminism")
TRAINING = (*RUN, "search", "nondeterminism")
"""The commands that train by the options of an experiment; those of `NETWORKS` train whole networks."""
LOOKING = ("data audit", "data show")
"""The commands that look at images and train nothing."""
GENERAL, SEARCH, DATA, RECIPE, MACHINE, RESULTS = PANELS = ("", "Search", "Data", "Training", "Machine", "Results")
"""Headings of `--help`, in their order."""


@dataclass(frozen=True)
class Option:
    """What commands and pages say of a field.

    help: a sentence; `{choices}` in it stands for the possible values. The default is added.
    commands: those that take it; where there are none, it is only a key of the configuration file.
    panel: the heading under which `--help` has it.
    flag: where it is not the field's name with hyphens.
    choices: what the shell offers where the type is no Literal; a function, where that is another registry's.
    names: asked when somebody completes, for lists that are long.
    shown: the default in words, where the field's own says too little; by command, where they differ.
    joined: whether several values are one text with commas, instead of the option given several times.
    path: whether `bench.Experiment` takes a `Path` as well.
    parse: from what is typed, a text or a list of texts, to what the file would hold.
    """

    help: str
    commands: tuple[str, ...] = TRAINING
    panel: str = GENERAL
    flag: str = ""
    metavar: str = ""
    choices: tuple[str, ...] | Callable[[], Iterable[str]] = ()
    names: Callable[[], list[str]] | None = None
    shown: str | Mapping[str, str] | None = None
    envvar: str = ""
    joined: bool = False
    path: bool = False
    parse: Callable[[Any], Any] | None = None


def option(
    default: Any,
    help: str,
    commands: tuple[str, ...] = TRAINING,
    panel: str = GENERAL,
    *,
    limits: Mapping[str, Any] | None = None,
    **about: Any,
) -> Any:
    """A field that is an option. `limits` are those of pydantic's `Field`, `about` is the rest of `Option`."""
    declaration = {"option": Option(help, commands, panel, **about)}
    return Field(default, json_schema_extra=cast(Any, declaration), **(limits or {}))


@dataclass(frozen=True)
class Declared:
    """An option and the field that declares it. `key` is its place in the file, such as `recipe.epochs`."""

    key: str
    option: Option
    type: Any
    default: Any

    @property
    def name(self) -> str:
        """The field's own name, which is also the argument's in Python."""
        return self.key.rpartition(".")[2]

    @property
    def flag(self) -> str:
        """As it is typed: `--image-size`, `--deterministic/--fast`."""
        return self.option.flag or "--" + self.name.replace("_", "-")

    @property
    def repeatable(self) -> bool:
        """Whether it may be given several times."""
        return get_origin(self.type) in (list, dict) and not self.option.joined

    @property
    def choices(self) -> tuple[str, ...]:
        """The possible values, or those that are worth offering."""
        if get_origin(self.type) is Literal:
            return get_args(self.type)
        given = self.option.choices
        return tuple(given() if callable(given) else given)


def declared(model: type[BaseModel], table: str = "") -> Iterator[Declared]:
    """The options that a model declares, in the order of its fields; after a nested model its own."""
    for name, field in model.model_fields.items():
        extra: Any = field.json_schema_extra
        option = extra.get("option") if isinstance(extra, dict) else None
        if not isinstance(option, Option):
            continue
        kind = _without_none(field.annotation)
        yield Declared(table + name, option, kind, field.default)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from declared(kind, f"{table}{name}.")


def _without_none(annotation: Any) -> Any:
    """`int` of `int | None`, `int | str` of `int | str | None`."""
    parts = [part for part in get_args(annotation) if part is not NoneType]
    return reduce(or_, parts) if NoneType in get_args(annotation) else annotation
