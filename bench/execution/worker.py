"""A worker process: waits for tasks on a pipe, answers with results. Holds no state of its own."""

from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Literal, Protocol

from bench.execution.executor import Speed
from bench.execution.resources import Resources
from bench.plan.spec import EpochRecord, RunResult, RunSpec
from bench.processes import serve_parent


@dataclass(frozen=True)
class Task:
    """Train a run, or only time a few of its steps."""

    kind: Literal["run", "measure"]
    spec: RunSpec


Answer = EpochRecord | RunResult | Speed | Exception
"""An `EpochRecord` expects a bool in return: whether to go on."""


class Line(Protocol):
    """The way to the driver: a pipe, or what stands in for one on another machine."""

    def send(self, answer: Any, /) -> None: ...

    def recv(self) -> Any: ...


def work(pipe: "Connection[Any, Any]", resources: Resources) -> None:
    """Serve tasks until the pipe closes. Interrupts are the driver's business; without a driver, end at once."""
    serve_parent()
    load()
    while True:
        try:
            task: Task = pipe.recv()
        except EOFError:
            return
        do(task, resources, pipe)


def load() -> None:
    """Load what tasks need, which takes seconds."""
    import bench.execution.run
    import bench.execution.speed  # noqa: F401


def do(task: Task, resources: Resources, line: Line) -> None:
    """One task. The last that goes over the line is its outcome; of steps that cannot be timed the exception."""
    from bench.execution.run import execute_guarded
    from bench.execution.speed import measure_speed

    def on_epoch(epoch: EpochRecord) -> bool:
        line.send(epoch)
        return bool(line.recv())

    if task.kind == "run":
        line.send(execute_guarded(task.spec, resources, on_epoch))
        return
    try:
        line.send(measure_speed(task.spec, resources))
    except Exception as error:  # the driver raises it
        line.send(error)
