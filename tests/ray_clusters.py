"""Real Ray clusters of two nodes on 127.0.0.1."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from trees import missing

from bench.config.options.machine import Machines
from bench.execution.executor import Executor
from bench.execution.on_ray.connection import LOOPBACK, QUIET
from bench.execution.resources import Resources
from bench.plan.spec import RunSpec

ROOT = Path(__file__).parents[1]
TESTS_TOO = {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])}
"""With which nodes import what tests hand over."""
SOON = {
    "RAY_health_check_period_ms": "500",
    "RAY_health_check_failure_threshold": "4",
    "RAY_health_check_timeout_ms": "5000",
}
"""With which a killed node counts as gone after two seconds, not fifteen; a busy one has 5 s for each answer."""

PATIENT = 300.0
"""Seconds for all workers to be ready: on a busy machine the second may come long after the first."""


class TwoNodes:
    """A head with one processor, and further nodes with one each."""

    def __init__(self, **environment: str) -> None:
        from ray.cluster_utils import Cluster

        self._environment = {**TESTS_TOO, **environment}
        self.cluster = Cluster(
            initialize_head=True,
            head_node_args={"num_cpus": 1, "include_dashboard": False, "env_vars": self._environment},
        )
        self.nodes: list[Any] = []

    @property
    def address(self) -> str:
        found: str = self.cluster.address
        return found

    def add(self, **environment: str) -> None:
        """One node more."""
        self.nodes.append(self.cluster.add_node(num_cpus=1, env_vars={**self._environment, **environment}))
        self.cluster.wait_for_nodes()

    def kill(self) -> None:
        """The node that came last, as if its machine had lost its power."""
        self.cluster.remove_node(self.nodes.pop(), allow_graceful=False)

    def machines(self, **options: Any) -> Machines:
        return Machines(self.address, **options)


@contextmanager
def two_nodes(**environment: str) -> Iterator[TwoNodes]:
    """A cluster for as long as this lasts; `environment` is that of all its nodes."""
    if find_spec("ray") is None:
        missing("ray is not installed (pip install 'gapbench[ray]')")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**QUIET, **LOOPBACK, **SOON}.items():
            patch.setenv(name, value)
        patch.setattr("bench.execution.on_ray.executor.PATIENCE", PATIENT)
        nodes = TwoNodes(**environment)
        try:
            nodes.add()
            yield nodes
        finally:
            nodes.cluster.shutdown()


def on_ray(nodes: TwoNodes, resources: Resources, specs: list[RunSpec], **options: Any) -> Executor:
    """With a worker on each node."""
    from bench.execution.on_ray.executor import RayExecutor

    return RayExecutor(resources, 2, nodes.machines(**options), specs)
