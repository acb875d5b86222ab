"""One call of `bench search`, from the checked request to the winner. Prints."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from optuna.storages import RDBStorage
from rich.console import Console

from bench.cache import Caches, user_caches
from bench.config.experiment import Experiment
from bench.config.search import SearchOptions
from bench.driver.decoding import DecodingProgress
from bench.driver.forecast import duration, forecast
from bench.driver.phantom import ensure_phantom
from bench.driver.prepare import Say
from bench.errors import BenchError, Interrupted, RequestError
from bench.results.folder import ResultsFolder
from bench.results.search_record import RecordedStage
from bench.search.executors import Executors
from bench.search.knobs import as_params, turned
from bench.search.prepare import Search, Stage, prepare_search
from bench.search.progress import SearchProgress
from bench.search.store import record, recorded_stage, write_recipe, write_search
from bench.search.trial import TrialRunner
from studies.errors import NothingCompleteError, StorageLostError, StudyError, TrialFailedError
from studies.outcome import Outcome, State, outcome
from studies.samplers import grid_size
from studies.storage import forget, masked, open_storage, sqlite_url
from studies.study import open_study
from studies.worker import run_trials

DATABASE = "study.db"
WAIT = 300.0  # seconds for another process that begins in the same folder
ABANDONED = 86_400.0  # seconds after which a half-written trial belongs to nobody


def run_search(experiment: Experiment, options: SearchOptions, where: str) -> int:
    """Search, write the winner, print it.

    Raises:
        RequestError: the request is wrong, or the study asks something else.
        BenchError: the storage went away, or no trial is complete.
        Interrupted: the user stopped it.
    """
    try:
        return _Session(experiment, options, where).run()
    except KeyboardInterrupt:
        raise Interrupted(
            "Interrupted. Trials that had ended are stored; the same command goes on from there."
        ) from None
    except (StorageLostError, NothingCompleteError) as error:
        raise BenchError(str(error)) from None
    except TrialFailedError as error:
        raise BenchError(f"A model of an outer fold could not be trained: {error}") from None
    except StudyError as error:
        raise RequestError(str(error)) from None


@dataclass
class _Session:
    experiment: Experiment
    options: SearchOptions
    where: str

    def run(self) -> int:
        console = Console(highlight=False, emoji=False)
        say = partial(console.print, markup=False, soft_wrap=True)
        space = self.options.searched(self.where)
        caches = user_caches()
        folder = ResultsFolder(Path(self.experiment.results).expanduser())
        url = self.options.storage or sqlite_url(folder.root / DATABASE)
        storage = open_storage(url, self.options.heartbeat) if self.options.storage else None
        if self.experiment.uses_phantom:
            ensure_phantom(caches, console)
        with folder.locked(wait=WAIT):
            with DecodingProgress(console) as decoding:
                search = prepare_search(self.experiment, self.options, space, folder, caches, say, decoding.update)
            write_search(search, folder)
        folder.trials.remove_leftovers(older=ABANDONED)
        storage = storage or open_storage(url, self.options.heartbeat)
        try:
            self._search(search, folder, caches, storage, url, console, say)
        finally:
            forget(storage)
        return 0

    def _search(
        self,
        search: Search,
        folder: ResultsFolder,
        caches: Caches,
        storage: RDBStorage,
        url: str,
        console: Console,
        say: Say,
    ) -> None:
        say(f"Storage: {masked(url)}. External cases are not opened.")
        with Executors(search.experiment, search.request, caches, search.dataset) as executors:
            done: dict[str, list[tuple[Stage, RecordedStage]]] = {}
            for number, stage in enumerate(search.stages):
                found, recorded = self._stage(search, stage, folder, executors, storage, url, console, say, number == 0)
                done.setdefault(stage.backbone.name, []).append((stage, recorded))
                say(_summary(found))
                if stage.outer is None:
                    recipe = write_recipe(search, stage, found, folder)
                    say(f"Recipe: {recipe}. Its rows will be stamped “tuned on these cases” and not ranked.")
                    say(f"Next: bench run --recipe {recipe} --results {folder.root} with the data options of this call")
        for stages in done.values():
            name = stages[0][1].study
            if search.options.nested:
                name = name.replace(f"-seed{stages[0][1].seed}-fold{stages[0][1].fold}", "")
            files = ", ".join(map(str, record(search, folder, name, stages, url)))
            say(f"Written: {files}. Tables: bench report {folder.root}")

    def _stage(
        self,
        search: Search,
        stage: Stage,
        folder: ResultsFolder,
        executors: Executors,
        storage: RDBStorage,
        url: str,
        console: Console,
        say: Say,
        first: bool,
    ) -> tuple[Outcome, RecordedStage]:
        options, experiment = search.options, search.experiment
        opened = open_study(storage, url, stage.plan, new=options.new_study)
        for remark in opened.remarks:
            say(f"Study {opened.study.study_name} goes on with other means: {remark}.")
        wanted = min(options.trials, grid_size(search.space)) if options.sampler == "grid" else options.trials
        recipe, size = experiment.recipe, experiment.pixels.image_size
        better = 1.0 if stage.plan.direction == "maximize" else -1.0
        with SearchProgress(console, opened.study.study_name, wanted, better) as progress:
            runner = TrialRunner(
                executors,
                folder.trials,
                stage.backbone,
                search.dataset.classes,
                experiment.frozen[stage.backbone.name].parameters,
                options.metric,
                progress.epoch,
            )
            if first:
                self._announce(runner, executors, search, stage, wanted, say)
            run_trials(
                opened,
                lambda params, watch: runner.score(stage.units, recipe, size, params, watch),
                wanted,
                progress.trial,
                None if options.sampler == "grid" else as_params(recipe, size, search.space),
            )
            found = outcome(opened)
            runs: tuple[str | None, str | None] = (None, None)
            if stage.outer is not None:
                chosen = runner.specs([stage.outer], *turned(recipe, size, found.best.params))
                given = runner.specs([stage.outer], recipe, size)
                runs = runner.train(chosen)[0].run_id, runner.train(given)[0].run_id
        return found, recorded_stage(stage, found, *runs)

    def _announce(
        self, runner: TrialRunner, executors: Executors, search: Search, stage: Stage, wanted: int, say: Say
    ) -> None:
        specs = runner.specs(stage.units, search.experiment.recipe, search.experiment.pixels.image_size)
        executor = executors.executor(specs)
        studies = len(search.stages)
        what = f"{studies} studies of {wanted} trials" if studies > 1 else f"{wanted} trials"
        expected = forecast(executor, specs)
        say(
            f"{what}, each of {len(specs)} runs, about {duration(expected.seconds * wanted * studies)} with "
            f"{executor.workers} worker(s) if all take as long as the given recipe and none is pruned or stored."
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
