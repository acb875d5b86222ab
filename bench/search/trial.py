"""Scores the parameters of a trial by training a model for each of its parts. Writes trials/."""

import time
from collections.abc import Sequence
from statistics import fmean

from bench.engine.execute import Observer, failures, pending, run_and_store
from bench.engine.prepare import Prepared
from bench.errors import WriteError
from bench.plan.plan import Part, PlannedBackbone
from bench.plan.recipe import Recipe
from bench.plan.spec import EpochRecord, RunResult, RunSpec
from bench.search.executors import Executors
from bench.search.knobs import turned
from bench.search.metric import epoch_score, run_score
from bench.store.runs import RunStore, StoredRun
from studies.errors import TrialFailedError
from studies.pruners import Watch
from studies.space import Params
from studies.worker import Scored


class TrialRunner:
    """Trains what a trial asks for. Runs that are stored are not trained again, whoever trained them."""

    def __init__(
        self,
        prepared: Prepared,
        executors: Executors,
        store: RunStore,
        backbone: PlannedBackbone,
        metric: str,
        observer: Observer,
    ) -> None:
        self._prepared, self._executors, self._store = prepared, executors, store
        self._backbone, self._metric, self._observer = backbone, metric, observer

    def specs(self, parts: Sequence[Part], recipe: Recipe, image_size: int) -> list[RunSpec]:
        """The runs of some parts under a recipe."""
        seen, classes = self._executors.pixels, self._prepared.dataset.classes
        return [self._backbone.spec(part, classes, recipe, seen(image_size, part), role="search") for part in parts]

    def score(self, parts: Sequence[Part], recipe: Recipe, image_size: int, params: Params, watch: Watch) -> Scored:
        """The mean score over the parts, as many at once as there are workers; stops where the watch says so.

        Raises:
            TrialFailedError: a run failed.
            WriteError: the disk is full or gone.
        """
        started = time.perf_counter()
        specs = self.specs(parts, *turned(recipe, image_size, params))
        workers = self._executors.executor(specs).workers
        watcher = _Watcher(specs[0], watch, self._metric, self._observer)
        known = specs[0].run_id in self._store.complete()
        scores, done = list[float](), list[str]()
        for start in range(0, len(specs), workers):
            at_once = specs[start : start + workers]
            runs = self.train(at_once, watcher)
            if start == 0 and known:
                watcher.replay(runs[0])
            done += [run.run_id for run in runs]
            for run in runs if len(runs) == len(at_once) else []:
                scores.append(run_score(self._metric, run))
                if not watch.part(scores):
                    break
            if watch.pruned:
                break
        attributes: dict[str, str | int | float | bool | Sequence[str] | Sequence[float]] = {
            "fold_scores": scores,
            "run_ids": done,
            "seconds": round(time.perf_counter() - started, 3),
            "epochs": watcher.epochs,
        }
        return Scored(fmean(scores) if len(scores) == len(parts) else float("nan"), attributes)

    def train(self, specs: Sequence[RunSpec], observer: Observer | None = None) -> list[StoredRun]:
        """Those of `specs` that came to their end, in their order, trained where they are not stored.

        Raises:
            TrialFailedError: a run failed; the others that were under way are stored.
            WriteError: the disk is full or gone, also where only a run failed for it.
        """
        if wanted := pending(specs, self._store):
            executor, frozen = self._executors.executor(specs), self._prepared.experiment.frozen
            results = list(run_and_store(executor, wanted, self._store, frozen, observer or self._observer))
            if no_room := failures((spec, result) for spec, result in results if result.disk_failed):
                raise WriteError(f"{no_room[0]}. Make room, and give the same command again: the trial is tried again.")
            if failed := failures(results):
                raise TrialFailedError(failed[0])
        complete = self._store.complete()
        return [self._store.read(spec.run_id) for spec in specs if spec.run_id in complete]


class _Watcher:
    """Tells the watch the epochs of the first part, whether they are trained now or were stored."""

    def __init__(self, first: RunSpec, watch: Watch, metric: str, observer: Observer) -> None:
        self._first, self._watch, self._metric, self._observer = first, watch, metric, observer
        self.epochs = 0

    def epoch(self, spec: RunSpec, record: EpochRecord) -> bool:
        """Whether this run goes on."""
        self.epochs += 1
        if spec.run_id == self._first.run_id:
            self._tell(record)
        return self._observer.epoch(spec, record) and not self._watch.pruned

    def run(self, spec: RunSpec, result: RunResult) -> None:
        self._observer.run(spec, result)

    def replay(self, run: StoredRun) -> None:
        """The epochs of the first part where it was stored already."""
        history = run.history()
        for row in [] if history is None else history.to_dict("records"):
            if not self._tell(EpochRecord(**row)):
                return

    def _tell(self, record: EpochRecord) -> bool:
        score = epoch_score(self._metric, record)
        return self._watch.epoch(record.epoch + 1, self._first.all_epochs, score)
