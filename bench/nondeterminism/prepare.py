"""From a request to the designs of each backbone. Reads images and the results folder; writes nothing but caches."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.cache import Caches
from bench.config.experiment import Experiment
from bench.data.cases import internal
from bench.data.pixels import Progress
from bench.engine.early import Started
from bench.engine.prepare import Plan, Say, prepare
from bench.errors import RequestError
from bench.folds.draw import draw_folds
from bench.folds.table import FoldOfCase, FoldTable
from bench.nondeterminism.designs import Designs, designs_of, others
from bench.nondeterminism.options import NondeterminismOptions
from bench.plan.plan import PlannedBackbone, plan_runs
from bench.plan.spec import RunSpec
from bench.store.folder import ResultsFolder


@dataclass(frozen=True)
class Request:
    """What is to be done for each backbone, and the plan of its base seed, which holds the data."""

    plan: Plan
    designs: dict[str, Designs]


def prepare_study(
    experiment: Experiment,
    options: NondeterminismOptions,
    folder: ResultsFolder,
    caches: Caches,
    say: Say,
    started: Started,
    on_decoded: Progress | None = None,
) -> Request:
    """Read and check everything that the request names; the first of the experiment's seeds is the base.

    started: as `look_ahead` gives it.

    Raises:
        RequestError: anything about the request is wrong, or this machine has no other device to vary.
    """
    plan = prepare(experiment, folder, caches, say, started, on_decoded)
    seed, cases = experiment.seeds[0], internal(plan.dataset.cases)
    devices: Sequence[str] = _devices() if "device" in options.settings else []
    examples = {spec.backbone: spec for spec in plan.runs.values()}

    def draw(other: int) -> FoldOfCase:
        return draw_folds(cases, other, folds=experiment.folds, holdout=experiment.holdout)

    def designs(example: RunSpec) -> Designs:
        backbone = PlannedBackbone(example.backbone, example.weights, example.tooling)

        def runs(table: FoldTable) -> Sequence[RunSpec]:
            data = plan.dataset
            return plan_runs(data.cases, table, data.classes, [backbone], [seed], example.recipe, data.settings)

        if "device" in options.settings and not others(example.tooling, "device", devices):
            raise RequestError(
                f"--vary device: {example.tooling.device} is the only device of this machine. Leave it out."
            )
        return designs_of(options, seed, plan.folds.by_seed[seed], draw, runs, devices)

    return Request(plan, {name: designs(example) for name, example in examples.items()})


def _devices() -> Sequence[str]:
    from bench.execution.setup import available_devices

    return available_devices()
