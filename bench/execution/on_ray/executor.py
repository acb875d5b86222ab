"""Executes runs in actors of a Ray cluster. Starts and ends processes; says where one, or a node, was lost."""

import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, ClassVar, Self
from uuid import uuid4

from bench.config.options.machine import Machines
from bench.errors import BenchError, RequestError
from bench.execution.delivery import Delivery, Source, chunks_of
from bench.execution.executor import Speed, again_alone, failed, slowest
from bench.execution.node_cache import NodeCache
from bench.execution.on_ray.connection import connected
from bench.execution.on_ray.crew import Crew, Hand, ask
from bench.execution.on_ray.node import ObjectStore
from bench.execution.on_ray.nodes import Needs, alive, look_at
from bench.execution.resources import Resources
from bench.execution.worker import Answer, Task
from bench.plan.spec import EpochRecord, OnEpoch, RunResult, RunSpec
from bench.printing import to_errors

PATIENCE = 15.0  # seconds after the first worker is ready for the others to be
WORDLESS = 30.0  # seconds without a ready worker after which that is said
LOST_NODES = 3  # with which a run may go down before it counts as failed


@dataclass(frozen=True)
class Lost:
    """What an actor leaves that ended before its answer."""

    text: str
    with_node: bool


class RayExecutor:
    """A worker takes the next spec as soon as it is free. The run of a node that is gone goes to another; one whose
    worker alone died is tried again when the others have ended, as the pool of processes does.

    Workers stay warm from run to run. Of several executors of a process one has workers at a time, so that they do not
    wait for one another's places; they share the connection.
    """

    _with_workers: ClassVar["RayExecutor | None"] = None

    def __init__(self, resources: Resources, workers: int, machines: Machines, specs: Sequence[RunSpec]) -> None:
        """workers: at most; specs: of the kind that will be run."""
        self.workers = workers
        self._resources, self._machines, self._most, self._specs = resources, machines, workers, specs
        self._stack = ExitStack()
        self._delivered: dict[frozenset[str], tuple[str, Any]] = {}
        self._hosts: dict[str, str] = {}
        self._shares: dict[str, float] = {}  # of a GPU, by backbone, as measured
        self._crew: Crew

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            cpus = self._most * Needs.of(self._specs, 1.0).cpus
            self._ray = stack.enter_context(connected(self._machines.address, cpus))
            stack.callback(self._dismiss)
            self._begin(self._specs)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def run(self, specs: Sequence[RunSpec], on_epoch: OnEpoch) -> Iterator[tuple[RunSpec, RunResult]]:
        if not specs:
            return
        self._begin(specs)
        yield from again_alone(
            self._serve(self.workers, specs, on_epoch),
            lambda: self._crew.end(self._crew.hands[1:]),
            lambda spec: self._serve(1, [spec], on_epoch),
        )

    def has_more(self) -> bool:
        """Whether a worker has answered that was not heard yet."""
        busy = [hand for hand in self._crew.hands if hand.spec]
        return bool(busy and self._crew.wait(busy, 0))

    def measure(self, spec: RunSpec) -> Speed:
        """All workers time the same steps at once, as they will share their machines; the slowest counts."""
        self._begin([spec], alone=True)
        if not (hands := [hand for hand in self._crew.hands if hand.greeted]):  # their nodes are gone
            self._crew.fill(self.workers)
            self._gather()
            hands = [hand for hand in self._crew.hands if hand.greeted]
        key, delivery = self._delivery([spec])
        for hand in hands:
            ask(hand, Task("measure", spec), key, delivery)
        answers = [self._answer(hand) for hand in hands]  # all are heard before one is raised
        for hand, answer in zip(hands, answers, strict=True):
            if isinstance(answer, Lost):
                self._crew.end([hand])
        speed = slowest([RuntimeError(answer.text) if isinstance(answer, Lost) else answer for answer in answers])
        if speed.load:
            self._shares[spec.backbone] = speed.load.share
            of_known = [one for one in self._specs if one.backbone in self._shares]
            self.workers = min(self._most, sum(self._places(self._needs(of_known or [spec])).values()))
        return speed

    def _serve(self, number: int, specs: Sequence[RunSpec], on_epoch: OnEpoch) -> Iterator[tuple[RunSpec, RunResult]]:
        waiting, crew, lost_with = deque(specs), self._crew, Counter[str]()
        crew.end([hand for hand in crew.hands if hand.spec])  # of a call that was not heard to its end
        key, delivery = self._delivery(specs)
        while waiting or any(hand.spec for hand in crew.hands):
            crew.fill(number)
            for hand in crew.hands:
                if waiting and hand.greeted and hand.spec is None:
                    hand.spec = waiting.popleft()
                    ask(hand, Task("run", hand.spec), key, delivery)
            for hand in self._heard():
                spec, answer = hand.spec, self._answer(hand)
                if isinstance(answer, EpochRecord):
                    assert spec is not None
                    ask(hand, on_epoch(spec, answer), key, delivery)
                    continue
                hand.spec = None
                if isinstance(answer, Lost):
                    crew.end([hand])
                if spec is None:
                    continue
                if isinstance(answer, Lost):
                    lost_with[spec.run_id] += answer.with_node
                    if answer.with_node and lost_with[spec.run_id] < LOST_NODES:
                        to_errors(f"{spec.title}: {answer.text}. The run is begun again on another.")
                        waiting.append(spec)
                        continue
                    answer = failed(answer.text, short_of_memory=not answer.with_node)
                assert isinstance(answer, RunResult)
                yield spec, answer

    def _heard(self) -> list[Hand]:
        """Those of whom something can be heard, once there are some."""
        expected = [hand for hand in self._crew.hands if hand.spec or not hand.greeted]
        if not expected:
            raise BenchError(
                "No node of the Ray cluster is left that a worker has a place on. Finished runs are stored; the same "
                "command goes on from there once nodes are back."
            )
        silent = not any(hand.greeted for hand in expected)
        heard = self._crew.wait(expected, WORDLESS if silent else None)
        if not heard:
            to_errors(f"No worker has begun for {WORDLESS:.0f} s: the cluster has no free place ({self._crew.needs}).")
            heard = self._crew.wait(expected)
        return heard

    def _answer(self, hand: Hand) -> "Answer | Lost | None":
        """None was a greeting.

        Raises:
            BenchError: the worker could not begin.
        """
        try:
            answer: Answer = self._ray.get(hand.answer)
        except self._ray.exceptions.RayError as error:
            return self._lost(hand, error)
        if hand.greeted:
            return answer
        hand.greeted = True
        return None

    def _lost(self, hand: Hand, error: Exception) -> Lost:
        host, wrong = self._hosts.get(hand.node, "?"), self._ray.exceptions
        if isinstance(error, wrong.ActorUnavailableError) or hand.node not in alive(self._ray):
            return Lost(f"Node {host} of the Ray cluster is gone", with_node=True)
        if not hand.greeted:
            raise BenchError(f"A worker on node {host} of the Ray cluster could not begin: {_in_a_line(error)}")
        memory = isinstance(error, wrong.OutOfMemoryError)
        how = "was killed by Ray, since memory ran out" if memory else "died (often too little memory)"
        return Lost(f"The worker process on node {host} {how}", with_node=False)

    def _needs(self, specs: Sequence[RunSpec]) -> Needs:
        """Of a GPU the share that was asked for, else the largest that was measured; a whole one where none was."""
        measured = max(self._shares.get(spec.backbone, 1.0) for spec in specs)
        return Needs.of(specs, self._machines.gpu_share or measured)

    def _places(self, needs: Needs) -> dict[str, int]:
        """How many such workers each node has a place for.

        Raises:
            RequestError: there is no place at all.
        """
        resources = {node: there["Resources"] for node, there in alive(self._ray).items() if node in self._hosts}
        places = {node: needs.places(resource) for node, resource in resources.items()}
        if not sum(places.values()):
            raise RequestError(
                f"No node of the Ray cluster has {needs}, which a worker needs. See --device, --gpu-share."
            )
        return places

    def _begin(self, specs: Sequence[RunSpec], *, alone: bool = False) -> None:
        """See that there are workers of the kind that these specs need, and that they are ready.

        alone: each on a GPU of its own, where no share was asked for.
        """
        needs = Needs.of(specs, self._machines.gpu_share or 1.0) if alone else self._needs(specs)
        holder = RayExecutor._with_workers
        if holder is self and self._crew.needs == needs:
            return
        if holder is not None:
            holder._dismiss()
        self._delivery(specs)  # looks at the nodes
        places = self._places(needs)
        self.workers = min(self._most, sum(places.values()))
        self._crew = Crew(self._ray, needs, places)
        RayExecutor._with_workers = self
        self._crew.fill(self.workers)
        self._gather()

    def _gather(self) -> None:
        """Wait until all workers are ready, but not for long after the first one is."""
        until = None
        while waited := [hand for hand in self._crew.hands if not hand.greeted]:
            if until is None:
                heard = self._heard()
                until = time.monotonic() + PATIENCE
            else:
                heard = self._crew.wait(waited, max(0.0, until - time.monotonic()))
            for hand in heard:
                if isinstance(self._answer(hand), Lost):
                    self._crew.end([hand])
            if not heard:
                break
        self.workers = max(1, sum(hand.greeted for hand in self._crew.hands))  # who waits for a place may come later

    def _dismiss(self) -> None:
        if RayExecutor._with_workers is self:
            self._crew.end(self._crew.hands)
            RayExecutor._with_workers = None

    def _delivery(self, specs: Sequence[RunSpec]) -> tuple[str, Any]:
        """What these specs need, its name and the reference to it; put where nodes find it when first asked for."""
        weights = frozenset(spec.weights.digest for spec in specs)
        if weights not in self._delivered:
            delivery = Delivery.of(self._resources, specs, carried=False)
            found = look_at(self._ray, delivery, same_cpu=self._machines.same_cpu, say=to_errors)
            self._hosts = {node: one.host for node, one in found.items()}
            if any(one.lacking for one in found.values()):
                delivery = Delivery.of(self._resources, specs, carried=True)
                delivery = replace(delivery, source=self._source(delivery))
            self._delivered[weights] = uuid4().hex, self._ray.put(delivery)
        return self._delivered[weights]

    def _source(self, delivery: Delivery) -> Source:
        root = self._resources.caches.root
        if self._machines.node_cache:
            cache = NodeCache(self._machines.node_cache)
            cache.put(root, delivery.parcels)
            return cache
        pieces = {one.place: tuple(map(self._ray.put, chunks_of(root / one.place))) for one in delivery.parcels}
        return ObjectStore(pieces)


def _in_a_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
