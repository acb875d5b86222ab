"""One call of `bench explain`, from the checked request to galleries and tables. Prints."""

import numpy as np
import pandas as pd

from bench.cache import user_caches
from bench.config.experiment import Experiment
from bench.data.pseudonyms import Pseudonyms
from bench.engine.images import data_request, ensure_phantom
from bench.errors import RequestError, WriteError, interruptible
from bench.execution.resources import Resources
from bench.explain.data import Images, load_pictures
from bench.explain.explained_set import ExplainedSet, explain_set
from bench.explain.model_sets import ModelSet, find_models
from bench.explain.options import ExplainOptions
from bench.explain.stored import GalleryPicture, write_explanations
from bench.extras import require_extra
from bench.printing import to_output
from bench.report.leaderboard import RESAMPLING_SEED, Evaluation
from bench.store.folder import ResultsFolder
from bench.store.runs import StoredRun
from bench.terminal import Terminal
from reports.draw.markdown_table import tables_markdown
from reports.explanation.gallery import draw_page
from reports.explanation.tables import Intervals, explanation_tables
from reports.statistics.bootstrap import Draws
from reports.statistics.estimate import IntervalChoice

RESAMPLES = 10_000


def run_explain(options: ExplainOptions) -> int:
    """Explain, write, print.

    Raises:
        RequestError: the request is wrong, or nothing can be explained.
        BenchError: a model could not be trained again as it was.
        Interrupted: the user stopped it.
    """
    require_extra("explain", "bench explain")
    with interruptible("Nothing was written to explain/; give the same command again."):
        return _run(options)


def _run(options: ExplainOptions) -> int:
    terminal, caches = Terminal(), user_caches()
    folder = ResultsFolder(options.results.expanduser())
    if folder.experiment() is None:
        raise RequestError(f"{folder.root} is no results folder. Give the one that `bench run` wrote.")
    if options.masks and not options.masks.is_dir():
        raise RequestError(f"No such folder: {options.masks} (--masks). Check the spelling.")
    with folder.locked(command="bench explain", say=terminal.say):
        snapshot = folder.snapshot()
        experiment = snapshot.experiment
        if experiment is None:
            raise WriteError(f"The results folder {folder.root} was removed meanwhile. Bring it back, and begin again.")
        sets = find_models(folder, snapshot, options.backbones, terminal.say)
        ensure_phantom(experiment, caches, terminal)
        request = data_request(experiment, caches, folder.pseudonyms() or Pseudonyms.fresh())
        work = _Work(options, folder, experiment, terminal)
        for models in sets:
            images = load_pictures(experiment, snapshot, models, request, caches, terminal)
            work.explain(models, images, Resources(caches, images.pixels))
        work.finish()
    return 0


class _Work:
    """What is gathered over the sets of models of a call."""

    def __init__(
        self, options: ExplainOptions, folder: ResultsFolder, experiment: Experiment, terminal: Terminal
    ) -> None:
        self._options, self._folder, self._experiment, self._terminal = options, folder, experiment, terminal
        self._done: list[ExplainedSet] = []
        self._left_out: list[str] = []

    def explain(self, models: ModelSet, images: Images, resources: Resources) -> None:
        """One set of models; left out with the reason where its architecture has no places."""
        from backbones.cam_layers import NoSpatialLayerError

        try:
            self._done.append(
                explain_set(models, images, resources, self._experiment, self._options, self._keep, self._terminal)
            )
        except NoSpatialLayerError as error:
            self._left_out.append(f"{models.name} is left out: {error}")

    def _keep(self, run: StoredRun, model: bytes) -> None:
        if self._options.save_models:
            self._folder.runs.keep_model(run.run_id, model)

    def finish(self) -> None:
        """Tables and galleries, written and printed.

        Raises:
            RequestError: there are none.
        """
        if not self._done:
            raise RequestError(f"Nothing can be explained. {' '.join(self._left_out)}")
        subjects = [one.subject for one in self._done]
        notes = dict.fromkeys([self._how(), *self._left_out, *(note for one in self._done for note in one.notes)])
        tables = explanation_tables(subjects, _intervals(self._experiment), list(notes))
        galleries = [
            GalleryPicture(one.subject.name, label, draw_page(page))
            for one in self._done
            for label, page in one.pages.items()
        ]
        values = pd.concat([subject.values for subject in subjects], ignore_index=True)
        about = {"method": self._options.method, "target": self._options.target, "cases": self._options.cases}
        written = write_explanations(self._folder, tables, values, galleries, about)
        to_output(tables_markdown(tables), end="")
        to_output(f"Written: {', '.join(map(str, written))}")

    def _how(self) -> str:
        subjects = [one.subject for one in self._done]
        layers = "; ".join(f"{one.name} {one.layer} ({one.grid} × {one.grid})" for one in subjects)
        return f"Maps by {self._options.method} of the {self._options.target} class, from layer: {layers}."


def _intervals(experiment: Experiment) -> Intervals:
    """Those of the leaderboard."""
    interval = Evaluation.of(experiment).interval
    drawn = interval != "jackknife-t"
    draws = Draws.from_generator(np.random.default_rng(RESAMPLING_SEED), RESAMPLES) if drawn else None
    return Intervals(IntervalChoice(interval), draws)
