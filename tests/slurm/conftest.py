"""A real Slurm cluster for the tests of this folder."""

from collections.abc import Iterator

import pytest
from slurm.cluster import Cluster, cluster


@pytest.fixture(scope="module")
def slurm() -> Iterator[Cluster]:
    """A controller and two nodes, whose jobs are this machine's processes."""
    with cluster() as made:
        yield made
