"""The configuration as TOML, each key below the reason for its value. Pure."""

import textwrap
from collections.abc import Iterator, Sequence

import tomli_w

from bench.data.names import visible
from bench.initial.choice import Choice

WIDTH = 110


def configuration_text(head: Sequence[str], choices: Sequence[Choice]) -> str:
    """`head` as comments, then the choices; those of tables last, as TOML wants it."""
    plain = [choice for choice in choices if not _table(choice)]
    tables: dict[str, list[Choice]] = {}
    for choice in choices:
        if table := _table(choice):
            tables.setdefault(table, []).append(choice)
    parts = ["\n".join(line for text in head for line in _comment(text))]
    parts += ["\n".join(_lines(choice, choice.key)) for choice in plain]
    for table, members in tables.items():
        parts.append("\n".join([f"[{table}]", *(line for one in members for line in _in_table(one, table))]))
    return "\n\n".join(parts) + "\n"


def _table(choice: Choice) -> str:
    return choice.key if isinstance(choice.value, dict) else choice.key.rpartition(".")[0]


def _in_table(choice: Choice, table: str) -> Iterator[str]:
    if choice.key != table:
        yield from _lines(choice, choice.key.removeprefix(f"{table}."))
        return
    yield from _comment(_sentence(choice.why))
    yield from tomli_w.dumps(choice.value).splitlines()


def _lines(choice: Choice, key: str) -> Iterator[str]:
    yield from _comment(_sentence(choice.why))
    yield tomli_w.dumps({key: choice.value}).rstrip("\n")
    yield from (f"# {line}" for line in choice.instead)


def _sentence(why: str) -> str:
    """A clause as a sentence."""
    return f"{why[:1].upper()}{why[1:]}." if why else ""


def _comment(text: str) -> list[str]:
    """Lines of a comment. TOML forbids control characters even there, and names of files may hold them."""
    found = textwrap.wrap(visible(text), WIDTH, break_long_words=False, break_on_hyphens=False)
    return [f"# {line}" for line in found] or ([] if not text else ["#"])
