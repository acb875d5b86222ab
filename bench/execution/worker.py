"""A worker process: waits for tasks on a pipe, answers with results. Holds no state of its own."""

from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Literal

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


def work(pipe: "Connection[Any, Any]", resources: Resources) -> None:
    """Serve tasks until the pipe closes. Interrupts are the driver's business; without a driver, end at once."""
    serve_parent()
    from bench.execution.run import execute_guarded
    from bench.execution.speed import measure_speed

    def on_epoch(epoch: EpochRecord) -> bool:
        pipe.send(epoch)
        return bool(pipe.recv())

    while True:
        try:
            task: Task = pipe.recv()
        except EOFError:
            return
        if task.kind == "run":
            pipe.send(execute_guarded(task.spec, resources, on_epoch))
            continue
        try:
            pipe.send(measure_speed(task.spec, resources))
        except Exception as error:  # the driver raises it
            pipe.send(error)
