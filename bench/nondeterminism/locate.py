"""Finds what first differs between two trainings, by training again up to there. Starts processes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from bench.execution.resources import Resources
from bench.nondeterminism.fresh import in_fresh_process, variables
from bench.plan.spec import RunSpec
from bench.plan.trace import Event, Part, Parting, Stage, Trace, first_difference, parting

_STAGES = {"start": "before training", "head": "head on features", "full": "whole model"}
_PARTS = {
    "weights": "the weights before the step",
    "data": "the batch",
    "forward": "forward",
    "backward": "backward",
    "optimizer": "optimizer",
}


@dataclass(frozen=True)
class Location:
    """Where two trainings part. `part` and `name` (of a module, or of a parameter) are None where a second look at
    the step found no difference; `tensor` is the first of the `tensors` that differ after the step.
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


class Look(Protocol):
    """A run that can be trained again."""

    def trace(self, step: int) -> Trace:
        """Digests of the weights after every step up to this one."""

    def events(self, step: int) -> tuple[Event, ...]:
        """Digests of all that this step computes."""


@dataclass(frozen=True)
class LookHere:
    """In this process."""

    spec: RunSpec
    resources: Resources

    def trace(self, step: int) -> Trace:
        from bench.nondeterminism.probe import trace_until

        return trace_until(self.spec, self.resources, step)

    def events(self, step: int) -> tuple[Event, ...]:
        from bench.nondeterminism.probe import probe

        return probe(self.spec, self.resources, step)


@dataclass(frozen=True)
class FreshLook(LookHere):
    """In a process of its own each time, with these environment variables (None: not set)."""

    variables: Mapping[str, str | None] = field(default_factory=dict)

    def trace(self, step: int) -> Trace:
        with variables(self.variables):
            return in_fresh_process(LookHere(self.spec, self.resources).trace, step)

    def events(self, step: int) -> tuple[Event, ...]:
        with variables(self.variables):
            return in_fresh_process(LookHere(self.spec, self.resources).events, step)


def locate(traces: tuple[Trace, Trace], a: Look, b: Look) -> Location | None:
    """The first difference of two runs, from their recorded traces and a second look; None where traces are equal."""
    found = parting(*traces)
    if found is None:
        return None
    if found.stage == "start":
        return location(found)
    if found.step - found.after > 1:  # between two recorded steps
        found = parting(a.trace(found.step), b.trace(found.step)) or found
    return location(found, first_difference(a.events(found.step), b.events(found.step)))


def location(found: Parting, first: Event | None = None) -> Location:
    """From the recorded point and, where there was a second look, the first event that differs there."""
    part, name = (first.part, first.name) if first else (None, None)
    return Location(found.stage, found.epoch, found.step, part, name, found.tensor, found.tensors, found.of)
