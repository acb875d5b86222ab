"""One call of `bench run`, from the checked request to the stored leaderboard. Prints how far it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from bench.cache import user_caches
from bench.config.experiment import Experiment
from bench.config.options.numerics import kind_of
from bench.config.recipe_file import overlap
from bench.engine.begin import Begun, begin
from bench.engine.eta import Eta
from bench.engine.execute import executor_for, failures, pending, run_and_store, workers_for
from bench.engine.forecast import Forecast, announce, smaller_choices
from bench.engine.groups import in_words, trained_order
from bench.engine.memory import refuse_too_many
from bench.engine.prepare import Prepared, look_ahead, prepare
from bench.engine.progress import RunProgress
from bench.errors import interruptible, writing
from bench.plan.adaptation import with_baseline
from bench.plan.spec import RunSpec
from bench.report.compiled import up_to_date
from bench.report.ending import ending_of
from bench.report.leaderboard import stored_overview
from bench.store.folder import ResultsFolder
from bench.store.planned import PlannedRun, folds_digest, read_planned, write_planned
from bench.store.working_process import RUN
from bench.terminal import Terminal
from bench.tracking.conduct import Tracked, Tracking, refuse_missing, tracking
from reports.overview.overview import Overview
from reports.overview.screen import Ending, screen

MACHINES = {"workers", "executor", "address", "node_cache", "gpu_share", "slurm", "job_minutes", "same_cpu"}
OF_POINTS = {"events", "thresholds", "prevalences"}
OF_REPORTS = {"interval", "stratify", "level", "pool", "label_order", "subgroups", *OF_POINTS}
GROWING = {
    "backbone",
    "seeds",
    "adapt",
    "training_draws",
    "frozen",
    "results",
    "save_models",
    "track",
    *OF_REPORTS,
    *MACHINES,
}
"""Options in which calls on one folder may differ while its experiment only grows."""


@dataclass(frozen=True)
class Completed:
    """What a call came to: the leaderboard's Markdown, its overview and what stands below that, None where no run is
    stored; and what failed."""

    failed: list[str]
    text: str | None = None
    overview: Overview | None = None
    ending: Ending | None = None


def run_experiment(experiment: Experiment) -> int:
    """Do what is missing, compile the leaderboard, print its overview; the exit code is 1 where runs failed.

    Raises: as `complete`.
    """
    terminal = Terminal()
    done = complete(experiment, terminal)
    if done.overview is None or done.ending is None:
        root = quote(experiment.results)
        terminal.say(f"All {len(done.failed)} runs failed; the first: {done.failed[0]}\nNext: bench status {root}")
        return 1
    terminal.say(f"\n{screen(done.overview, done.ending, terminal.columns)}")
    return 1 if done.failed else 0


def complete(experiment: Experiment, terminal: Terminal) -> Completed:
    """Do what is missing and compile the leaderboard; only progress is printed.

    Raises:
        RequestError: the request is wrong.
        WriteError: a write failed under way.
        Interrupted: the user stopped it.
    """
    with interruptible("Finished runs are stored; the same command goes on from there."):
        refuse_missing(experiment.track)
        caches, folder = user_caches(), ResultsFolder(Path(experiment.results).expanduser())

        def read() -> Prepared:
            ahead = look_ahead(experiment, folder, caches, terminal)
            return prepare(experiment, folder, ahead, caches, terminal)

        with (
            begin(read, folder, RUN, merged_with_stored, terminal.say) as begun,
            tracking(experiment.track, folder, terminal.say) as tracked,
        ):
            prepared = begun.prepared
            runs = {spec.run_id: spec for spec in prepared.specs()}
            for line in trained_on_other_labels(prepared.experiment, prepared.snapshot.experiment):
                terminal.say(line)
            note(prepared, folder, runs, grows=_grows(prepared.experiment, prepared.snapshot.experiment))
            failed = train_missing(prepared, folder, runs, begun, terminal, tracked)
            if failed and not folder.runs.complete():
                return Completed(failed)
            text, _ = up_to_date(folder, begun.snapshot)
            overview = stored_overview(folder)
            tracked.finish()
    return Completed(failed, text, overview, ending_of(folder, merged_with_stored(prepared), overview, failed))


def train_missing(
    prepared: Prepared,
    folder: ResultsFolder,
    runs: Mapping[str, RunSpec],
    begun: Begun,
    terminal: Terminal,
    tracked: Tracking,
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
            observer = Tracked(progress, tracked)
            return failures(run_and_store(executor, wanted, folder.runs, experiment.frozen, observer))


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
            "training_draws": max(before.training_draws, now.training_draws),
        }
    )


def _grows(now: Experiment, before: Experiment | None) -> bool:
    """Whether an experiment only adds to that of the folder; which cards it uses is no difference."""

    def same(experiment: Experiment) -> dict[str, object]:
        settings = experiment.model_dump(exclude=GROWING) | {"device": kind_of(experiment.device)}
        return settings | {"labels that groups are trained on": trained_order(experiment)}

    return before is not None and same(before) == same(now)


def trained_on_other_labels(now: Experiment, before: Experiment | None) -> list[str]:
    """Why attention probes are trained again, where the order that labels their groups has changed."""
    if before is None or before.recipe.probe != "attention" or now.recipe.probe != "attention":
        return []
    then, order = trained_order(before), trained_order(now)
    if then == order:
        return []
    return [
        f"Attention probes of this folder were trained on groups labelled by {in_words(then)}, and --label-order now "
        f"labels them by {in_words(order)}: they are trained again, and the leaderboard leaves the earlier ones out."
    ]


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
    return {
        name: PlannedRun(spec.backbone, spec.seed, spec.fold, digests[spec.seed], spec.draw)
        for name, spec in runs.items()
    }
