"""What `--device` and `--workers` may say. Pure."""

import re
from typing import Final, Literal

from bench.executors import AUTO

DEVICES: Final = ("cpu", "cuda", "mps")
MOST_DIGITS: Final = 6  # of a number of workers
Workers = int | Literal["auto"]
_CARD = re.compile(r"cuda:(0|[1-9][0-9]{0,3})")


def checked_device(value: object) -> str:
    """`auto`, a kind of device, or certain cards: `cuda:1`, `cuda:0,cuda:1`.

    Raises:
        ValueError: none of these.
    """
    text = str(value)
    if text in (AUTO, *DEVICES):
        return text
    cards = [part.strip() for part in text.split(",")]
    if all(map(_CARD.fullmatch, cards)) and len(set(cards)) == len(cards):
        return ",".join(cards)
    known = ", ".join((AUTO, *DEVICES))
    raise ValueError(f"must be {known}, or cards such as cuda:1 or cuda:0,cuda:1, not {text[:40]!r}")


def kind_of(device: str) -> str:
    """`cuda` of `cuda:0,cuda:1`."""
    return device.partition(":")[0]


def cards_in(device: str) -> tuple[str, ...]:
    """The cards that are named; none of `cuda`, which means all."""
    return tuple(device.split(",")) if ":" in device else ()


def checked_workers(value: object) -> Workers | None:
    """A number from 1, also as a text; or `auto`.

    Raises:
        ValueError: neither.
    """
    if value is None or value == AUTO:
        return None if value is None else AUTO
    text = str(value)
    if isinstance(value, bool) or not (text.removeprefix("-").isascii() and text.removeprefix("-").isdigit()):
        raise ValueError(f"must be a whole number or {AUTO}, not {text[:40]!r}")
    if text.startswith("-") or not text.strip("0"):
        raise ValueError(f"must be at least 1, not {text[:40]}")
    if len(text) > MOST_DIGITS:
        raise ValueError(f"must be less than {10**MOST_DIGITS}")
    return int(text)
