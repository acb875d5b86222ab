"""Executes a plan and stores what comes of it. Writes the results folder."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from bench.config.experiment import Experiment
from bench.config.recipe_file import overlap
from bench.engine.durations import duration
from bench.engine.eta import Pace, epochs_of
from bench.engine.forecast import Forecast, forecast, smaller_choices
from bench.engine.prepare import Plan
from bench.engine.progress import RunProgress
from bench.errors import WriteError
from bench.execution.executor import Executor
from bench.execution.resources import Workshop
from bench.plan.spec import EpochRecord, RunSpec
from bench.processes import cores
from bench.store.folder import ResultsFolder
from bench.store.heartbeat import ActiveRun, Heartbeat
from bench.store.planned import PlannedRun, folds_digest, read_planned, write_planned


@dataclass(frozen=True)
class Outcome:
    """How many runs were done now, and which failed with what error."""

    done: int
    failed: list[str]


def make_executor(plan: Plan) -> Executor:
    """For the pending runs of a plan."""
    return executor_for(plan.experiment, plan.workshop, list(plan.pending.values()))


def executor_for(experiment: Experiment, workshop: Workshop, specs: Sequence[RunSpec]) -> Executor:
    """In this process for one worker or a GPU, else a pool of as many one-thread workers as cores."""
    from bench.execution.in_process import InProcessExecutor
    from bench.execution.pool import PoolExecutor

    workers = workers_for(experiment, specs)
    if experiment.executor == "in-process" or (experiment.executor == "auto" and workers == 1):
        return InProcessExecutor(workshop)
    return PoolExecutor(workshop, workers)


def workers_for(experiment: Experiment, specs: Sequence[RunSpec]) -> int:
    """How many of these runs are trained at once."""
    on_gpu = any(spec.tooling.device != "cpu" for spec in specs)
    alone = experiment.executor == "in-process" or (on_gpu and experiment.workers is None)
    return 1 if alone else min(experiment.workers or cores(), len(specs))


def announce(plan: Plan, executor: Executor, say: Callable[[str], None]) -> Forecast | None:
    """Say how many runs there are, how long they should take, and what would take less; None where that fails."""
    experiment = plan.experiment
    try:
        expected = forecast(executor, list(plan.pending.values()))
    except Exception as error:  # the runs themselves will say it again, each for itself
        say(f"{len(plan.pending)} runs to do; no forecast, since a timed step failed: {error}")
        return None
    speeds = ", ".join(f"{name} {speed.training:.0f}" for name, speed in expected.speeds.items())
    stored = len(plan.runs) - len(plan.pending)
    say(
        f"{len(plan.pending)} runs to do ({stored} of {len(plan.runs)} are stored), about "
        f"{duration(expected.seconds)} with {executor.workers} worker(s); training images/s a worker: {speeds}."
    )
    if choices := smaller_choices(experiment, expected.seconds):
        say(choices)
    return expected


def conduct(
    plan: Plan, folder: ResultsFolder, executor: Executor, expected: Forecast | None, console: Console, sign: Heartbeat
) -> Outcome:
    """Run what is pending; each finished run is on the disk before the next one is waited for.

    Raises:
        WriteError: the disk is full or gone; what had been stored stays.
    """
    names = {id(spec): name for name, spec in plan.pending.items()}
    specs = list(plan.pending.values())
    done, failed = 0, list[str]()
    pace = Pace(specs, expected.speeds if expected else None, executor.workers)
    with RunProgress(console, pace, lambda: tell(sign, pace, names)) as progress:

        def on_epoch(spec: RunSpec, record: EpochRecord) -> bool:
            progress.epoch(spec, record)
            return True

        for spec, result in executor.run(specs, on_epoch):
            parameters = plan.experiment.frozen[spec.backbone].parameters
            try:
                folder.runs.write(names[id(spec)], spec, result, parameters)
            except OSError as error:
                raise WriteError(_write_message(folder.root, error, done)) from error
            done += result.status == "done"
            if result.status == "failed":
                failed.append(f"{spec.backbone} seed {spec.seed} fold {spec.fold}: {result.error}")
            progress.run(spec, result)
    return Outcome(done, failed)


def tell(sign: Heartbeat, pace: Pace, names: Mapping[int, str]) -> None:
    """What bench status shows of this process."""
    flights = [
        ActiveRun(names[id(spec)], spec.backbone, spec.seed, spec.fold, epoch, epochs_of(spec))
        for spec, epoch in pace.running()
    ]
    sign.tell(workers=pace.workers, seconds_left=pace.seconds_left(), running=flights)


@contextmanager
def begun(
    plan: Plan,
    folder: ResultsFolder,
    command: str,
    write_rest: Callable[[Plan, ResultsFolder, Experiment | None], None],
) -> Iterator[Heartbeat]:
    """Keep other writers out of the folder, once what the runs stand on is written: cases, folds, what was left out.

    write_rest: writes the experiment and what else the command keeps; it is given the experiment stored until now.

    Raises:
        RequestError: another process is writing there, or has changed the folder since the plan was made.
        WriteError: the disk is full or gone.
    """
    with folder.locked(command=command) as sign:
        folder.refuse_changed(plan.folder_state)
        try:
            if any(case.group for case in plan.dataset.cases):
                folder.write_salt(plan.pseudonyms)
            folder.write_cases(plan.dataset.cases)
            folder.write_folds(plan.folds)
            write_rest(plan, folder, folder.experiment())
            folder.write_leaks(plan.leaks)
            folder.write_passed_over(plan.dataset.passed_over)
            if plan.dataset.skipped:
                folder.write_unreadable(plan.dataset.skipped)
        except OSError as error:
            raise WriteError(_write_message(folder.root, error, 0)) from error
        yield sign


def write_experiment(plan: Plan, folder: ResultsFolder, before: Experiment | None) -> None:
    """Write the experiment with what the folder had before, the planned runs, and whether the recipe was tuned here."""
    folder.write_experiment(merged(plan.experiment, before))
    write_planned(
        folder.root,
        read_planned(folder.root).with_runs(
            planned_runs(plan),
            workers_for(plan.experiment, list(plan.runs.values())),
            grows=_grows(plan.experiment, before),
        ),
    )
    if tuned := overlap(plan.experiment, (case.digest for case in plan.dataset.cases)):
        folder.tuned.add(plan.experiment, tuned)


def merged(now: Experiment, before: Experiment | None) -> Experiment:
    """The experiment to store: all backbones and seeds of the folder where nothing else differs, else the newest."""
    if before is None or not _grows(now, before):
        return now
    return now.model_copy(
        update={
            "backbone": list(dict.fromkeys(before.backbone + now.backbone)),
            "seeds": sorted({*before.seeds, *now.seeds}),
        }
    )


def _grows(now: Experiment, before: Experiment | None) -> bool:
    """Whether an experiment only adds to that of the folder."""
    grown = {"backbone", "seeds", "frozen", "workers", "executor", "results", "interval", "stratify", "save_models"}
    return before is not None and before.model_dump(exclude=grown) == now.model_dump(exclude=grown)


def planned_runs(plan: Plan) -> dict[str, PlannedRun]:
    """The runs of a plan as the folder keeps them, the stored ones too."""
    digests = {seed: folds_digest(fold_of.items()) for seed, fold_of in plan.folds.by_seed.items()}
    return {
        name: PlannedRun(spec.backbone, spec.seed, spec.fold, digests[spec.seed]) for name, spec in plan.runs.items()
    }


def _write_message(root: Path, error: OSError, done: int) -> str:
    return (
        f"Writing to {root} failed: {error.strerror or error}. {done} run(s) of this call are stored whole, none is "
        f"half-written. Make room and give the same command again; it goes on from there."
    )
