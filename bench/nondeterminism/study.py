"""The study of one backbone, from its designs to its record. Writes the results folder; prints."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.config.experiment import Experiment
from bench.engine.eta import Eta
from bench.engine.execute import executor_for, pending
from bench.engine.forecast import announce
from bench.engine.progress import RunProgress
from bench.execution.resources import Resources
from bench.nondeterminism.conduct import Conductor, Measured
from bench.nondeterminism.cost import measure_cost
from bench.nondeterminism.designs import ALL, Designs
from bench.nondeterminism.options import CONTROL
from bench.nondeterminism.record import (
    RecordedGroup,
    RecordedStudy,
    read_nondeterminism,
    write_study,
)
from bench.nondeterminism.verdict import of_change, of_control
from bench.plan.spec import Numerics, RunSpec
from bench.store.folder import ResultsFolder
from bench.store.heartbeat import Heartbeat
from bench.terminal import Terminal


@dataclass(frozen=True)
class BackboneStudy:
    """The designs of one backbone, where its runs go, and how others are told of them."""

    experiment: Experiment
    designs: Designs
    folder: ResultsFolder
    resources: Resources
    snapshots: Path
    terminal: Terminal
    heartbeat: Heartbeat

    def do(self) -> RecordedStudy | None:
        """Run everything and record it; None where runs failed."""
        base = self.designs.base[0]
        blank = _blank(base)
        before = read_nondeterminism(self.folder.root).find(blank.key)
        if before and before.control.runs[0] != [spec.run_id for spec in self.designs.base]:
            before = None  # of other folds or cases
        groups, failed = self._run(before)
        if failed:
            self.terminal.say(f"{base.backbone}: {len(failed)} run(s) failed, the first: {failed[0]}")
            return None
        control, passed = self._judged(groups[0], before)
        others = [self._located(group, before) for group in groups[1:]]
        cost = before.cost if before else None
        if cost is None and passed is not False:
            cost = measure_cost(base, self.resources)
        study = blank.model_copy(
            update={
                "control": control,
                "passed": passed,
                "groups": merged(before.groups if before else [], others),
                "cost": cost,
            }
        )
        write_study(self.folder.root, study)
        self._measured.unlink(missing_ok=True)
        return study

    def _judged(self, control: RecordedGroup, before: RecordedStudy | None) -> tuple[RecordedGroup, bool | None]:
        """The control with its verdict, that of an earlier call where it is not asked for now."""
        if len(self.designs.control.repeats) < 2:
            return (before.control, before.passed) if before else (control, None)
        verdict = of_control(self.folder.repeats, self.designs.control, self.resources)
        control = control.model_copy(update={"parting": verdict.parting})
        self.terminal.say(_verdict(self.designs.base[0].backbone, control, bool(verdict.passed)))
        return control, verdict.passed

    def _located(self, group: RecordedGroup, before: RecordedStudy | None) -> RecordedGroup:
        """Of other numerics: with where it parts from the base, which is looked for once."""
        changed = next((one for one in self.designs.changed if one.name == group.name), None)
        if changed is None:
            return group
        known = next((one.parting for one in before.groups if one.name == group.name), "") if before else ""
        parting = known or of_change(self.folder.repeats, self.designs.base, changed, self.resources)
        self.terminal.say(f"{self.designs.base[0].backbone}, {group.name}: first difference: {parting}.")
        return group.model_copy(update={"parting": parting})

    def _run(self, before: RecordedStudy | None) -> tuple[list[RecordedGroup], list[str]]:
        """The control first, then the others; and what failed, after which nothing more is begun."""
        experiment, designs, known = self.experiment, self.designs, Measured.of(self._measured, before)
        wanted, name, number = pending(designs.specs, self.folder.repeats), designs.base[0].backbone, len(designs.specs)
        with executor_for(experiment, self.resources, designs.specs) as executor:
            expected = None
            if wanted:
                what = f"{name}: {len(wanted)} runs to do ({number - len(wanted)} of {number} are stored)"
                rest = "; each repeat of the control starts processes of its own"
                expected = announce(executor, wanted, what, self.terminal.say, lambda _: rest)
            eta = Eta(wanted, expected.speeds if expected else None, executor.workers)
            with RunProgress(self.terminal, eta, self.heartbeat) as progress:
                conductor = Conductor(
                    self.folder, experiment, self.resources, self.snapshots, known, self._measured, progress
                )
                groups = [conductor.control(designs.control)]
                for group in (*designs.varied, *designs.changed):
                    if not conductor.failed:
                        groups.append(conductor.group(group, designs.base, executor))
        if conductor.lost:
            self.terminal.say(
                f"{name}: {conductor.lost} distance(s) between weights are not known: the weights of stored runs were "
                f"deleted before they were compared."
            )
        return groups, conductor.failed

    @property
    def _measured(self) -> Path:
        """Where distances are kept until the study is written."""
        return self.snapshots / f"{self.designs.base[0].run_id}.json"


def merged(earlier: Sequence[RecordedGroup], now: Sequence[RecordedGroup]) -> list[RecordedGroup]:
    """What earlier calls found and this one did not do again, and what it found.

    The group that varies all seeds is left out where another source has joined those that it varied.
    """
    names = {group.name for group in now}
    groups = [*(group for group in earlier if group.name not in names), *now]
    sources = {group.name for group in groups if group.setting is None} - {ALL}
    return [group for group in groups if group.name != ALL or set(group.changed.split(", ")) == sources]


def _blank(base: RunSpec) -> RecordedStudy:
    return RecordedStudy(
        backbone=base.backbone,
        weights=base.weights.source,
        recipe=base.recipe_label,
        image_size=base.pixels.image_size,
        tooling=numerics_text(base.numerics),
        seed=base.seed,
        deterministic=base.numerics.deterministic,
        control=RecordedGroup(name=CONTROL, runs=[]),
        passed=None,
        groups=[],
    )


def numerics_text(numerics: Numerics) -> str:
    """In a line."""
    threads = f"{numerics.threads} thread{'s' if numerics.threads > 1 else ''}"
    fast = "" if numerics.deterministic else ", --fast"
    return f"{numerics.precision}, {numerics.layout}, {threads}, {numerics.device}{fast}"


def _verdict(backbone: str, control: RecordedGroup, passed: bool) -> str:
    repeats, folds = len(control.runs), len(control.runs[0])
    what = f"{repeats} repeats of {folds} fold(s) in fresh processes"
    if passed:
        return f"Control of {backbone}: PASS. {what} are the same to the last bit."
    return f"Control of {backbone}: FAIL. {what} differ. First difference: {control.parting}."
