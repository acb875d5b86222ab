"""Executes the runs of a study and measures how far they are apart. Writes repeats/ and nondeterminism.json."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.config.experiment import Experiment
from bench.engine.execute import failures, pending, run_and_store, workers_for
from bench.engine.progress import RunProgress
from bench.execution.executor import Executor
from bench.execution.pool import PoolExecutor
from bench.execution.resources import Resources
from bench.nondeterminism.designs import Group, Repeat
from bench.nondeterminism.distances import curve, distances, forget
from bench.nondeterminism.record import RecordedGroup, RecordedStudy
from bench.plan.spec import RunSpec
from bench.store.folder import ResultsFolder
from bench.store.traces import read_trace


@dataclass
class Conductor:
    """Runs what is not stored. `before`: what an earlier call measured; `failed`: what went wrong in this one."""

    folder: ResultsFolder
    experiment: Experiment
    resources: Resources
    snapshots: Path
    before: RecordedStudy | None
    progress: RunProgress
    failed: list[str] = field(default_factory=list)

    def control(self, control: Group) -> RecordedGroup:
        """Each repeat in processes of its own, which nothing ran in before."""
        for repeat in control.repeats:
            if wanted := pending(repeat, self.folder.repeats):
                workers = workers_for(self.experiment, wanted)
                with PoolExecutor(self.resources, workers) as fresh:
                    self._execute(fresh, wanted)
        ids = _ids(control)
        recorded = self._measured(RecordedGroup(name=control.name, runs=ids), ids)
        forget(self.snapshots, (name for repeat in ids[1:] for name in repeat))  # the base is compared again
        return recorded

    def group(self, group: Group, base: Repeat, executor: Executor) -> RecordedGroup:
        """Runs that differ in seeds, among themselves; one with other numerics, with the base."""
        self._execute(executor, pending(group.specs, self.folder.repeats))
        ids = _ids(group)
        recorded = RecordedGroup(name=group.name, runs=ids, changed=group.changed)
        if group.setting is None:
            recorded = self._measured(recorded, ids)
        else:
            recorded = self._measured(recorded, [[spec.run_id for spec in base], *ids])
            before = str(getattr(base[0].numerics, group.setting))
            recorded = recorded.model_copy(update={"setting": group.setting, "base": before})
        forget(self.snapshots, (name for repeat in ids for name in repeat))
        return recorded

    def _execute(self, executor: Executor, specs: Sequence[RunSpec]) -> None:
        results = run_and_store(executor, specs, self.folder.repeats, self.experiment.frozen, self.progress)
        self.failed += failures(results)

    def _measured(self, recorded: RecordedGroup, compared: list[list[str]]) -> RecordedGroup:
        """With the distances of all pairs of repeats, as far as weights are there or were measured before."""
        if self.failed:
            return recorded
        folds = list(zip(*compared, strict=True))
        moved = {name: self.folder.repeats.read(name).record.moved for fold in folds for name in fold}
        now = {(pair.a, pair.b): pair for pair in distances(self.snapshots, folds, moved)}
        wanted = [(a, b) for fold in folds for place, a in enumerate(fold) for b in fold[place + 1 :]]
        found = {**(self.before.pairs() if self.before else {}), **now}
        points = (
            [] if len(compared) < 2 else curve(self.snapshots, folds[0][0], folds[0][1], self._last_step(folds[0][0]))
        )
        pairs = [found[pair] for pair in wanted if pair in found]
        earlier = self.before.curve(recorded.name) if self.before else []
        return recorded.model_copy(update={"pairs": pairs, "curve": points or earlier})

    def _last_step(self, name: str) -> int:
        """How many steps the stage took that trains everything."""
        trace = read_trace(self.folder.repeats.root / name)
        first = next((point.step for point in trace if point.stage == "full"), 1)
        return trace[-1].step - first + 1


def _ids(group: Group) -> list[list[str]]:
    return [[spec.run_id for spec in repeat] for repeat in group.repeats]
