"""What executors of other machines need to know, as the options of an experiment say."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Machines:
    """Of a Ray cluster and of Slurm. Nothing in here decides a result.

    address: HOST:PORT of a Ray cluster, None for one that is begun here; node_cache: a URL that all nodes read;
    gpu_share: of a GPU, for each worker; same_cpu: whether nodes with another instruction set are left out; slurm:
    options of sbatch, and `cluster`; job_minutes: about how long a job of Slurm should take; results: the folder of
    the results, after which the jobs' own folder is called.
    """

    address: str | None = None
    node_cache: str | None = None
    gpu_share: float = 1.0
    same_cpu: bool = False
    slurm: Mapping[str, str] = field(default_factory=dict)
    job_minutes: float = 30.0
    results: str = ""
