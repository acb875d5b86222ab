"""Executes runs in jobs of Slurm. Asks for jobs, waits for what they leave in the spool; says where one ended early."""

import hashlib
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import ceil
from types import TracebackType
from typing import Self

from bench.config.options.machine import Machines
from bench.execution.delivery import Delivery
from bench.execution.executor import Speed, failed
from bench.execution.node_cache import NodeCache
from bench.execution.on_slurm.job import Batch
from bench.execution.on_slurm.spool import Spool
from bench.execution.on_slurm.submission import Submission
from bench.execution.pool import PoolExecutor
from bench.execution.resources import Resources
from bench.execution.variables import inherited
from bench.execution.versions import instructions, versions
from bench.plan.spec import OnEpoch, RunResult, RunSpec
from bench.printing import to_errors
from bench.processes import cores

LOOK = 0.5  # seconds between two looks into the spool
ASK = 20.0  # seconds between two questions to Slurm
TRIES = 3  # jobs that may end without a result of a run
UNKNOWN = 10  # runs of a job where nobody knows how long one takes


class SlurmExecutor:
    """Runs are packed into jobs of about `job_minutes`. What a job leaves is asked for again.

    Jobs belong to the results folder and not to this process: when it ends they go on, and the next one takes in what
    they have done and waits for what is under way.
    """

    def __init__(self, resources: Resources, workers: int, machines: Machines, specs: Sequence[RunSpec]) -> None:
        """workers: at most; specs: of the kind that will be run."""
        self.workers = workers
        self._limit = workers if workers < len(specs) else None
        self._resources, self._machines, self._specs = resources, machines, specs
        name = hashlib.sha256(str(machines.results).encode()).hexdigest()[:16]
        folder = resources.caches.root / "spool" / name
        folder.mkdir(parents=True, exist_ok=True)
        self._spool, self._submission = Spool(folder), Submission(machines.slurm, folder / "jobs")
        self._speeds: dict[str, Speed] = {}
        self._jobs: dict[str, list[str]] = {}

    def __enter__(self) -> Self:
        self._submission.refuse_impossible()
        self._spool.forgive()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._jobs and self._submission.where == "slurm":
            to_errors(
                f"Job(s) {', '.join(self._jobs)} go on; the same command takes in what they do. To end them: scancel "
                f"{' '.join(sorted({job.partition('_')[0] for job in self._jobs}))}"
            )

    def measure(self, spec: RunSpec) -> Speed:
        """On this machine, since a job might wait for hours; nodes may be faster or slower."""
        with PoolExecutor(self._resources, 1) as pool:
            self._speeds[spec.backbone] = speed = pool.measure(spec)
        jobs = len(self._packed(self._specs))
        self.workers = max(1, min(self._limit or len(self._specs), jobs * self._submission.cpus))
        return speed

    def run(self, specs: Sequence[RunSpec], on_epoch: OnEpoch) -> Iterator[tuple[RunSpec, RunResult]]:
        wanted = {spec.run_id: spec for spec in specs}
        told, tries = Counter[str](), Counter[str]()
        for run_id in wanted:
            if not self._spool.has(run_id):
                self._spool.stop_no_more(run_id)
        self._jobs = {job: runs for job, runs in self._spool.jobs().items() if set(runs) & set(wanted)}
        asked = -ASK
        while wanted:
            there = sorted(self._spool.results() & set(wanted))
            for run_id, spec in wanted.items():  # those of results that are there first
                for epoch in self._spool.epochs(run_id)[told[run_id] :]:
                    told[run_id] += 1
                    if not on_epoch(spec, epoch):
                        self._spool.stop(run_id)
            for run_id in there:
                if (result := self._spool.take(run_id)) is not None:
                    yield wanted.pop(run_id), result
                    self._spool.forget(run_id)
            if time.monotonic() - asked > ASK or self._submission.where != "slurm":
                asked = time.monotonic()
                yield from self._ask_again(wanted, tries)
            if wanted:
                time.sleep(LOOK)

    def _ask_again(self, wanted: dict[str, RunSpec], tries: Counter[str]) -> Iterator[tuple[RunSpec, RunResult]]:
        """See which jobs have ended, and ask for jobs for what none has under way. A run of too many of them fails."""
        under_way = self._submission.under_way([*self._jobs])
        ended = {job: runs for job, runs in self._jobs.items() if job not in under_way}
        self._jobs = {job: runs for job, runs in self._jobs.items() if job in under_way}
        there = self._spool.results()  # after the question, since a job writes its last result before it ends
        for job, runs in ended.items():
            if left := [run_id for run_id in runs if run_id in wanted and run_id not in there]:
                to_errors(f"Job {job} has ended with {len(left)} of its {len(runs)} run(s) not done: {self._why(job)}.")
                tries.update(left[: self._submission.cpus])  # those that it had under way
                for run_id in left:
                    if tries[run_id] >= TRIES:
                        text = f"{TRIES} jobs have ended without a result of it, the last: {self._why(job)}"
                        yield wanted.pop(run_id), failed(text)
        of_jobs = {run_id for runs in self._jobs.values() for run_id in runs}
        if missing := [spec for run_id, spec in wanted.items() if run_id not in of_jobs | there]:
            self._ask(missing)

    def _ask(self, specs: Sequence[RunSpec]) -> None:
        packed = self._packed(specs)
        delivery, cpus = self._delivery(specs), self._submission.cpus
        cpu = instructions() if self._machines.same_cpu else ""
        batches = [Batch(part, delivery, self._spool, cpus, inherited(), versions(), cpu) for part in packed]
        at_once = ceil(self._limit / cpus) if self._limit else None
        jobs = self._submission.ask(batches, at_once, [*self._spool.refused()])
        self._jobs |= {job: [spec.run_id for spec in part] for job, part in zip(jobs, packed, strict=True)}
        self._spool.note_jobs(self._jobs)
        to_errors(f"{len(specs)} run(s) are in {len(jobs)} job(s): {', '.join(jobs)}.")

    def _packed(self, specs: Sequence[RunSpec]) -> list[list[RunSpec]]:
        """In their order, each job with about so many minutes of work."""
        place = 60 * self._machines.job_minutes * self._submission.cpus
        if self._submission.where != "slurm":  # one machine, where more jobs than processors help nobody
            most = ceil(len(specs) / (self._limit or cores()))
            return [list(specs[start : start + most]) for start in range(0, len(specs), most)]
        parts, taken = list[list[RunSpec]](), place
        for spec in specs:
            speed = self._speeds.get(spec.backbone)
            seconds = speed.seconds(spec) if speed and not spec.recipe.probes else place / UNKNOWN
            if taken + seconds > place:
                parts.append([])
                taken = 0.0
            parts[-1].append(spec)
            taken += seconds
        return parts

    def _delivery(self, specs: Sequence[RunSpec]) -> Delivery:
        url = self._machines.node_cache
        delivery = Delivery.of(self._resources, specs, carried=url is not None)
        if url is None:
            return delivery
        cache = NodeCache(url)
        cache.put(self._resources.caches.root, delivery.parcels)
        return replace(delivery, source=cache)

    def _why(self, job: str) -> str:
        """The last line that a job has said."""
        log = self._submission.log(job)
        try:
            lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
        except OSError:
            lines = []
        return f"{lines[-1].rstrip('.') if lines else 'it said nothing'} ({log})"
