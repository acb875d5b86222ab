"""Trains runs again up to a step, here or in processes that did nothing before. Starts processes; reads folders."""

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import ParamSpec, Protocol, TypeVar

from bench.cache import Caches
from bench.engine.again import (
    NotHereError,
    Variables,
    recorded_variables,
    require_device,
    stored_resources,
    variables,
)
from bench.execution.resources import Resources
from bench.nondeterminism.divergence import Event, Location, divergence, first_difference, location
from bench.plan.spec import Numerics, RunSpec
from bench.plan.trace import Trace
from bench.processes import deaf_children, serve_parent
from bench.store.folder import ResultsFolder
from bench.store.runs import StoredRun

_MACHINE = ("python", "torch", "torchvision", "timm", "numpy", "cpu", "gpu", "cuda", "cudnn", "driver")
P = ParamSpec("P")
R = TypeVar("R")


class Replay(Protocol):
    """A run that can be trained again."""

    def trace(self, step: int) -> Trace:
        """Digests of the weights after every step up to this one."""

    def events(self, step: int) -> tuple[Event, ...]:
        """Digests of all that this step computes."""


@dataclass(frozen=True)
class ReplayHere:
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
class FreshReplay(ReplayHere):
    """In a process of its own each time, with these environment variables (None: not set)."""

    variables: Variables = field(default_factory=dict)

    def trace(self, step: int) -> Trace:
        with variables(self.variables):
            return in_fresh_process(ReplayHere(self.spec, self.resources).trace, step)

    def events(self, step: int) -> tuple[Event, ...]:
        with variables(self.variables):
            return in_fresh_process(ReplayHere(self.spec, self.resources).events, step)


def locate(traces: tuple[Trace, Trace], a: Replay, b: Replay) -> Location | None:
    """The first difference of two runs, from their traces and, if need be, replays; None where traces are equal."""
    found = divergence(*traces)
    if found is None:
        return None
    if found.stage == "start":
        return location(found)
    if found.step - found.after > 1:  # between two recorded steps
        found = divergence(a.trace(found.step), b.trace(found.step)) or found
    return location(found, first_difference(a.events(found.step), b.events(found.step)))


def stored_replay(run: StoredRun, folder: ResultsFolder, caches: Caches) -> ReplayHere:
    """The run, under the environment variables that it was trained with; where they are others, in other processes.

    Raises:
        NotHereError: libraries, processor, device, images or weights are others.
        RequestError: the images cannot be read.
    """
    spec = run.spec(folder.cases() or [], folder.folds())
    if spec is None:
        raise NotHereError(f"The cases of {folder.root} are not those that run {run.run_id} was made from.")
    _require_machine(run, spec.numerics)
    resources, wanted = stored_resources(folder, spec, caches), recorded_variables(run)
    if all(os.environ.get(name) == value for name, value in wanted.items()):
        return ReplayHere(spec, resources)
    return FreshReplay(spec, resources, wanted)


def _require_machine(run: StoredRun, numerics: Numerics) -> None:
    from bench.execution.environment import environment

    require_device(numerics)
    then = run.record.environment
    here = environment(numerics)
    other = [name for name in _MACHINE if then.get(name) != here.get(name)]
    if other:
        text = "; ".join(f"{name} {then.get(name)} there, {here.get(name)} here" for name in other)
        raise NotHereError(f"Run {run.run_id} was made elsewhere: {text}.")


def in_fresh_process(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """What a function that can be pickled returns, called in a process of its own; its exceptions are raised here."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=serve_parent) as pool:
        with deaf_children():
            future = pool.submit(function, *args, **kwargs)
        return future.result()
