"""The study of one backbone, from its designs to its record. Writes the results folder; prints."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from rich.console import Console

from bench.engine.conduct import executor_for, tell
from bench.engine.durations import duration
from bench.engine.eta import Pace
from bench.engine.forecast import forecast
from bench.engine.prepare import Plan, Say
from bench.engine.progress import RunProgress
from bench.execution.executor import Executor, Speed
from bench.execution.resources import Workshop
from bench.nondeterminism.conduct import Conductor
from bench.nondeterminism.designs import ALL, Designs, pending
from bench.nondeterminism.options import CONTROL
from bench.nondeterminism.record import (
    RecordedCost,
    RecordedGroup,
    RecordedStudy,
    read_nondeterminism,
    write_study,
)
from bench.nondeterminism.verdict import of_change, of_control
from bench.plan.identity import run_id
from bench.plan.spec import RunSpec, Tooling
from bench.store.folder import ResultsFolder
from bench.store.heartbeat import Heartbeat


@dataclass(frozen=True)
class BackboneStudy:
    """The designs of one backbone, where its runs go, and how others are told of them."""

    plan: Plan
    designs: Designs
    folder: ResultsFolder
    workshop: Workshop
    console: Console
    say: Say
    sign: Heartbeat

    def do(self) -> RecordedStudy | None:
        """Run everything and record it; None where runs failed."""
        base = self.designs.base[0]
        blank = _blank(base)
        before = read_nondeterminism(self.folder.root).find(blank.key)
        if before and before.control.runs[0] != [run_id(spec) for spec in self.designs.base]:
            before = None  # of other folds or cases
        groups, failed = self._run(before)
        if failed:
            self.say(f"{base.backbone}: {len(failed)} run(s) failed, the first: {failed[0]}")
            return None
        control, passed = self._judged(groups[0], before)
        others = [self._located(group, before) for group in groups[1:]]
        cost = before.cost if before else None
        if cost is None and passed is not False:
            cost = self._cost()
        study = blank.model_copy(
            update={
                "control": control,
                "passed": passed,
                "groups": merged(before.groups if before else [], others),
                "cost": cost,
            }
        )
        write_study(self.folder.root, study)
        return study

    def _judged(self, control: RecordedGroup, before: RecordedStudy | None) -> tuple[RecordedGroup, bool | None]:
        """The control with its verdict, that of an earlier call where it is not asked for now."""
        if len(self.designs.control.repeats) < 2:
            return (before.control, before.passed) if before else (control, None)
        verdict = of_control(self.folder.repeats, self.designs.control, self.workshop)
        control = control.model_copy(update={"parting": verdict.parting})
        self.say(_verdict(self.designs.base[0].backbone, control, bool(verdict.passed)))
        return control, verdict.passed

    def _located(self, group: RecordedGroup, before: RecordedStudy | None) -> RecordedGroup:
        """Of other tooling: with where it parts from the base, which is looked for once."""
        changed = next((one for one in self.designs.changed if one.name == group.name), None)
        if changed is None:
            return group
        known = next((one.parting for one in before.groups if one.name == group.name), "") if before else ""
        parting = known or of_change(self.folder.repeats, self.designs.base, changed, self.workshop)
        self.say(f"{self.designs.base[0].backbone}, {group.name}: first difference: {parting}.")
        return group.model_copy(update={"parting": parting})

    def _run(self, before: RecordedStudy | None) -> tuple[list[RecordedGroup], list[str]]:
        """The control first, then the others; and what failed, after which nothing more is begun."""
        experiment, designs = self.plan.experiment, self.designs
        wanted = pending(designs.specs, self.folder.repeats.complete())
        names = {id(spec): run_id(spec) for spec in wanted}
        with executor_for(experiment, self.workshop, designs.specs) as executor:
            pace = Pace(wanted, self._announce(executor, wanted) if wanted else None, executor.workers)
            with RunProgress(self.console, pace, lambda: tell(self.sign, pace, names)) as progress:
                conductor = Conductor(self.folder, experiment, self.workshop, before, progress)
                groups = [conductor.control(designs.control)]
                for group in (*designs.varied, *designs.changed):
                    if not conductor.failed:
                        groups.append(conductor.group(group, designs.base, executor))
        return groups, conductor.failed

    def _announce(self, executor: Executor, wanted: Sequence[RunSpec]) -> Mapping[str, Speed] | None:
        """Say how many runs there are and how long they should take; None where a timed step fails."""
        name, all_runs = self.designs.base[0].backbone, len(self.designs.specs)
        what = f"{name}: {len(wanted)} runs to do ({all_runs - len(wanted)} of {all_runs} are stored)"
        try:
            expected = forecast(executor, wanted)
        except Exception as error:  # the runs themselves will say it again, each for itself
            self.say(f"{what}; no forecast, since a timed step failed: {error}")
            return None
        self.say(
            f"{what}, about {duration(expected.seconds)} with {executor.workers} worker(s); each repeat of the control "
            f"starts processes of its own."
        )
        return expected.speeds

    def _cost(self) -> RecordedCost:
        from bench.execution.cost import measure_cost

        return RecordedCost(**asdict(measure_cost(self.designs.base[0], self.workshop)))


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
        recipe=base.recipe.label(),
        image_size=base.pixels.image_size,
        tooling=tooling_text(base.tooling),
        seed=base.seed,
        deterministic=base.tooling.deterministic,
        control=RecordedGroup(name=CONTROL, runs=[]),
        passed=None,
        groups=[],
    )


def tooling_text(tooling: Tooling) -> str:
    """In a line."""
    threads = f"{tooling.threads} thread{'s' if tooling.threads > 1 else ''}"
    fast = "" if tooling.deterministic else ", --fast"
    return f"{tooling.precision}, {tooling.layout}, {threads}, {tooling.device}{fast}"


def _verdict(backbone: str, control: RecordedGroup, passed: bool) -> str:
    repeats, folds = len(control.runs), len(control.runs[0])
    what = f"{repeats} repeats of {folds} fold(s) in fresh processes"
    if passed:
        return f"Control of {backbone}: PASS. {what} are the same to the last bit."
    return f"Control of {backbone}: FAIL. {what} differ. First difference: {control.parting}."
