"""Executes the runs of a study and measures how far they are apart. Writes repeats/ and nondeterminism.json."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel

from bench.atomic import write_text
from bench.config.experiment import Experiment
from bench.engine.execute import failures, fresh_executor, pending, run_and_store
from bench.engine.progress import RunProgress
from bench.execution.executor import Executor
from bench.execution.resources import Resources
from bench.nondeterminism.designs import Group, Repeat
from bench.nondeterminism.distances import curve, distances, forget
from bench.nondeterminism.record import RecordedGroup, RecordedPair, RecordedStudy
from bench.plan.spec import RunSpec
from bench.store.folder import ResultsFolder
from bench.store.json_files import DamagedError, read_json
from bench.store.traces import read_trace


class Measured(BaseModel):
    """Distances that are known. They stand in a file until the study is written, since the weights are gone then."""

    pairs: list[RecordedPair] = []
    curves: dict[str, list[tuple[int, float]]] = {}

    @classmethod
    def of(cls, file: Path, before: RecordedStudy | None) -> "Measured":
        """Those of a call that was killed before it wrote its study, and those of an earlier study."""
        try:
            known = read_json(file, cls)
        except DamagedError:
            known = cls()
        if before is None:
            return known
        curves = {group.name: group.curve for group in (before.control, *before.groups) if group.curve}
        return cls(pairs=[*before.pairs().values(), *known.pairs], curves={**curves, **known.curves})


@dataclass
class Conductor:
    """Runs what is not stored.

    known: distances that were measured before, and `measured` the file where they are kept; failed: what went wrong;
    lost: how many distances are not known, since weights of stored runs are gone.
    """

    folder: ResultsFolder
    experiment: Experiment
    resources: Resources
    snapshots: Path
    known: Measured
    measured: Path
    progress: RunProgress
    failed: list[str] = field(default_factory=list)
    lost: int = 0

    def control(self, control: Group) -> RecordedGroup:
        """Each repeat in processes of its own, which nothing ran in before."""
        for repeat in control.repeats:
            if wanted := pending(repeat, self.folder.repeats):
                with fresh_executor(self.experiment, self.resources, wanted) as fresh:
                    self._execute(fresh, wanted)
        ids = _ids(control)
        recorded = self._measured(RecordedGroup(name=control.name, runs=ids), ids)
        self._forget(ids[1:])  # the base is compared again
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
        self._forget(ids)
        return recorded

    def _forget(self, ids: list[list[str]]) -> None:
        """Delete weights that were compared; after a failed run nothing was, and the same command goes on with them."""
        if not self.failed:
            forget(self.snapshots, (name for repeat in ids for name in repeat))

    def _execute(self, executor: Executor, specs: Sequence[RunSpec]) -> None:
        results = run_and_store(executor, specs, self.folder.repeats, self.experiment.frozen, self.progress)
        self.failed += failures(results)

    def _measured(self, recorded: RecordedGroup, compared: list[list[str]]) -> RecordedGroup:
        """With the distances of all pairs of repeats, as far as weights are there or were measured before."""
        if self.failed:
            return recorded
        folds = list(zip(*compared, strict=True))
        moved = {name: self.folder.repeats.read(name).record.moved for fold in folds for name in fold}
        now = distances(self.snapshots, folds, moved)
        wanted = [(a, b) for fold in folds for place, a in enumerate(fold) for b in fold[place + 1 :]]
        found = {(pair.a, pair.b): pair for pair in (*self.known.pairs, *now)}
        first = folds[0]
        points = curve(self.snapshots, first[0], first[1], self._last_step(first[0])) if len(first) > 1 else []
        curves = {**self.known.curves, **({recorded.name: points} if points else {})}
        pairs = [found[pair] for pair in wanted if pair in found]
        self.lost += len(wanted) - len(pairs)
        self.known = Measured(pairs=list(found.values()), curves=curves)
        self.measured.parent.mkdir(parents=True, exist_ok=True)  # not there where all runs came with a copied folder
        write_text(self.measured, self.known.model_dump_json())
        return recorded.model_copy(update={"pairs": pairs, "curve": curves.get(recorded.name, [])})

    def _last_step(self, name: str) -> int:
        """How many steps the stage took that trains everything."""
        trace = read_trace(self.folder.repeats.root / name)
        first = next((point.step for point in trace if point.stage == "full"), 1)
        return trace[-1].step - first + 1


def _ids(group: Group) -> list[list[str]]:
    return [[spec.run_id for spec in repeat] for repeat in group.repeats]
