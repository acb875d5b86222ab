"""Asks Slurm for jobs, through submitit, and whether they are still there. Starts processes."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.errors import RequestError
from bench.execution.on_slurm.job import Batch

WHERE = ("slurm", "local", "debug")
"""Values of `cluster=`: Slurm, processes of this machine that stand in for jobs, or this process."""
TIME = "time"
MINUTES = 60.0  # of a job, where no time is given
WARNING = 120  # seconds before its end in which a job is told that its time is over
USUAL_ARRAY = 1001
TIMEOUTS = 20  # after which a job is not asked for again by itself


class NoAnswerError(Exception):
    """Slurm does not say which jobs there are."""


@dataclass(frozen=True)
class Submission:
    """How jobs are asked for: `options` are those of `--slurm`, `folder` is where submitit keeps what it needs."""

    options: Mapping[str, str]
    folder: Path

    @property
    def where(self) -> str:
        return self.options.get("cluster", "slurm")

    @property
    def cpus(self) -> int:
        """Processors of a job."""
        return int(self.options.get("cpus_per_task", 1))

    def refuse_impossible(self) -> None:
        """Raise `RequestError` where there is no Slurm, no submitit, or an option has no such value."""
        try:
            import submitit  # noqa: F401
        except ImportError:
            raise RequestError("--executor slurm needs the package submitit: pip install 'gapbench[slurm]'.") from None
        if self.where not in WHERE:
            raise RequestError(f"--slurm cluster={self.where}: cluster is one of {', '.join(WHERE)}.")
        absent = [name for name in ("sbatch", "squeue") if shutil.which(name) is None]
        if self.where == "slurm" and absent:
            raise RequestError(
                f"There is no Slurm here: {absent[0]} is not found. Give the command on a login node, or try it on "
                "this machine with --slurm cluster=local."
            )
        if not self.options.get("cpus_per_task", "1").isdigit():
            raise RequestError(f"--slurm cpus_per_task={self.options['cpus_per_task']} is no number.")
        self._parameters([], None)

    def ask(self, batches: Sequence[Batch], at_once: int | None, excluded: Sequence[str]) -> list[str]:
        """Ask for a job for each batch, at most so many `at_once`, not on `excluded` machines; gives their ids.

        They are asked for as arrays, as few as Slurm's greatest size of an array allows.

        Raises:
            RequestError: Slurm says no.
        """
        import submitit

        executor = submitit.AutoExecutor(
            self.folder, self.where, slurm_max_num_timeout=TIMEOUTS, local_max_num_timeout=TIMEOUTS
        )
        most = longest_array() if self.where == "slurm" else max(1, len(batches))
        arrays = [batches[start : start + most] for start in range(0, len(batches), most)]
        of_each = max(1, at_once // len(arrays)) if at_once and arrays else at_once
        executor.update_parameters(**self._parameters(excluded, of_each))
        jobs = []
        try:
            for array in arrays:
                with executor.batch():
                    jobs += [executor.submit(batch) for batch in array]
        except submitit.core.utils.FailedJobError as error:
            raise RequestError(f"Slurm takes no such job: {' '.join(str(error).split())}. See --slurm.") from None
        for job in jobs if self.where == "debug" else ():
            job.exception()  # a job of this process is done when it is asked what came of it
        return [job.job_id for job in jobs]

    def under_way(self, jobs: Sequence[str]) -> set[str]:
        """Those that wait or work.

        Raises:
            NoAnswerError: nobody can say.
        """
        if self.where == "debug" or not jobs:
            return set()
        if self.where == "local":
            return {job for job in jobs if _is_controller(job)}
        command = ["squeue", "--noheader", "--array", "--format=%i", f"--user={os.getuid()}"]
        try:
            asked = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        except (OSError, subprocess.SubprocessError) as error:
            why = error.stderr if isinstance(error, subprocess.CalledProcessError) else str(error)
            raise NoAnswerError(f"Slurm does not answer squeue: {' '.join(why.split()).rstrip('.')}") from error
        return set(jobs) & set(asked.stdout.split())

    def log(self, job: str) -> Path:
        """What a job has said."""
        import submitit

        stderr: Path = submitit.core.utils.JobPaths(self.folder, job_id=job, task_id=0).stderr
        return stderr

    def _parameters(self, excluded: Sequence[str], at_once: int | None) -> dict[str, Any]:
        """As submitit calls them; what it has no name for goes to sbatch as it is."""
        from submitit.slurm.slurm import SlurmExecutor

        given = {name: value for name, value in self.options.items() if name not in ("cluster", TIME, "cpus_per_task")}
        if excluded:
            given["exclude"] = ",".join(filter(None, [given.get("exclude", ""), *excluded]))
        known = SlurmExecutor._valid_parameters()
        found: dict[str, Any] = {
            "name": "bench",
            "timeout_min": minutes(self.options[TIME]) if TIME in self.options else int(MINUTES),
            "cpus_per_task": self.cpus,
            "slurm_signal_delay_s": WARNING,
            "slurm_additional_parameters": {name: value for name, value in given.items() if name not in known},
        }
        if at_once:
            found["slurm_array_parallelism"] = at_once
        for name, value in given.items():
            if name in known:
                found[f"slurm_{name}"] = int(value) if value.isdigit() else value
        return found


def longest_array() -> int:
    """How many jobs an array of this Slurm may have (MaxArraySize); as many as by default where it does not say."""
    try:
        asked = subprocess.run(["scontrol", "show", "config"], capture_output=True, text=True, timeout=60, check=True)
        said = next(line for line in asked.stdout.splitlines() if line.startswith("MaxArraySize"))
        return max(1, int(said.partition("=")[2]))
    except (OSError, subprocess.SubprocessError, StopIteration, ValueError):
        return USUAL_ARRAY


def minutes(time: str) -> int:
    """A time as sbatch takes it: MINUTES, MINUTES:SECONDS, HOURS:MINUTES:SECONDS, DAYS-HOURS[:MINUTES[:SECONDS]].

    Raises:
        RequestError: it is none.
    """
    days, dash, rest = time.rpartition("-")
    parts = rest.split(":")
    try:
        numbers = [int(part) for part in parts]
        if not 1 <= len(numbers) <= 3:
            raise ValueError
        if dash:
            hours, minute, second = [*numbers, 0, 0][:3]
        else:
            hours, minute, second = {1: [0, *numbers, 0], 2: [0, *numbers], 3: numbers}[len(numbers)]
        return max(1, int(days or 0) * 1440 + hours * 60 + minute + (second > 0))
    except ValueError:
        raise RequestError(f"--slurm time={time} is no time of sbatch, such as 30, 2:00:00 or 1-12:00:00.") from None


def _is_controller(job: str) -> bool:
    """Whether the process that stands in for a job works."""
    try:
        return b"submitit" in Path(f"/proc/{int(job)}/cmdline").read_bytes()
    except (OSError, ValueError):
        return False
