"""Where two trainings diverge: the first recorded point, and what in that step differs first. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from bench.plan.trace import Stage, Trace

Part = Literal["weights", "data", "forward", "backward", "optimizer"]
"""Of a step: the weights that it begins with, its batch, outputs of modules, gradients, the update."""

_STAGES = {"start": "before training", "head": "head on features", "full": "whole model"}
_PARTS = {
    "weights": "the weights before the step",
    "data": "the batch",
    "forward": "forward",
    "backward": "backward",
    "optimizer": "optimizer",
}


@dataclass(frozen=True)
class Divergence:
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


def divergence(a: Trace, b: Trace) -> Divergence | None:
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
            return Divergence(point.stage, point.epoch, point.step, after, differ[0], len(differ), len(point.tensors))
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


@dataclass(frozen=True)
class Location:
    """Where two trainings diverge: the stage, epoch and step, and what in it differs first.

    `part` and `name` (of a module, or of a parameter) are None where training up to there again found no difference;
    `tensor` is the first of the `tensors` that differ after the step.
    """

    stage: Stage
    epoch: int
    step: int
    part: Part | None
    name: str | None
    tensor: str
    tensors: int
    of: int

    def text(self) -> str:
        """One line."""
        after = f"{self.tensors} of {self.of} tensors differ after it, first {self.tensor}"
        if self.stage == "start":
            return f"before step 1, the initial weights, first {self.tensor} ({self.tensors} of {self.of} tensors)"
        step = f"step {self.step} ({_STAGES[self.stage]}, epoch {self.epoch})"
        if self.part is None:
            return f"{step}: {after}; training up to there again did not show it, so its phase is not known"
        name = "" if self.part == "data" else f" {self.name}"
        return f"{step}, {_PARTS[self.part]}{name}; {after}"


def location(found: Divergence, first: Event | None = None) -> Location:
    """From the recorded point and, where the step was replayed, the first event that differs there."""
    part, name = (first.part, first.name) if first else (None, None)
    return Location(found.stage, found.epoch, found.step, part, name, found.tensor, found.tensors, found.of)
