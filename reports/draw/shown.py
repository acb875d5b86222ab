"""Names that users gave, with escapes for the characters that would break what they are drawn in. Pure."""

import unicodedata
from collections.abc import Callable
from typing import Any

_STEERING = ("Cc", "Cf", "Cs", "Zl", "Zp")  # control characters, marks of direction, half characters, ends of lines
_JOINERS = "\u200c\u200d"  # which scripts and emoji need


def shown(text: str) -> str:
    """`text` without anything that a renderer chokes on or that turns the text around: ESC as `\\x1b`.

    Line feeds and tabs stay.
    """
    if text.replace("\n", "").replace("\t", "").isprintable():
        return text
    return "".join(_escape(sign) if _steers(sign) else sign for sign in text)


def as_drawn(text: str) -> str:
    """For matplotlib: without its formulas, and not beginning with the underscore that hides a name from a legend."""
    drawn = shown(text).replace("$", r"\$")
    return f" {drawn}" if drawn.startswith("_") else drawn


def _steers(sign: str) -> bool:
    return sign not in ("\n", "\t", *_JOINERS) and (
        unicodedata.category(sign) in _STEERING or ord(sign) & 0xFFFE == 0xFFFE
    )


def _escape(sign: str) -> str:
    return sign.encode("unicode_escape").decode()


def in_every_text(content: Any, change: Callable[[str], str]) -> Any:
    """`content` with each text in its dictionaries (not their keys), lists and tuples changed."""
    if isinstance(content, str):
        return change(content)
    if isinstance(content, dict):
        return {key: in_every_text(value, change) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [in_every_text(item, change) for item in content]
    return content
