"""The actors of this process on a Ray cluster. Starts and ends processes, of which it owns all."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.execution.on_ray.node import Worker
from bench.execution.on_ray.nodes import Needs, alive, on_node
from bench.execution.variables import inherited
from bench.execution.worker import Task
from bench.plan.spec import RunSpec


@dataclass(eq=False)
class Hand:
    """An actor. `answer` is what it was asked for last, its greeting at first; `node` where it was told to be."""

    actor: Any
    answer: Any
    node: str
    greeted: bool = False
    spec: RunSpec | None = None


@dataclass
class Crew:
    """Actors of the nodes `places`, which has their ids and how many each may have."""

    ray: Any
    needs: Needs
    places: Mapping[str, int]
    hands: list[Hand] = field(default_factory=list)

    def fill(self, number: int) -> None:
        """Begin actors until there are so many, on the nodes with the most free places; fewer where places are."""
        there = alive(self.ray)
        taken = {node: sum(hand.node == node for hand in self.hands) for node in self.places}
        free = {node: places - taken[node] for node, places in self.places.items() if node in there}
        while len(self.hands) < number and any(left > 0 for left in free.values()):
            node = max(free, key=lambda name: free[name])
            free[node] -= 1
            self.hands.append(self._begin(node))

    def wait(self, hands: Iterable[Hand], seconds: float | None = None) -> list[Hand]:
        """Those of `hands` that have answered, as soon as one has; none where the time is over."""
        by_answer = {hand.answer: hand for hand in hands}
        answered, _ = self.ray.wait(list(by_answer), timeout=seconds, fetch_local=False)
        return [by_answer[answer] for answer in answered]

    def end(self, hands: Sequence[Hand]) -> None:
        """End them, whatever they are doing."""
        for hand in hands:
            self.ray.kill(hand.actor)
        self.hands = [hand for hand in self.hands if hand not in hands]

    def _begin(self, node: str) -> Hand:
        made = self.ray.remote(Worker).options(
            **self.needs.options(), max_restarts=0, max_task_retries=0, scheduling_strategy=on_node(node)
        )
        actor = made.remote(inherited())
        return Hand(actor, actor.hello.remote(), node)


def ask(hand: Hand, message: Task | bool, key: str, delivery: Any) -> None:
    """Send a task, or whether to go on."""
    hand.answer = hand.actor.step.remote(message, key, delivery)
