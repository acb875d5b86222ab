"""One call of `bench search`, from the checked request to the winner. Prints."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from math import inf
from pathlib import Path

from optuna.storages import RDBStorage

from bench.cache import user_caches
from bench.config.experiment import Experiment
from bench.engine.begin import beside, write_foundation
from bench.engine.forecast import announce
from bench.engine.prepare import look_ahead, prepare
from bench.errors import BenchError, RequestError, interruptible
from bench.plan.spec import RunSpec
from bench.search.executors import Executors
from bench.search.finish import record, recorded_stage, write_recipe
from bench.search.knobs import as_params, turned
from bench.search.options import SearchOptions
from bench.search.prepare import Search, Stage, plan_search
from bench.search.progress import SearchProgress
from bench.search.record import RecordedStage
from bench.search.trial import TrialRunner
from bench.store.folder import ResultsFolder
from bench.store.heartbeat import Heartbeat, heartbeat, processes_at_work
from bench.store.planned import PlannedSearch, read_planned, write_planned
from bench.store.working_process import SEARCH
from bench.terminal import Terminal
from studies.errors import NothingCompleteError, StorageLostError, StudyError, TrialFailedError
from studies.outcome import Outcome, State, outcome
from studies.storage import forget, masked, open_storage, sqlite_url
from studies.study import OpenStudy, open_study
from studies.worker import ended_trials, run_trials

DATABASE = "study.db"
WAIT = 300.0  # seconds for another process that begins in the same folder
ABANDONED = 86_400.0  # seconds after which a half-written trial belongs to nobody, where others are at work


def run_search(experiment: Experiment, options: SearchOptions, where: str) -> int:
    """Search, write the winner, print it.

    Raises:
        RequestError: the request is wrong, or the study asks something else.
        BenchError: the storage went away, or no trial is complete.
        Interrupted: the user stopped it.
    """
    try:
        with interruptible("Trials that had ended are stored; the same command goes on from there."):
            return _run(experiment, options, where)
    except (StorageLostError, NothingCompleteError) as error:
        raise BenchError(str(error)) from None
    except TrialFailedError as error:
        raise BenchError(f"A model of an outer fold could not be trained: {error}") from None
    except StudyError as error:
        raise RequestError(str(error)) from None


def _run(experiment: Experiment, options: SearchOptions, where: str) -> int:
    terminal, caches = Terminal(), user_caches()
    space = options.searched(where)
    folder = ResultsFolder(Path(experiment.results).expanduser())
    url = options.storage or sqlite_url(folder.root / DATABASE)
    storage = open_storage(url, options.heartbeat) if options.storage else None  # a server is tried before all else
    ahead = look_ahead(experiment, folder, caches, terminal)
    with folder.locked(wait=WAIT, command=SEARCH, say=terminal.say):
        prepared = prepare(experiment, folder, ahead, caches, terminal, internal_only=True)
        search = plan_search(prepared, options, space)
        for line in (*folder.files.changed(), *folder.set_damaged_aside()):
            terminal.say(line)
        write_foundation(prepared, folder, beside(prepared))
        studies = tuple(stage.plan.name for stage in search.stages)
        planned = PlannedSearch(studies, search.trials, masked(url))
        write_planned(folder.root, read_planned(folder.root).with_search(planned))
    storage = storage or open_storage(url, options.heartbeat)
    terminal.say(f"Storage: {masked(url)}. External cases are not opened.")
    try:
        with heartbeat(folder.root, SEARCH), Executors(prepared) as executors:
            alone = len(processes_at_work(folder.root)) <= 1
            folder.trials.remove_leftovers(older=0.0 if alone else ABANDONED)
            _Work(search, folder, executors, storage, url, terminal).do()
    finally:
        forget(storage)
    return 0


@dataclass(frozen=True)
class _Work:
    """A prepared search, and what it takes."""

    search: Search
    folder: ResultsFolder
    executors: Executors
    storage: RDBStorage
    url: str
    terminal: Terminal

    def do(self) -> None:
        """Every study, and what becomes of it."""
        say, done = self.terminal.say, dict[str, list[tuple[Stage, RecordedStage]]]()
        for stage in self.search.stages:
            opened, found, runs = self._study(stage, announced=bool(done))
            if stage.outer is None:
                with self._writing():
                    found = outcome(opened)  # as it is now, since others may have gone on
                    recipe = write_recipe(self.search, stage, found, self.folder)
            done.setdefault(stage.backbone.name, []).append((stage, recorded_stage(stage, found, *runs)))
            say(_summary(found))
            if stage.outer is None:
                say(f"Recipe: {recipe}. Its rows will be stamped “tuned on these cases” and not ranked.")
                say(f"Next: bench run --recipe {recipe} --results {self.folder.root} with the data options above")
        for stages in done.values():
            name = stages[0][1].study.replace(stages[0][0].suffix, "", 1)
            with self._writing():
                files = ", ".join(map(str, record(self.search, self.folder, name, stages, self.url)))
            say(f"Written: {files}. Tables: bench report {self.folder.root}")

    def _writing(self) -> AbstractContextManager[Heartbeat]:
        """The folder, however long another process has it: what was searched would not be recorded otherwise."""
        return self.folder.locked(wait=inf, command=SEARCH, say=self.terminal.say)

    def _study(self, stage: Stage, announced: bool) -> tuple[OpenStudy, Outcome, tuple[str | None, str | None]]:
        """A study, and the runs of its winner and of the given recipe on the outer fold."""
        search, options, experiment = self.search, self.search.options, self.search.prepared.experiment
        opened = open_study(self.storage, self.url, stage.plan, new=options.new_study)
        name = opened.study.study_name
        for remark in opened.remarks:
            self.terminal.say(f"Study {name} goes on with other means: {remark}.")
        recipe, size = experiment.recipe, experiment.pixels.image_size
        better = 1.0 if stage.plan.direction == "maximize" else -1.0
        with SearchProgress(self.terminal, name, search.trials, better, lambda: ended_trials(opened)) as progress:
            runner = TrialRunner(
                search.prepared, self.executors, self.folder.trials, stage.backbone, options.metric, progress
            )
            if not announced:
                self._announce(runner.specs(stage.parts, recipe, size))
            run_trials(
                opened,
                lambda params, watch: runner.score(stage.parts, recipe, size, params, watch),
                search.trials,
                progress.trial,
                None if options.sampler == "grid" else as_params(recipe, size, search.space),
            )
            found = outcome(opened)
            if stage.outer is None:
                return opened, found, (None, None)
            chosen = runner.specs([stage.outer], *turned(recipe, size, found.best.params))
            given = runner.specs([stage.outer], recipe, size)
            return opened, found, (runner.train(chosen)[0].run_id, runner.train(given)[0].run_id)

    def _announce(self, specs: Sequence[RunSpec]) -> None:
        studies, trials = len(self.search.stages), self.search.trials
        what = f"{studies} studies of {trials} trials" if studies > 1 else f"{trials} trials"
        announce(
            self.executors.executor(specs),
            specs,
            f"{what}, each of {len(specs)} runs",
            self.terminal.say,
            lambda _: " if all take as long as the given recipe and none is pruned or stored",
            times=trials * studies,
        )


def _summary(found: Outcome) -> str:
    states: tuple[State, ...] = ("complete", "pruned", "failed", "lost")
    counts = ", ".join(f"{number} {state}" for state in states if (number := found.count(state)))
    params = ", ".join(
        f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in found.best.params.items()
    )
    share = "; ".join(f"{name} {part:.2f}" for name, part in found.importance.items())
    best = f"{found.best.value:.4f} (trial {found.best.number})"
    of = f" Importance: {share}." if share else ""
    return f"Study {found.name}: {counts}. Best {found.metric} {best}: {params}.{of}"
