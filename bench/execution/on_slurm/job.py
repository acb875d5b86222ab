"""What a job does: some runs, one after another or several at once. Writes results into the spool."""

import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.errors import BenchError
from bench.execution.delivery import Delivery
from bench.execution.on_slurm.spool import Spool
from bench.execution.variables import inherit
from bench.execution.versions import differences, instructions, versions
from bench.plan.spec import EpochRecord, RunSpec


@dataclass(frozen=True)
class Batch:
    """The runs of a job, what they need, and where results go.

    workers: runs at once; cpu: the instructions that a processor must have, empty where all will do.
    """

    specs: Sequence[RunSpec]
    delivery: Delivery
    spool: Spool
    workers: int
    variables: Mapping[str, str | None]
    versions: Mapping[str, str]
    cpu: str

    def __call__(self) -> None:
        """Do the runs that have no result yet. One that fails has a result too.

        Raises:
            BenchError: this machine is of another kind than the driver's.
        """
        inherit(self.variables)
        self._refuse_other_machine()
        left = [spec for spec in self.specs if not self.spool.has(spec.run_id)]
        if not left:
            return
        for spec in left:
            self.spool.begin(spec.run_id)

        def on_epoch(spec: RunSpec, epoch: EpochRecord) -> bool:
            return self.spool.add_epoch(spec.run_id, epoch)

        from bench.execution.in_process import InProcessExecutor
        from bench.execution.pool import PoolExecutor

        resources, workers = self.delivery.unpacked(), min(self.workers, len(left))
        with InProcessExecutor(resources) if workers == 1 else PoolExecutor(resources, workers) as executor:
            for spec, result in executor.run(left, on_epoch):
                self.spool.put(spec.run_id, result)

    def checkpoint(self) -> Any:
        """What submitit asks Slurm for when the job's time is over, or another job takes its place: what is left."""
        from submitit.helpers import DelayedSubmission

        return DelayedSubmission(self)

    def _refuse_other_machine(self) -> None:
        host = os.environ.get("SLURMD_NODENAME") or socket.gethostname()  # by which Slurm knows it
        why = differences(versions(), self.versions)
        if not why and self.cpu and instructions() != self.cpu:
            why = f"instruction set {instructions()} (the driver's: {self.cpu})"
        if why:
            self.spool.refuse(host, why)
            raise BenchError(f"Node {host} has {why}.")
