"""Runs specs and stores what comes of them: the one loop that does. Starts and ends processes; writes runs."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from typing import Protocol

from bench.config.experiment import Experiment, FrozenBackbone
from bench.engine.cards import cards_for
from bench.engine.sharing import workers_sharing
from bench.errors import writing
from bench.execution.executor import Executor, HasMore
from bench.execution.pool import PoolExecutor
from bench.execution.resources import Resources
from bench.executors import AUTO, ELSEWHERE, EXECUTORS
from bench.plan.spec import EpochRecord, RunResult, RunSpec
from bench.processes import cores
from bench.store.runs import RunStore

TOGETHER = 32  # runs at most, so that what others are told is not late
Results = Iterator[tuple[RunSpec, RunResult]]


class Observer(Protocol):
    """Is told what happens to runs."""

    def epoch(self, spec: RunSpec, record: EpochRecord) -> bool:
        """After each epoch; False stops the run."""

    def run(self, spec: RunSpec, result: RunResult) -> None:
        """After a run has ended and is stored."""


def executor_for(experiment: Experiment, resources: Resources, specs: Sequence[RunSpec]) -> Executor:
    """The one asked for; else in this process for one worker, or a pool of one-thread workers.

    Raises:
        RequestError: cards are not there, or do not hold so many workers.
    """
    if experiment.executor in ELSEWHERE:
        return _made(experiment.executor, resources, workers_for(experiment, specs), experiment.machines, specs)
    resources = on_cards(resources, experiment, specs)
    workers = workers_sharing(experiment, resources, specs, workers_for(experiment, specs))
    name = experiment.executor
    if name == AUTO:
        name = "in-process" if workers == 1 else "processes"
    return _made(name, resources, workers)


def _made(name: str, *given: object) -> Executor:
    module, _, made = EXECUTORS[name].partition(":")
    executor: Executor = getattr(import_module(module), made)(*given)
    return executor


def fresh_executor(experiment: Experiment, resources: Resources, specs: Sequence[RunSpec]) -> Executor:
    """As `executor_for`, but never in this process: in processes that nothing ran in before, on whichever machine."""
    if experiment.executor in ELSEWHERE:
        return executor_for(experiment, resources, specs)
    return PoolExecutor(on_cards(resources, experiment, specs), workers_for(experiment, specs))


def executor_here(experiment: Experiment, resources: Resources, specs: Sequence[RunSpec]) -> Executor:
    """As `executor_for`, but on this machine, wherever the experiment was run."""
    if experiment.executor in ELSEWHERE:
        experiment = experiment.model_copy(update={"executor": AUTO})
    return executor_for(experiment, resources, specs)


def on_cards(resources: Resources, experiment: Experiment, specs: Sequence[RunSpec]) -> Resources:
    """With the cards that these runs may use; other machines share out theirs by themselves."""
    if experiment.executor in ELSEWHERE:
        return resources
    return replace(resources, cards=cards_for(experiment, specs))


def workers_for(experiment: Experiment, specs: Sequence[RunSpec]) -> int:
    """How many of these runs are trained at once: by themselves one a core, or one a card. For `auto` on cards this is
    the least; `executor_for` asks them for more. On other machines it is the most.
    """
    if experiment.leaves_machine:
        return min(experiment.wanted_workers or len(specs), len(specs))
    if experiment.executor == "in-process":
        return 1
    on_gpu = any(spec.numerics.device != "cpu" for spec in specs)
    usual = max(len(cards_for(experiment, specs)), 1) if on_gpu else cores()
    return min(experiment.wanted_workers or usual, len(specs))


def run_and_store(
    executor: Executor,
    specs: Sequence[RunSpec],
    store: RunStore,
    backbones: Mapping[str, FrozenBackbone],
    observer: Observer,
) -> Results:
    """Yield each run once it has ended and is on the disk.

    It is there before an answer is waited for. Those of many workers that are heard at once are stored together, since
    a disk flushes many in about the time of one.

    Raises:
        WriteError: the disk is full or gone; what had been stored stays.
    """
    ended = _Ended(store, backbones, observer)

    def would_wait() -> bool:
        return not (isinstance(executor, HasMore) and len(ended.runs) < TOGETHER and executor.has_more())

    def on_epoch(spec: RunSpec, record: EpochRecord) -> bool:
        goes_on = observer.epoch(spec, record)
        if ended.runs and would_wait():
            ended.store()
        return goes_on

    try:
        for spec, result in executor.run(specs, on_epoch):
            ended.runs.append((spec, result))
            if would_wait():
                ended.store()
            yield from ended.stored()
    finally:
        ended.store()
    yield from ended.stored()


class _Ended:
    """Runs that have ended, and which of them nobody was given yet."""

    def __init__(self, store: RunStore, backbones: Mapping[str, FrozenBackbone], observer: Observer) -> None:
        self.runs: list[tuple[RunSpec, RunResult]] = []
        self._store, self._backbones, self._observer = store, backbones, observer
        self._stored: list[tuple[RunSpec, RunResult]] = []
        self._done = 0

    def store(self) -> None:
        """Store them, and tell the observer of each."""
        runs, self.runs = self.runs, []
        done = [(*run, self._parameters(run[0])) for run in runs if run[1].status == "done"]
        if len(done) > 1:
            with suppress(OSError):  # then one by one: those that there is room for, and the error of the first other
                self._store.write_done(done)
        for spec, result in runs:
            with writing(
                self._store.root.parent, f"{self._done} run(s) of this call are stored whole, none is half-written"
            ):
                self._store.write(spec, result, self._parameters(spec))
            self._done += result.status == "done"
            self._observer.run(spec, result)
            self._stored.append((spec, result))

    def _parameters(self, spec: RunSpec) -> int:
        return self._backbones[spec.backbone].parameters

    def stored(self) -> Results:
        """Those that are new."""
        while self._stored:
            yield self._stored.pop(0)


def failures(results: Iterable[tuple[RunSpec, RunResult]]) -> list[str]:
    """Those that failed, each with its error."""
    return [f"{spec.title}: {result.error}" for spec, result in results if result.status == "failed"]


def pending(specs: Iterable[RunSpec], store: RunStore) -> list[RunSpec]:
    """Those that are not stored yet."""
    complete = store.complete()
    return [spec for spec in specs if spec.run_id not in complete]
