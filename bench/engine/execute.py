"""Runs specs and stores what comes of them: the one loop that does. Starts and ends processes; writes runs."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Protocol

from bench.config.experiment import Experiment, FrozenBackbone
from bench.errors import writing
from bench.execution.executor import Executor
from bench.execution.pool import PoolExecutor
from bench.execution.resources import Resources
from bench.executors import AUTO, ELSEWHERE, EXECUTORS
from bench.plan.spec import EpochRecord, RunResult, RunSpec
from bench.processes import cores
from bench.store.runs import RunStore

Results = Iterator[tuple[RunSpec, RunResult]]


class Observer(Protocol):
    """Is told what happens to runs."""

    def epoch(self, spec: RunSpec, record: EpochRecord) -> bool:
        """After each epoch; False stops the run."""

    def run(self, spec: RunSpec, result: RunResult) -> None:
        """After a run has ended and is stored."""


def executor_for(experiment: Experiment, resources: Resources, specs: Sequence[RunSpec]) -> Executor:
    """The one asked for; else in this process for one worker or a GPU, or a pool of one-thread workers."""
    workers = workers_for(experiment, specs)
    name = experiment.executor
    if name == AUTO:
        name = "in-process" if workers == 1 else "processes"
    module, _, made = EXECUTORS[name].partition(":")
    further = (experiment.machines, specs) if name in ELSEWHERE else ()
    executor: Executor = getattr(import_module(module), made)(resources, workers, *further)
    return executor


def fresh_executor(experiment: Experiment, resources: Resources, specs: Sequence[RunSpec]) -> Executor:
    """As `executor_for`, but never in this process: in processes that nothing ran in before, on whichever machine."""
    if experiment.executor in ELSEWHERE:
        return executor_for(experiment, resources, specs)
    return PoolExecutor(resources, workers_for(experiment, specs))


def executor_here(experiment: Experiment, resources: Resources, specs: Sequence[RunSpec]) -> Executor:
    """As `executor_for`, but on this machine, wherever the experiment was run."""
    if experiment.executor in ELSEWHERE:
        experiment = experiment.model_copy(update={"executor": AUTO})
    return executor_for(experiment, resources, specs)


def workers_for(experiment: Experiment, specs: Sequence[RunSpec]) -> int:
    """How many of these runs are trained at once, on other machines at most."""
    if experiment.leaves_machine:
        return min(experiment.workers or len(specs), len(specs))
    on_gpu = any(spec.numerics.device != "cpu" for spec in specs)
    alone = experiment.executor == "in-process" or (on_gpu and experiment.workers is None)
    return 1 if alone else min(experiment.workers or cores(), len(specs))


def run_and_store(
    executor: Executor,
    specs: Sequence[RunSpec],
    store: RunStore,
    backbones: Mapping[str, FrozenBackbone],
    observer: Observer,
) -> Results:
    """Yield each run as it ends; it is on the disk before the next one is waited for.

    Raises:
        WriteError: the disk is full or gone; what had been stored stays.
    """
    done = 0
    for spec, result in executor.run(specs, observer.epoch):
        with writing(store.root.parent, f"{done} run(s) of this call are stored whole, none is half-written"):
            store.write(spec, result, backbones[spec.backbone].parameters)
        done += result.status == "done"
        observer.run(spec, result)
        yield spec, result


def failures(results: Iterable[tuple[RunSpec, RunResult]]) -> list[str]:
    """Those that failed, each with its error."""
    return [f"{spec.title}: {result.error}" for spec, result in results if result.status == "failed"]


def pending(specs: Iterable[RunSpec], store: RunStore) -> list[RunSpec]:
    """Those that are not stored yet."""
    complete = store.complete()
    return [spec for spec in specs if spec.run_id not in complete]
