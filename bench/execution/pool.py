"""Executes runs in warm worker processes, one thread each. Starts and ends processes; says where one died."""

import contextlib
import multiprocessing
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from multiprocessing import connection
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Any, Self

import numpy as np

from bench.cached_file import remove_leftovers
from bench.execution.executor import Speed, again_alone, slowest
from bench.execution.fork_server import start
from bench.execution.resources import Resources
from bench.execution.worker import Answer, Task, work
from bench.out_of_memory import memory_kills, more_memory_kills
from bench.plan.spec import EpochRecord, OnEpoch, RunResult, RunSpec

GRACE = 1.0  # seconds for a worker to end by itself


@dataclass(eq=False)
class _Worker:
    process: BaseProcess
    pipe: Any
    card: str
    spec: RunSpec | None = None
    memory_kills: int | None = None

    def give(self, task: Task) -> None:
        self.spec, self.memory_kills = task.spec, memory_kills()
        self.send(task)

    def send(self, message: Task | bool) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the next receive finds the worker gone
            self.pipe.send(message)

    def end(self) -> None:
        self.pipe.close()
        self.process.terminate()
        self.process.join(GRACE)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


WITH_ITS_SERVER = 255
"""The exit code of a worker whose fork server is gone too (`multiprocessing`): how it ended is not known then."""


@dataclass(frozen=True)
class Died:
    """What a worker leaves that ended before its answer. `for_memory`: the system is known to have killed for it."""

    exit_code: int | None
    for_memory: bool

    @property
    def text(self) -> str:
        if self.for_memory and self.exit_code in (-signal.SIGKILL, WITH_ITS_SERVER):
            return "The worker process was killed by the system, since memory ran out"
        if self.exit_code == -signal.SIGKILL:
            return "The worker process was killed (often too little memory)"
        return f"The worker process ended with exit code {self.exit_code}, before it had answered"

    def result(self) -> RunResult:
        """Of the run that it had."""
        return RunResult("failed", np.zeros((0, 0), dtype=np.float32), error=self.text, short_of_memory=True)


class PoolExecutor:
    """A worker takes the next spec as soon as it is free. One that dies is replaced, and its run is tried again.

    Where there are several cards each has workers of its own, as many as the others, give or take one.
    """

    def __init__(self, resources: Resources, workers: int) -> None:
        self.workers = workers
        self._resources = resources
        self._crew: list[_Worker] = []

    def __enter__(self) -> Self:
        self._fill()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end(self._crew)

    def _fill(self) -> None:
        """So that as many work as should."""
        while len(self._crew) < self.workers:
            self._crew.append(self._start(self._idlest_card()))

    def _end(self, crew: Sequence[_Worker]) -> None:
        for worker in crew:
            worker.process.terminate()
        for worker in crew:
            worker.end()
        self._crew = [worker for worker in self._crew if worker not in crew]

    def _idlest_card(self) -> str:
        """The first of those with the fewest workers; "" where there are none to choose from."""
        taken = [worker.card for worker in self._crew]
        return min(self._resources.cards, key=taken.count, default="")

    def _start(self, card: str) -> _Worker:
        ours, theirs = multiprocessing.Pipe()
        process = start(work, theirs, replace(self._resources, cards=(card,) if card else ()))
        theirs.close()
        return _Worker(process, ours, card)

    def run(self, specs: Sequence[RunSpec], on_epoch: OnEpoch) -> Iterator[tuple[RunSpec, RunResult]]:
        self._fill()
        yield from again_alone(
            self._serve(self._crew, specs, on_epoch),
            lambda: self._end(self._crew[1:]),
            lambda spec: self._serve(self._crew[:1], [spec], on_epoch),
        )

    def _serve(
        self, crew: Sequence[_Worker], specs: Sequence[RunSpec], on_epoch: OnEpoch
    ) -> Iterator[tuple[RunSpec, RunResult]]:
        waiting = list(reversed(specs))
        for worker in crew[: len(waiting)]:
            worker.give(Task("run", waiting.pop()))
        while busy := {worker.pipe: worker for worker in crew if worker.spec is not None}:
            for pipe in connection.wait(list(busy)):
                worker = busy[pipe]
                spec = worker.spec
                assert spec is not None
                answer = self._answer(worker)
                if isinstance(answer, EpochRecord):
                    worker.send(on_epoch(spec, answer))
                    continue
                assert isinstance(answer, RunResult | Died)
                worker.spec = None
                if waiting:
                    worker.give(Task("run", waiting.pop()))
                yield spec, answer.result() if isinstance(answer, Died) else answer

    def has_more(self) -> bool:
        """Whether a worker has answered that was not heard yet."""
        return bool(connection.wait([worker.pipe for worker in self._crew if worker.spec is not None], 0))

    def measure(self, spec: RunSpec) -> Speed:
        """All workers time the same steps at once, as they will share the machine; the slowest counts."""
        self._fill()
        for worker in self._crew:
            worker.give(Task("measure", spec))
        answers = []
        for worker in self._crew:  # all are heard before one is raised: what is left unread would answer the first run
            answers.append(self._answer(worker))
            worker.spec = None
        return slowest([RuntimeError(answer.text) if isinstance(answer, Died) else answer for answer in answers])

    def _answer(self, worker: _Worker) -> "Answer | Died":
        try:
            answer: Answer = worker.pipe.recv()
            return answer
        except (EOFError, OSError):  # closed, reset, or cut off within a message
            worker.process.join()
            died = Died(worker.process.exitcode, more_memory_kills(worker.memory_kills))
            remove_leftovers(self._resources.caches.root)
            replacement = self._start(worker.card)
            worker.pipe.close()
            worker.process, worker.pipe = replacement.process, replacement.pipe
            return died
