"""One call of `bench run`, from the checked request to the stored leaderboard. Prints how far it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.cache import user_caches
from bench.config.experiment import Experiment
from bench.config.options.numerics import kind_of
from bench.config.recipe_file import overlap
from bench.engine.begin import Begun, begin
from bench.engine.eta import Eta
from bench.engine.execute import executor_for, failures, pending, run_and_store, workers_for
from bench.engine.forecast import Forecast, announce, smaller_choices
from bench.engine.memory import refuse_too_many
from bench.engine.prepare import Prepared, look_ahead, prepare
from bench.engine.progress import RunProgress
from bench.errors import interruptible, writing
from bench.plan.adaptation import with_baseline
from bench.plan.spec import RunSpec
from bench.report.compiled import up_to_date
from bench.report.leaderboard import leaderboard_files
from bench.store.folder import ResultsFolder
from bench.store.planned import PlannedRun, folds_digest, read_planned, write_planned
from bench.store.working_process import RUN
from bench.terminal import Terminal

MACHINES = {"workers", "executor", "address", "node_cache", "gpu_share", "slurm", "job_minutes", "same_cpu"}
OF_REPORTS = {"interval", "stratify", "level", "pool", "label_order", "subgroups"}
GROWING = {"backbone", "seeds", "adapt", "frozen", "results", "save_models", *OF_REPORTS, *MACHINES}
"""Options in which calls on one folder may differ while its experiment only grows."""


@dataclass(frozen=True)
class Completed:
    """What a call came to: `text` is the leaderboard's Markdown, None where no run is stored; `notes` go with it."""

    text: str | None
    notes: tuple[str, ...]
    failed: list[str]


def run_experiment(experiment: Experiment) -> int:
    """Do what is missing, compile the leaderboard, print it; the exit code is 1 where runs failed.

    Raises: as `complete`.
    """
    terminal = Terminal()
    done = complete(experiment, terminal)
    if done.text is None:
        terminal.say(f"All {len(done.failed)} runs failed; the first: {done.failed[0]}")
        return 1
    files = leaderboard_files(Path(experiment.results).expanduser())
    for line in (done.text, f"Written: {files}", *done.notes):
        terminal.say(line)
    if done.failed:
        terminal.say(f"{len(done.failed)} run(s) failed and are left out; the same command tries them again.")
    return 1 if done.failed else 0


def complete(experiment: Experiment, terminal: Terminal) -> Completed:
    """Do what is missing and compile the leaderboard; only progress is printed.

    Raises:
        RequestError: the request is wrong.
        WriteError: a write failed under way.
        Interrupted: the user stopped it.
    """
    with interruptible("Finished runs are stored; the same command goes on from there."):
        caches, folder = user_caches(), ResultsFolder(Path(experiment.results).expanduser())

        def read() -> Prepared:
            ahead = look_ahead(experiment, folder, caches, terminal)
            return prepare(experiment, folder, ahead, caches, terminal)

        with begin(read, folder, RUN, merged_with_stored, terminal.say) as begun:
            prepared = begun.prepared
            runs = {spec.run_id: spec for spec in prepared.specs()}
            note(prepared, folder, runs, grows=_grows(prepared.experiment, prepared.snapshot.experiment))
            failed = train_missing(prepared, folder, runs, begun, terminal)
            if failed and not folder.runs.complete():
                return Completed(None, (), failed)
            text, notes = up_to_date(folder, begun.snapshot)
    return Completed(text, tuple(notes), failed)


def train_missing(
    prepared: Prepared, folder: ResultsFolder, runs: Mapping[str, RunSpec], begun: Begun, terminal: Terminal
) -> list[str]:
    """Train what is not stored; returns what failed."""
    experiment, wanted = prepared.experiment, pending(runs.values(), folder.runs)
    if not wanted:
        terminal.say(f"All {len(runs)} runs are stored; nothing to train.")
        return []

    def speeds(expected: Forecast) -> str:
        each = ", ".join(f"{name} {speed.training:.0f}" for name, speed in expected.speeds.items())
        return f"; training images/s a worker: {each}"

    refuse_too_many(workers_for(experiment, wanted), experiment)
    with executor_for(experiment, prepared.resources(), wanted) as executor:
        what = f"{len(wanted)} runs to do ({len(runs) - len(wanted)} of {len(runs)} are stored)"
        expected = None
        if experiment.recipe.probes:
            terminal.say(f"{what} with {executor.workers} worker(s); features of each backbone come first.")
        else:
            expected = announce(executor, wanted, what, terminal.say, speeds)
        if expected and (choices := smaller_choices(experiment, expected.seconds)):
            terminal.say(choices)
        if expected:
            wanted = [*expected.order]
        eta = Eta(wanted, expected.speeds if expected else None, executor.workers)
        with RunProgress(terminal, eta, begun.heartbeat) as progress:
            return failures(run_and_store(executor, wanted, folder.runs, experiment.frozen, progress))


def merged_with_stored(prepared: Prepared) -> Experiment:
    """The experiment to store by `bench run`."""
    return merged(prepared.experiment, prepared.snapshot.experiment)


def merged(now: Experiment, before: Experiment | None) -> Experiment:
    """The experiment to store: all backbones, seeds and adaptations of the folder where nothing else differs, else the
    newest."""
    if before is None or not _grows(now, before):
        return now
    return now.model_copy(
        update={
            "backbone": list(dict.fromkeys(before.backbone + now.backbone)),
            "seeds": sorted({*before.seeds, *now.seeds}),
            "adapt": with_baseline((*before.adapt, *now.adapt)),
        }
    )


def _grows(now: Experiment, before: Experiment | None) -> bool:
    """Whether an experiment only adds to that of the folder; which cards it uses is no difference."""

    def same(experiment: Experiment) -> dict[str, object]:
        return experiment.model_dump(exclude=GROWING) | {"device": kind_of(experiment.device)}

    return before is not None and same(before) == same(now)


def note(prepared: Prepared, folder: ResultsFolder, runs: Mapping[str, RunSpec], *, grows: bool) -> None:
    """Write which runs are planned, for `bench status`, and whether the recipe was tuned on these cases."""
    experiment = prepared.experiment
    with writing(folder.root, "No run of this call is stored yet"):
        write_planned(
            folder.root,
            read_planned(folder.root).with_runs(
                planned_runs(prepared, runs),
                workers_for(experiment, list(runs.values())),
                grows=grows,
            ),
        )
        if tuned := overlap(experiment, (case.digest for case in prepared.dataset.cases)):
            folder.tuned.add(experiment, tuned)


def planned_runs(prepared: Prepared, runs: Mapping[str, RunSpec]) -> dict[str, PlannedRun]:
    """The runs of a plan as the folder keeps them, the stored ones too."""
    digests = {seed: folds_digest(fold_of.items()) for seed, fold_of in prepared.folds.by_seed.items()}
    return {name: PlannedRun(spec.backbone, spec.seed, spec.fold, digests[spec.seed]) for name, spec in runs.items()}
