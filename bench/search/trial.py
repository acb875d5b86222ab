"""Scores the parameters of a trial by training its units with the engine. Writes trials/."""

import time
from collections.abc import Callable, Sequence
from statistics import fmean

import numpy as np

from bench.errors import WriteError
from bench.plan.identity import run_id
from bench.plan.plan import PlannedBackbone
from bench.plan.recipe import Recipe
from bench.plan.spec import EpochRecord, RunResult, RunSpec
from bench.scoring import class_numbers
from bench.search.executors import Executors
from bench.search.knobs import turned
from bench.search.metric import epoch_score
from bench.search.units import Unit
from bench.store.runs import RunStore, StoredRun
from reports.statistics.metrics import searchable
from studies.errors import TrialFailedError
from studies.pruners import Watch
from studies.space import Params
from studies.worker import Scored

OnEpoch = Callable[[RunSpec, EpochRecord], None]


class TrialRunner:
    """Trains what a trial asks for. Runs that are stored are not trained again, whoever trained them."""

    def __init__(
        self,
        executors: Executors,
        store: RunStore,
        backbone: PlannedBackbone,
        classes: tuple[str, ...],
        parameters: int,
        metric: str,
        on_epoch: OnEpoch,
    ) -> None:
        self._executors, self._store, self._backbone, self._classes = executors, store, backbone, classes
        self._parameters, self._metric, self._on_epoch = parameters, metric, on_epoch

    def specs(self, units: Sequence[Unit], recipe: Recipe, image_size: int) -> list[RunSpec]:
        """The runs of some units under a recipe."""
        pixels = self._executors.pixels(image_size)
        return [unit.spec(self._backbone, self._classes, recipe, pixels) for unit in units]

    def score(self, units: Sequence[Unit], recipe: Recipe, image_size: int, params: Params, watch: Watch) -> Scored:
        """The mean score over the units, as many at once as there are workers; stops where the watch says so.

        Raises:
            TrialFailedError: a run failed.
            WriteError: the disk is full or gone.
        """
        started = time.perf_counter()
        specs = self.specs(units, *turned(recipe, image_size, params))
        executor = self._executors.executor(specs)
        scores: list[float] = []
        told = _Told(specs[0], watch, self._metric)
        done: list[str] = []
        for start in range(0, len(specs), executor.workers):
            part = specs[start : start + executor.workers]
            runs = self.train(part, told)
            done += [run.run_id for run in runs]
            for run in runs if len(runs) == len(part) else []:
                scores.append(self.unit_score(run))
                if not watch.unit(scores):
                    break
            if watch.pruned:
                break
        attributes: dict[str, str | int | float | bool | Sequence[str] | Sequence[float]] = {
            "fold_scores": scores,
            "run_ids": done,
            "seconds": round(time.perf_counter() - started, 3),
            "epochs": told.epochs,
        }
        return Scored(fmean(scores) if len(scores) == len(units) else float("nan"), attributes)

    def train(self, specs: Sequence[RunSpec], told: "_Told | None" = None) -> list[StoredRun]:
        """Those of `specs` that came to their end, in their order, trained where they are not stored."""
        stored = self._store.complete()
        names = {id(spec): run_id(spec) for spec in specs}
        pending = [spec for spec in specs if names[id(spec)] not in stored]

        def on_epoch(spec: RunSpec, record: EpochRecord) -> bool:
            self._on_epoch(spec, record)
            return told.epoch(spec, record) if told else True

        failed: list[str] = []
        if pending:
            for spec, result in self._executors.executor(specs).run(pending, on_epoch):
                self._write(names[id(spec)], spec, result)
                if result.status == "failed":
                    failed.append(f"seed {spec.seed} fold {spec.fold}: {result.error}")
        if failed:
            raise TrialFailedError(failed[0])
        complete = self._store.complete()
        runs = [self._store.read(names[id(spec)]) for spec in specs if names[id(spec)] in complete]
        if told and told.first is specs[0] and not any(spec is told.first for spec in pending):
            told.replay(runs[0])
        return runs

    def unit_score(self, run: StoredRun) -> float:
        """The metric on the cases that the run held out."""
        table = run.predictions()
        probabilities = table[[f"p_{name}" for name in self._classes]].to_numpy(dtype=np.float32)
        return searchable()[self._metric].score(probabilities, class_numbers(table["label"], self._classes))

    def _write(self, name: str, spec: RunSpec, result: RunResult) -> None:
        try:
            self._store.write(name, spec, result, self._parameters)
        except OSError as error:
            raise WriteError(
                f"Writing to {self._store.root} failed: {error.strerror or error}. Trials that had ended are stored. "
                f"Make room and give the same command again; it goes on from there."
            ) from error


class _Told:
    """Tells the watch the epochs of the first unit, whether they are trained now or were stored."""

    def __init__(self, first: RunSpec, watch: Watch, metric: str) -> None:
        self.first, self._watch, self._metric = first, watch, metric
        head = first.recipe.head_epochs if first.weights.pretrained else 0
        self._total = first.recipe.epochs + head
        self.epochs = 0

    def epoch(self, spec: RunSpec, record: EpochRecord) -> bool:
        """Whether this run goes on."""
        self.epochs += 1
        if spec is self.first:
            self._watch.epoch(record.epoch + 1, self._total, epoch_score(self._metric, record))
        return not self._watch.pruned

    def replay(self, run: StoredRun) -> None:
        """The epochs of the first unit where it was stored already."""
        history = run.history()
        for row in [] if history is None else history.to_dict("records"):
            record = EpochRecord(**row)
            if not self._watch.epoch(record.epoch + 1, self._total, epoch_score(self._metric, record)):
                return
