"""Executes runs one after another in this process."""

from collections.abc import Iterator, Sequence
from functools import partial
from types import TracebackType
from typing import Self

from bench.execution.executor import Speed, tried_again
from bench.execution.resources import Resources
from bench.plan.spec import OnEpoch, RunResult, RunSpec
from bench.printing import to_errors


class InProcessExecutor:
    """For one worker, for GPUs, and for debugging."""

    workers = 1

    def __init__(self, resources: Resources, workers: int = 1) -> None:
        """There is one worker, however many are asked for."""
        self._resources = resources

    def run(self, specs: Sequence[RunSpec], on_epoch: OnEpoch) -> Iterator[tuple[RunSpec, RunResult]]:
        from bench.execution.run import execute_guarded

        for spec in specs:
            result = execute_guarded(spec, self._resources, partial(on_epoch, spec))
            if result.short_of_memory:
                to_errors(f"{spec.title}: {result.error}. The run is tried once more.")
                result = tried_again(execute_guarded(spec, self._resources, partial(on_epoch, spec)))
            yield spec, result

    def measure(self, spec: RunSpec) -> Speed:
        from bench.execution.speed import measure_speed

        return measure_speed(spec, self._resources)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None
