"""What works on a node of a Ray cluster. Holds no state of its own but what was delivered to it."""

import socket
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

from bench.execution.delivery import Delivery, Parcel
from bench.execution.executor import failed
from bench.execution.variables import inherit
from bench.execution.versions import instructions, versions
from bench.execution.worker import Answer, Task, do, load


@dataclass(frozen=True)
class Look:
    """A node as it says it is. `cpu` is the instruction set that torch uses, empty where that was not asked for."""

    host: str
    versions: Mapping[str, str]
    cpu: str
    lacking: tuple[str, ...]


def look(delivery: Delivery, cpu: bool) -> Look:
    """What can be said of this node before a run."""
    return Look(socket.gethostname(), versions(), instructions() if cpu else "", tuple(delivery.lacking()))


@dataclass(frozen=True)
class ObjectStore:
    """The source of parcels that the driver has put into Ray's object store, in pieces; each node gets them once."""

    pieces: Mapping[str, tuple[Any, ...]]

    def __str__(self) -> str:
        return "the object store"

    def chunks(self, parcel: Parcel) -> Iterator[bytes]:
        import ray

        for piece in self.pieces[parcel.place]:
            yield ray.get(piece)


class _Line:
    """Between the thread that works and the driver's calls."""

    def __init__(self) -> None:
        self.said: SimpleQueue[Any] = SimpleQueue()
        self.heard: SimpleQueue[Any] = SimpleQueue()

    def send(self, answer: Any, /) -> None:
        self.said.put(answer)

    def recv(self) -> Any:
        return self.heard.get()


class Worker:
    """An actor that serves one task at a time, in one thread for all of them.

    The driver's calls alternate: a task or a yes to an epoch goes in, an epoch or an outcome comes out.
    """

    def __init__(self, variables: Mapping[str, str | None]) -> None:
        inherit(variables)
        load()
        self._line, self._thread = _Line(), ThreadPoolExecutor(1)
        self._delivered: dict[str, Any] = {}

    def hello(self) -> Mapping[str, str]:
        """Ready, and with which versions."""
        return versions()

    def step(self, message: Task | bool, key: str, delivery: Delivery) -> Answer:
        """Begin a task, or let a run go on or end; gives what comes of it. `key` names what was delivered."""
        if isinstance(message, Task):
            self._thread.submit(self._do, message, key, delivery)
        else:
            self._line.heard.put(message)
        answer: Answer = self._line.said.get()
        return answer

    def _do(self, task: Task, key: str, delivery: Delivery) -> None:
        try:
            if key not in self._delivered:
                self._delivered[key] = delivery.unpacked()
            do(task, self._delivered[key], self._line)
        except Exception as error:  # of the delivery, or a result that cannot be sent
            self._line.send(error if task.kind == "measure" else failed(str(error)))
