"""What differs between two results folders, and where runs that should be equal diverge. Reads both folders."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

from bench.nondeterminism.divergence import Divergence, divergence
from bench.store.folder import ResultsFolder
from bench.store.records import RunRecord, TrainedSpec
from bench.store.runs import StoredRun
from bench.store.traces import read_trace


@dataclass(frozen=True)
class MatchedRuns:
    """Two runs that should be equal but for numerics and environment. divergence: None where no point differs."""

    a: StoredRun
    b: StoredRun
    divergence: Divergence | None
    traced: bool
    predictions: int
    differing: int
    same_bytes: bool

    @property
    def differs(self) -> bool:
        return self.divergence is not None or not self.same_bytes


def matched_runs(a: ResultsFolder, b: ResultsFolder) -> list[MatchedRuns]:
    """All pairs, in the order of backbone, seed, replicate and fold. Imported runs are not among them."""
    ours, theirs = _runs(a), _runs(b)
    return [_compared(ours[key], theirs[key]) for key in sorted(ours.keys() & theirs.keys())]


def _runs(folder: ResultsFolder) -> dict[str, StoredRun]:
    runs = [*folder.runs.read_all(), *folder.repeats.read_all()]
    return {_question(run.record, run.record.spec): run for run in runs if isinstance(run.record.spec, TrainedSpec)}


def _question(record: RunRecord, spec: TrainedSpec) -> str:
    """What a run asks, without how the arithmetic is done."""
    which = [spec.backbone, spec.adaptation, spec.seed, spec.replicate, spec.fold, spec.role, asdict(spec.seeds)]
    data = [spec.classes, spec.pixels.decisive(), spec.n_train, spec.n_external]
    return json.dumps([*which, *data, record.weights.digest, spec.recipe.model_dump(exclude={"name"})], sort_keys=True)


def _compared(a: StoredRun, b: StoredRun) -> MatchedRuns:
    traces = read_trace(a.folder), read_trace(b.folder)
    one, two = a.predictions(), b.predictions()
    joined = one.merge(two, on="case_id", suffixes=("_a", "_b"))
    differing = int((joined["predicted_a"].astype(str) != joined["predicted_b"].astype(str)).sum())
    return MatchedRuns(a, b, divergence(*traces), all(traces), len(joined), differing, one.equals(two))


@dataclass(frozen=True)
class Difference:
    """A setting that differs, with the values that each folder has of it."""

    what: str
    a: str
    b: str


def differences(pairs: Iterable[MatchedRuns]) -> list[Difference]:
    """Of numerics and environment, over all pairs; settings that follow from the numerics are named once."""
    values: dict[str, tuple[set[str], set[str]]] = {}
    for pair in pairs:
        for name, one, two in _settings(pair):
            sides = values.setdefault(name, (set(), set()))
            sides[0].add(one)
            sides[1].add(two)
    return [Difference(name, ", ".join(sorted(a)), ", ".join(sorted(b))) for name, (a, b) in values.items() if a != b]


def _settings(pair: MatchedRuns) -> Iterator[tuple[str, str, str]]:
    one, two = pair.a.record, pair.b.record
    assert isinstance(one.spec, TrainedSpec)
    assert isinstance(two.spec, TrainedSpec)
    ours, theirs = asdict(one.spec.numerics), asdict(two.spec.numerics)
    for name in ours:
        yield f"numerics: {name}", str(ours[name]), str(theirs[name])
    for name in sorted(one.environment.keys() | two.environment.keys()):
        if name not in ours:
            yield f"environment: {name}", one.environment.get(name, "not set"), two.environment.get(name, "not set")


def data_differences(a: ResultsFolder, b: ResultsFolder) -> str:
    """How the cases of two folders differ, in a line; empty where they do not."""
    ours, theirs = ({(case.case_id, case.digest, case.label) for case in folder.cases() or []} for folder in (a, b))
    if ours == theirs:
        return ""
    first = sorted({case_id for case_id, *_ in ours ^ theirs})[0]
    return f"The cases differ: {len(ours - theirs)} of {len(ours)} are not in B, first {first}."
