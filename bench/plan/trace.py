"""Digests of a training as it went, and where two trainings part. Torch-free and pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

Stage = Literal["start", "head", "full"]
"""Before the first step; while the classifier trains on cached features; while everything trains."""

Part = Literal["weights", "data", "forward", "backward", "optimizer"]
"""Of a step: the weights that it begins with, its batch, outputs of modules, gradients, the update."""

EVERY_STEP_UP_TO = 20


@dataclass(frozen=True)
class TracePoint:
    """The state after a step. `step` counts from 1 over the whole run; digests are those of `tensors`, in order."""

    stage: Stage
    epoch: int
    step: int
    tensors: tuple[str, ...]
    digests: tuple[int, ...]


Trace = tuple[TracePoint, ...]


@dataclass(frozen=True)
class Parting:
    """The first recorded point at which two traces differ.

    `after`: the last point before it, at which they agree. `tensor`: the first of the `tensors` that differ.
    """

    stage: Stage
    epoch: int
    step: int
    after: int
    tensor: str
    tensors: int
    of: int


def parting(a: Trace, b: Trace) -> Parting | None:
    """Where two traces part; None where all points that both have are equal. Points are matched by stage and step."""
    others = {(point.stage, point.step): point for point in b}
    after = 0
    for point in a:
        other = others.get((point.stage, point.step))
        if other is None:
            continue
        theirs = dict(zip(other.tensors, other.digests, strict=True))
        differ = [name for name, mine in zip(point.tensors, point.digests, strict=True) if theirs.get(name) != mine]
        if differ:
            return Parting(point.stage, point.epoch, point.step, after, differ[0], len(differ), len(point.tensors))
        after = point.step
    return None


@dataclass(frozen=True)
class Event:
    """One thing that a training step computed, with its digest."""

    part: Part
    name: str
    digest: int


def first_difference(a: Sequence[Event], b: Sequence[Event]) -> Event | None:
    """The first event of `a` that `b` lacks or has otherwise; None where there is none.

    A module that is called several times in a step is matched call by call.
    """
    theirs = {(*key, call): digest for key, call, digest in _calls(b)}
    for event, (key, call, digest) in zip(a, _calls(a), strict=True):
        if theirs.get((*key, call)) != digest:
            return event
    return None


def _calls(events: Sequence[Event]) -> Iterator[tuple[tuple[Part, str], int, int]]:
    seen: Counter[tuple[Part, str]] = Counter()
    for event in events:
        key = (event.part, event.name)
        yield key, seen[key], event.digest
        seen[key] += 1
