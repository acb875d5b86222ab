"""Whether repeats are the same to the last bit, and where they part if not. Reads repeats/; may train again."""

from dataclasses import dataclass

from bench.execution.resources import Resources
from bench.nondeterminism.designs import Group, Repeat
from bench.nondeterminism.divergence import Location
from bench.nondeterminism.replay import FreshReplay, ReplayHere, locate
from bench.plan.spec import RunSpec
from bench.plan.trace import Trace
from bench.store.runs import RunStore
from bench.store.traces import read_trace

SAME = "none, the same to the last bit"
ONLY_PREDICTIONS = "the weights are the same at every recorded step, the predictions are not"


@dataclass(frozen=True)
class Verdict:
    """Of the control: passed is None where it was not asked for; location and parting of the first two that differ."""

    passed: bool | None
    parting: str
    location: Location | None = None


def of_control(store: RunStore, control: Group, resources: Resources) -> Verdict:
    """Compare every repeat with the first: recorded weights, and predictions byte by byte."""
    first = control.repeats[0]
    for number, repeat in enumerate(control.repeats[1:], start=1):
        for a, b in zip(first, repeat, strict=True):
            if same(store, a, b):
                continue
            location = locate(_traces(store, a, b), FreshReplay(a, resources), FreshReplay(b, resources))
            where = location.text() if location else ONLY_PREDICTIONS
            return Verdict(False, f"repeats 0 and {number}, fold {a.fold}: {where}", location)
    return Verdict(True, "")


def of_change(store: RunStore, base: Repeat, group: Group, resources: Resources) -> str:
    """Where the base and the run with other numerics part, in words, in the first fold where they do."""
    pairs = [(a, b) for a, b in zip(base, group.repeats[0], strict=True) if not same(store, a, b)]
    if not pairs:
        return SAME
    a, b = pairs[0]
    location = locate(_traces(store, a, b), ReplayHere(a, resources), ReplayHere(b, resources))
    return location.text() if location else ONLY_PREDICTIONS


def same(store: RunStore, a: RunSpec, b: RunSpec) -> bool:
    """Whether all recorded weights and all predictions of two runs are the same."""
    one, two = (store.root / spec.run_id / "predictions.parquet" for spec in (a, b))
    mine, theirs = _traces(store, a, b)
    return mine == theirs and one.read_bytes() == two.read_bytes()


def _traces(store: RunStore, a: RunSpec, b: RunSpec) -> tuple[Trace, Trace]:
    return read_trace(store.root / a.run_id), read_trace(store.root / b.run_id)
