"""Which nodes of a Ray cluster may execute runs, and how many at once. Asks the cluster."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.errors import RequestError
from bench.execution.delivery import Delivery
from bench.execution.on_ray.node import Look, look
from bench.execution.versions import differences, versions
from bench.plan.spec import RunSpec

SECONDS = 300.0  # for a node to say what it has: it begins a process, which loads torch from a disk that others may use


@dataclass(frozen=True)
class Needs:
    """What a worker takes of a node."""

    cpus: int
    gpus: float

    @classmethod
    def of(cls, specs: Sequence[RunSpec], gpu_share: float) -> "Needs":
        """A processor for each thread; of a GPU the share that is given."""
        on_gpu = any(spec.numerics.device == "cuda" for spec in specs)
        return cls(max(spec.numerics.threads for spec in specs), gpu_share if on_gpu else 0.0)

    def options(self) -> dict[str, float]:
        """As Ray calls them."""
        return {"num_cpus": self.cpus, "num_gpus": self.gpus}

    def places(self, resources: Mapping[str, float]) -> int:
        """How many workers a node with so much has a place for."""
        places = int(resources.get("CPU", 0.0) // self.cpus)
        return min(places, int(resources.get("GPU", 0.0) / self.gpus + 1e-9)) if self.gpus else places

    def __str__(self) -> str:
        return f"{self.cpus} CPU(s)" + (f" and {self.gpus:g} GPU" if self.gpus else "")


def alive(ray: Any) -> dict[str, dict[str, Any]]:
    """What Ray says of the nodes that are there, by their ids."""
    return {node["NodeID"]: node for node in ray.nodes() if node["Alive"]}


def on_node(node: str, *, soft: bool = False) -> Any:
    """What makes Ray choose this node."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    return NodeAffinitySchedulingStrategy(node, soft=soft)


def look_at(ray: Any, delivery: Delivery, *, same_cpu: bool, say: Callable[[str], None]) -> dict[str, Look]:
    """What every node says of itself, by its id. With `same_cpu` those of the commonest instruction set alone.

    Raises:
        RequestError: one has other versions than this process, cannot say, so that it has no such bench, or does not
            answer.
    """
    ask = ray.remote(look)
    asked = {
        node: ask.options(num_cpus=0, scheduling_strategy=on_node(node)).remote(delivery, same_cpu)
        for node in alive(ray)
    }
    found = dict[str, Look]()
    for node, reference in asked.items():
        try:
            found[node] = ray.get(reference, timeout=SECONDS)
        except ray.exceptions.RayError as error:
            if node not in alive(ray):
                continue
            where = f"Node {alive(ray)[node]['NodeManagerHostname']} of the Ray cluster"
            if isinstance(error, ray.exceptions.GetTimeoutError):
                raise RequestError(
                    f"{where} has not answered within {SECONDS:g} s. See there whether it is busy (`top`), or take it "
                    f"out of the cluster (`ray stop`)."
                ) from None
            raise RequestError(
                f"{where} cannot run bench: {_last_line(error)}. Install gapbench {versions()['bench']} with the same "
                f"packages there."
            ) from error
    for one in found.values():
        if differing := differences(one.versions, versions()):
            raise RequestError(f"Node {one.host} of the Ray cluster has {differing}. Install the same versions there.")
    return _same_cpu(found, say) if same_cpu else found


def _same_cpu(found: Mapping[str, Look], say: Callable[[str], None]) -> dict[str, Look]:
    ((commonest, _),) = Counter(one.cpu for one in found.values()).most_common(1)
    for one in found.values():
        if one.cpu != commonest:
            say(f"Node {one.host} is left out: its instruction set is {one.cpu}, most have {commonest} (--same-cpu).")
    return {node: one for node, one in found.items() if one.cpu == commonest}


def _last_line(error: Exception) -> str:
    return str(error).strip().splitlines()[-1].strip().rstrip(".")
