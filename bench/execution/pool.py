"""Executes runs in warm worker processes, one thread each. Starts and ends processes."""

import contextlib
import multiprocessing
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import connection
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Any, Self

import numpy as np

from bench.execution.executor import Speed
from bench.execution.resources import Resources
from bench.execution.worker import Answer, Task, work
from bench.plan.spec import EpochRecord, OnEpoch, RunResult, RunSpec

GRACE = 1.0  # seconds for a worker to end by itself


@dataclass
class _Worker:
    process: BaseProcess
    pipe: Any
    spec: RunSpec | None = None

    def give(self, task: Task) -> None:
        self.spec = task.spec
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


class PoolExecutor:
    """A worker takes the next spec as soon as it is free. One that dies costs its run, and is replaced."""

    def __init__(self, resources: Resources, workers: int) -> None:
        self.workers = workers
        self._resources = resources
        self._context = multiprocessing.get_context("spawn")
        self._crew: list[_Worker] = []

    def __enter__(self) -> Self:
        self._crew = [self._start() for _ in range(self.workers)]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._crew:
            worker.process.terminate()
        for worker in self._crew:
            worker.end()
        self._crew = []

    def _start(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=work, args=(theirs, self._resources), daemon=True)
        process.start()
        theirs.close()
        return _Worker(process, ours)

    def run(self, specs: Sequence[RunSpec], on_epoch: OnEpoch) -> Iterator[tuple[RunSpec, RunResult]]:
        waiting = list(reversed(specs))
        for worker in self._crew[: len(waiting)]:
            worker.give(Task("run", waiting.pop()))
        while busy := {worker.pipe: worker for worker in self._crew if worker.spec is not None}:
            for pipe in connection.wait(list(busy)):
                worker = busy[pipe]
                spec = worker.spec
                assert spec is not None
                answer = self._answer(worker)
                if isinstance(answer, EpochRecord):
                    worker.send(on_epoch(spec, answer))
                    continue
                assert isinstance(answer, RunResult)
                worker.spec = None
                if waiting:
                    worker.give(Task("run", waiting.pop()))
                yield spec, answer

    def measure(self, spec: RunSpec) -> Speed:
        """All workers time the same steps at once, as they will share the machine; the slowest counts."""
        for worker in self._crew:
            worker.give(Task("measure", spec))
        speeds = []
        for worker in self._crew:
            answer = self._answer(worker)
            worker.spec = None
            if isinstance(answer, Exception):
                raise answer
            if isinstance(answer, RunResult):
                raise RuntimeError(answer.error)
            assert isinstance(answer, Speed)
            speeds.append(answer)
        return Speed(min(speed.training for speed in speeds), min(speed.evaluation for speed in speeds))

    def _answer(self, worker: _Worker) -> Answer:
        try:
            answer: Answer = worker.pipe.recv()
            return answer
        except (EOFError, OSError):  # closed, reset, or cut off within a message
            worker.process.join()
            code = worker.process.exitcode
            replacement = self._start()
            worker.pipe.close()
            worker.process, worker.pipe = replacement.process, replacement.pipe
            return RunResult(
                "failed",
                np.zeros((0, 0), dtype=np.float32),
                error=f"The worker process ended with exit code {code} before the run did (killed, or out of memory).",
            )
