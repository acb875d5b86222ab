"""Jobs of submitit on this machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

import pytest
from ray_clusters import TESTS_TOO
from trees import missing

from bench.config.options.machine import Machines
from bench.execution.on_slurm.executor import SlurmExecutor
from bench.execution.resources import Resources
from bench.plan.spec import RunSpec


@contextmanager
def importable_by_jobs() -> Iterator[None]:
    """Inside, jobs import what tests hand over."""
    if find_spec("submitit") is None:
        missing("submitit is not installed (pip install 'gapbench[slurm]')")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in TESTS_TOO.items():
            patch.setenv(name, value)
        yield


def in_jobs(
    resources: Resources, specs: list[RunSpec], *, workers: int = 2, cluster: str = "local", minutes: float = 30.0
) -> SlurmExecutor:
    """In as many processes that stand in for jobs."""
    machines = Machines(slurm={"cluster": cluster}, results="results", job_minutes=minutes)
    return SlurmExecutor(resources, workers, machines, specs)
