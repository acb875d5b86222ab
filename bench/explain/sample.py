"""Which cases are measured, and what each model is asked. Pure, given a generator."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.data.cases import Case
from bench.explain.options import ExplainOptions
from bench.explain.task import ExplainTask
from bench.plan.spec import RunSpec
from bench.scoring import class_numbers
from bench.seeds import derive
from bench.store.runs import StoredRun


@dataclass(frozen=True)
class Sample:
    """Case ids: `measured` enter the tables, `shown` the galleries; `with_lesion` have a mask that is not empty."""

    measured: frozenset[str]
    shown: frozenset[str]
    with_lesion: frozenset[str]


def measured_cases(cases: Sequence[Case], most: int | None, rng: np.random.Generator) -> frozenset[str]:
    """All cases, or a random sample of `most` of each site, the same for every model."""
    found: set[str] = set()
    for site in dict.fromkeys(case.site for case in cases):
        ids = sorted(case.case_id for case in cases if case.site == site)
        found |= {ids[place] for place in rng.permutation(len(ids))[:most]}
    return frozenset(found)


def explain_task(run: StoredRun, spec: RunSpec, model: bytes, options: ExplainOptions, sample: Sample) -> ExplainTask:
    """What to ask of one model. Which cases are perturbed is drawn anew for each, so that all together cover many."""
    ids = [case.case_id for case in spec.predicted]
    measured = np.flatnonzero([name in sample.measured for name in ids])
    return ExplainTask(
        spec=spec,
        model=model,
        method=options.method,
        targets=_targets(run, spec, options),
        mapped=np.flatnonzero([name in sample.measured or name in sample.shown for name in ids]),
        located=np.array([row for row in measured if ids[row] in sample.with_lesion], dtype=np.int64),
        checked=_checked(spec, measured, options.checks),
    )


def _targets(run: StoredRun, spec: RunSpec, options: ExplainOptions) -> NDArray[np.int64]:
    if options.target == "true":
        return class_numbers([case.label for case in spec.predicted], spec.classes)
    return np.asarray(run.probabilities().argmax(axis=1), dtype=np.int64)


def _checked(spec: RunSpec, measured: NDArray[np.int64], checks: int) -> NDArray[np.int64]:
    rng = np.random.default_rng(derive(spec.seeds.order, "fold", spec.fold, "checked cases"))
    drawn = rng.permutation(measured)
    sites = np.array([spec.predicted[row].site for row in drawn], dtype=object)
    parts = [drawn[sites == site][:checks] for site in dict.fromkeys(sites)]
    return np.sort(np.concatenate([*parts, np.empty(0, dtype=np.int64)]))
