"""What an executor is: it turns run specs into results, somewhere."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

import numpy as np

from bench.plan.spec import OnEpoch, RunResult, RunSpec
from bench.printing import to_errors

LEFT = 0.05
"""Of a card's memory: what stays free, for what a later step may want and for pieces too small to use."""


def failed(error: str, *, short_of_memory: bool = False) -> RunResult:
    """Of a run that gave nothing."""
    return RunResult("failed", np.zeros((0, 0), dtype=np.float32), error=error, short_of_memory=short_of_memory)


def tried_again(result: RunResult) -> RunResult:
    """Of a run that was tried again alone after memory had been short: its error says so where it is once more."""
    if not result.short_of_memory:
        return result
    advice = "If memory is short: a smaller --batch-size or --image-size."
    return replace(result, error=f"{result.error}; the same happened when the run was tried again alone. {advice}")


@dataclass(frozen=True)
class CardLoad:
    """What training takes of a card in one process.

    Bytes: `peak` that torch holds at most, `context` of CUDA and its libraries beside; `free` and `total` of the card,
    as if the process were not there. Seconds: of a `step`, and of it those in which the card is `busy`.
    """

    peak: float
    context: float
    free: float
    total: float
    step: float
    busy: float

    @property
    def fitting(self) -> int:
        """How many such processes a card holds."""
        return max(0, math.floor((self.free - LEFT * self.total) / (self.peak + self.context)))

    @property
    def paying(self) -> int:
        """How many keep a card busy: processes take turns on it, so a further one helps only while the card waits."""
        return max(1, math.ceil(self.step / self.busy)) if self.busy > 0 else 1

    @property
    def share(self) -> float:
        """Of a card, for each of as many workers as fit and pay; never less than one."""
        return 1 / max(1, min(self.fitting, self.paying))


def again_alone(
    results: Iterable[tuple[RunSpec, RunResult]],
    leave_one: Callable[[], None],
    run_alone: Callable[[RunSpec], Iterable[tuple[RunSpec, RunResult]]],
) -> Iterator[tuple[RunSpec, RunResult]]:
    """A run for which memory was short, or whose worker died, is tried once more when the others have ended, alone: the
    other workers are gone then (`leave_one`), with the memory that they held.
    """
    lost = list[RunSpec]()
    for spec, result in results:
        if result.short_of_memory:
            to_errors(f"{spec.title}: {result.error}. The run is tried again alone when the others have ended.")
            lost.append(spec)
        else:
            yield spec, result
    if lost:
        leave_one()
    for spec in lost:
        for _, result in run_alone(spec):
            yield spec, tried_again(result)


@dataclass(frozen=True)
class Speed:
    """Images a second of one worker while its siblings work too, and what it takes of its card, where it has one."""

    training: float
    evaluation: float
    load: CardLoad | None = None

    def seconds(self, spec: RunSpec) -> float:
        """How long a run should take, features of frozen bodies not counted."""
        trained = len(spec.train) * spec.recipe.epochs * (2 if spec.adaptation == "coral" else 1)
        last = spec.all_epochs - 1  # whose scores are those of the predictions
        monitored = sum(map(spec.is_monitored, range(spec.all_epochs - spec.recipe.epochs, last)))
        evaluated = len(spec.validation) * monitored + len(spec.predicted)
        return trained / self.training + evaluated / self.evaluation


def slowest(answers: Sequence[object]) -> Speed:
    """Of what workers say that timed the same steps; what one raised is raised here."""
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
    speeds = [answer for answer in answers if isinstance(answer, Speed)]
    return Speed(min(speed.training for speed in speeds), min(speed.evaluation for speed in speeds), speeds[0].load)


class Executor(Protocol):
    """Runs specs; owns its workers, writes no results.

    Used as a context manager by one thread: leaving it ends the workers, whatever they were doing.
    """

    workers: int

    def run(self, specs: Sequence[RunSpec], on_epoch: OnEpoch) -> Iterator[tuple[RunSpec, RunResult]]:
        """Yield a result for every spec as it ends, in any order. A run that fails yields a failed result.

        `on_epoch` is called in the driver after each epoch of each run; False stops that run.
        """

    def measure(self, spec: RunSpec) -> Speed:
        """Time a few steps of `spec` without touching any result."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


@runtime_checkable
class HasMore(Protocol):
    """An executor that knows whether it would wait; of another one each result is stored by itself."""

    def has_more(self) -> bool:
        """Whether `run` has something to give or to ask at once, so that a result may be stored with the next one."""
