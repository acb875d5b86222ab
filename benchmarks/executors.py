"""What a Ray cluster costs beside the pool of processes on the same processors.

The same runs of some seconds each, two at once, by warm workers of both in turns: seconds until all have ended, and the
share of their time in which workers had no run (the way of a task and its result, the wait for the last run). Then
how long each takes until its workers are ready. Run: python -m benchmarks.executors [--turns 3]
"""

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from bench.cache import Caches
from bench.config.experiment import Experiment
from bench.engine.execute import executor_for
from bench.engine.prepare import Prepared, look_ahead, prepare
from bench.execution.executor import Executor
from bench.phantom import write_phantom
from bench.plan.spec import RunSpec
from bench.store.folder import ResultsFolder
from bench.terminal import Terminal
from benchmarks.timing import machine, options, seconds, versions

NAMES = ("processes", "ray")
WORKERS = 2


def prepared_runs(root: Path, cases: int, epochs: int) -> Prepared:
    """Four runs of resnet34 at 64 pixels."""
    write_phantom(root / "data", cases=cases, external_cases=8, seed=0)
    experiment = Experiment(
        data=str(root / "data"),
        image_size=64,
        folds=2,
        seeds=[0, 1],
        weights="random",
        workers=WORKERS,
        results=str(root / "results"),
        recipe={"epochs": epochs, "batch_size": 32},
    )
    caches, folder, quiet = Caches(root / "cache"), ResultsFolder(root / "results"), Terminal(quiet=True)
    return prepare(experiment, folder, look_ahead(experiment, folder, caches, quiet), caches, quiet)


def executor(prepared: Prepared, name: str, specs: Sequence[RunSpec]) -> Executor:
    """As `--executor` makes it."""
    experiment = prepared.experiment.model_copy(update={"executor": name})
    return executor_for(experiment, prepared.resources(), specs)


def wall_and_work(executor: Executor, specs: Sequence[RunSpec]) -> tuple[float, list[float]]:
    """Seconds until all runs have ended, and those of each."""
    each = list[float]()

    def work() -> None:
        for _, result in executor.run(specs, lambda spec, epoch: True):
            assert result.status == "done", result.error
            each.append(result.timings["total"])

    return seconds(work), each


def main() -> None:
    arguments = options(__doc__, turns=3, cases=200, epochs=4).parse_args()
    print(f"{machine()}; {versions('torch', 'ray')}")
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        prepared = prepared_runs(Path(folder), arguments.cases, arguments.epochs)
        specs = prepared.specs()
        made = {name: executor(prepared, name, specs) for name in NAMES}
        ready = {
            name: seconds(lambda one=one: (stack.enter_context(one), one.measure(specs[0])))
            for name, one in made.items()
        }
        walls = {name: list[float]() for name in NAMES}
        runs = {name: list[float]() for name in NAMES}
        idle = {name: list[float]() for name in NAMES}
        for turn in range(arguments.turns):
            for name in NAMES if turn % 2 == 0 else reversed(NAMES):
                wall, each = wall_and_work(made[name], specs)
                walls[name].append(wall)
                runs[name] += each
                idle[name].append(1 - sum(each) / (WORKERS * wall))
    print(f"{len(specs)} runs of resnet34 by {WORKERS} workers, {arguments.turns} turns, medians")
    for name in NAMES:
        print(
            f"{name:<10} {median(walls[name]):6.1f} s for all, {median(runs[name]):5.1f} s a run, workers without a "
            f"run {100 * median(idle[name]):4.1f} % of the time; ready after {ready[name]:4.1f} s"
        )
    print(f"ray over processes: {median(walls['ray']) / median(walls['processes']):.3f} (medians of {arguments.turns})")


if __name__ == "__main__":
    main()
