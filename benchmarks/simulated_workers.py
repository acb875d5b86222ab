"""An executor whose workers train nothing: their time is counted, not waited for; that of the driver is real."""

import heapq
import itertools
import pickle
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import numpy as np

from bench.execution.executor import Speed
from bench.plan.spec import EpochRecord, OnEpoch, RunResult, RunSpec

Message = EpochRecord | RunResult
SPREAD = 0.1  # standard deviation of an epoch's length, as a share of it


@dataclass(order=True)
class _Sent:
    """What a worker sends at a moment, packed as a pipe has it; `spec` is the run that it is of."""

    moment: float
    number: int
    spec: RunSpec
    epoch: int


class SimulatedExecutor:
    """So many workers, whose runs take about so many seconds each.

    The driver hears one message after the other, and is busy for as long as it really takes; a worker waits for its
    answer as one of the pool does. So `now` runs on while the driver works, and jumps to the next message when it is
    idle. What passes between processes is packed and unpacked in the driver's time. result: that of a run.

    busy, processor: seconds that the driver worked, by the clock and of the processor; waited: seconds that all workers
    waited for it.
    """

    def __init__(self, workers: int, seconds: float, result: Callable[[RunSpec], RunResult]) -> None:
        self.workers = workers
        self.busy = self.processor = self.waited = 0.0
        self._seconds, self._result = seconds, result
        self._rng, self._numbers = np.random.default_rng(0), itertools.count()
        self._clock, self._since, self._used = 0.0, time.perf_counter(), time.process_time()
        self._sent: list[_Sent] = []

    def now(self) -> float:
        """Seconds since the beginning, by the clock of the simulation."""
        return self._clock + time.perf_counter() - self._since

    def run(self, specs: Sequence[RunSpec], on_epoch: OnEpoch) -> Iterator[tuple[RunSpec, RunResult]]:
        waiting = iter(specs)
        self._since, self._used = time.perf_counter(), time.process_time()
        for spec in itertools.islice(waiting, self.workers):
            self._give(spec)
        while self._sent:
            sent = heapq.heappop(self._sent)
            message = self._hear(sent)
            if isinstance(message, EpochRecord):
                on_epoch(sent.spec, message)
                self._go_on(sent.spec, sent.epoch + 1)
                continue
            if (following := next(waiting, None)) is not None:
                self._give(following)
            yield sent.spec, message

    def has_more(self) -> bool:
        return bool(self._sent) and self._sent[0].moment <= self.now()

    def _give(self, spec: RunSpec) -> None:
        pickle.dumps(spec)
        self._go_on(spec, 0)

    def _go_on(self, spec: RunSpec, epoch: int) -> None:
        length = self._seconds / spec.all_epochs * (1 + SPREAD * self._rng.standard_normal())
        heapq.heappush(self._sent, _Sent(self.now() + max(length, 0.0), next(self._numbers), spec, epoch))

    def _hear(self, sent: _Sent) -> Message:
        """A message, at the moment when the driver has come to it."""
        free = self.now()
        self.busy += free - self._clock
        self.processor += time.process_time() - self._used
        self.waited += max(free - sent.moment, 0.0)
        packed = pickle.dumps(self._message(sent))
        self._clock, self._since, self._used = max(free, sent.moment), time.perf_counter(), time.process_time()
        message: Message = pickle.loads(packed)
        return message

    def _message(self, sent: _Sent) -> Message:
        spec = sent.spec
        if sent.epoch == spec.all_epochs:
            return self._result(spec)
        seconds = self._seconds / spec.all_epochs
        return EpochRecord(sent.epoch, "full", 1.0, 1e-3, 1.0, 0.5, 0.5, seconds, len(spec.train))

    def measure(self, spec: RunSpec) -> Speed:
        speed = (len(spec.train) * spec.recipe.epochs + len(spec.predicted)) / self._seconds
        return Speed(speed, speed)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._sent.clear()
