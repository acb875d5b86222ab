"""Options: what models start from, and in which numbers and on which device they are trained."""

import re
from typing import Any, Final, Literal

from pydantic import BaseModel, field_validator

from bench.executors import AUTO
from bench.option import MACHINE, RECIPE, option

DEVICES: Final = ("cpu", "cuda", "mps")
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


class NumericsOptions(BaseModel):
    """What decides the bits of a run beside its images and its recipe."""

    weights: str = option(
        "auto",
        "What models start from.",
        panel=RECIPE,
        metavar="auto|imagenet|random|PATH",
        choices=("auto", "imagenet", "random"),
        path=True,
    )
    precision: Literal["auto", "fp32", "bf16"] = option(
        "auto", "Number format: {choices}.", panel=MACHINE, shown="auto: the faster for the architecture"
    )
    device: str = option(
        AUTO,
        "Where to train: {choices}; or on certain cards, as in cuda:0,cuda:1.",
        panel=MACHINE,
        metavar="auto|cpu|cuda|mps|CARDS",
        choices=(AUTO, *DEVICES),
        shown="auto; cuda: all cards",
    )
    steps: Literal["auto", "eager", "graph"] = option(
        "auto",
        "Steps on a GPU: {choices} (recorded once, then replayed).",
        panel=MACHINE,
        shown="auto: graph on CUDA",
    )
    deterministic: bool = option(
        True,
        "Repeat bit for bit, or be as fast as possible.",
        panel=MACHINE,
        flag="--deterministic/--fast",
        shown="deterministic",
    )

    @field_validator("device", mode="before")
    @classmethod
    def _known_device(cls, value: Any) -> str:
        return checked_device(value)
