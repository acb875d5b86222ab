"""The study of one backbone, from its designs to its record. Writes the results folder; prints."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from rich.console import Console

from bench.config.nondeterminism import CONTROL
from bench.driver.conduct import executor_for
from bench.driver.forecast import duration, forecast
from bench.driver.prepare import Plan, Say
from bench.driver.progress import RunProgress
from bench.execution.executor import Executor
from bench.execution.workshop import Workshop
from bench.nondeterminism.conduct import Conductor
from bench.nondeterminism.designs import ALL, Designs, pending
from bench.nondeterminism.verdict import of_change, of_control
from bench.plan.identity import run_id
from bench.plan.spec import RunSpec, Tooling
from bench.results.folder import ResultsFolder
from bench.results.nondeterminism_record import (
    RecordedCost,
    RecordedGroup,
    RecordedStudy,
    read_nondeterminism,
    write_study,
)


@dataclass(frozen=True)
class BackboneStudy:
    """The designs of one backbone, where its runs go, and where weights are kept until they were compared."""

    plan: Plan
    designs: Designs
    folder: ResultsFolder
    workshop: Workshop
    console: Console
    say: Say

    def do(self) -> RecordedStudy | None:
        """Run everything and record it; None where runs failed."""
        base, store = self.designs.base[0], self.folder.repeats
        blank = _blank(base)
        before = read_nondeterminism(self.folder.root).find(blank.key)
        if before and before.control.runs[0] != [run_id(spec) for spec in self.designs.base]:
            before = None  # of other folds or cases
        groups, failed = self._run(before)
        if failed:
            self.say(f"{base.backbone}: {len(failed)} run(s) failed, the first: {failed[0]}")
            return None
        control, *others = groups
        if len(self.designs.control.repeats) > 1:
            verdict = of_control(store, self.designs.control, self.workshop)
            control = control.model_copy(update={"parting": verdict.parting})
            passed = verdict.passed
            self.say(_verdict(base.backbone, control, bool(passed)))
        else:
            control, passed = (before.control, before.passed) if before else (control, None)
        partings = {one.name: of_change(store, self.designs.base, one, self.workshop) for one in self.designs.changed}
        others = [one.model_copy(update={"parting": partings.get(one.name, "")}) for one in others]
        for name, where in partings.items():
            self.say(f"{base.backbone}, {name}: first difference: {where}.")
        cost = before.cost if before else None
        if cost is None and passed is not False:
            cost = self._cost()
        groups = merged(before.groups if before else [], others)
        study = blank.model_copy(update={"control": control, "passed": passed, "groups": groups, "cost": cost})
        write_study(self.folder.root, study)
        return study

    def _run(self, before: RecordedStudy | None) -> tuple[list[RecordedGroup], list[str]]:
        """The control first, then the others; and what failed, after which nothing more is begun."""
        experiment, designs = self.plan.experiment, self.designs
        wanted = pending(designs.specs, self.folder.repeats.complete())
        images = sum(len(spec.train) * spec.recipe.epochs for spec in wanted)
        with executor_for(experiment, self.workshop, designs.specs) as executor:
            if wanted:
                self._announce(executor, wanted)
            with RunProgress(self.console, len(wanted), images) as progress:
                conductor = Conductor(self.folder, experiment, self.workshop, before, progress)
                groups = [conductor.control(designs.control)]
                for group in (*designs.varied, *designs.changed):
                    if not conductor.failed:
                        groups.append(conductor.group(group, designs.base, executor))
        return groups, conductor.failed

    def _announce(self, executor: Executor, wanted: Sequence[RunSpec]) -> None:
        name, all_runs = self.designs.base[0].backbone, len(self.designs.specs)
        expected = forecast(executor, wanted)
        self.say(
            f"{name}: {len(wanted)} runs to do ({all_runs - len(wanted)} of {all_runs} are stored), about "
            f"{duration(expected.seconds)} with {executor.workers} worker(s); each repeat of the control starts "
            f"processes of its own."
        )

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
