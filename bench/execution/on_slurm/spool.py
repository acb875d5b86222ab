"""A folder through which jobs and the driver speak, on a disk that both see. Reads and writes it.

A result is there whole or not at all. Jobs write results and epochs, the driver takes results away, says which runs
are to stop, and notes which jobs it has asked for, so that another driver can go on with them.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.atomic import write_text
from bench.cached_file import DamagedFileError, read_sealed, write_sealed
from bench.execution.on_slurm.packed import packed, unpacked
from bench.plan.spec import EpochRecord, RunResult

JOBS = "jobs.json"
RESULT, EPOCHS, STOP, REFUSED = ".result", ".epochs", ".stop", ".refused"


@dataclass(frozen=True)
class Spool:
    """One for each results folder."""

    folder: Path

    def put(self, run_id: str, result: RunResult) -> None:
        """A job has a result."""
        write_sealed(self.folder / f"{run_id}{RESULT}", packed(result))

    def has(self, run_id: str) -> bool:
        """Whether a result lies there."""
        return (self.folder / f"{run_id}{RESULT}").is_file()

    def results(self) -> set[str]:
        """The runs whose results lie there."""
        return {path.name.removesuffix(RESULT) for path in self.folder.glob(f"[0-9a-f]*{RESULT}")}

    def take(self, run_id: str) -> RunResult | None:
        """A result, which stays until it is forgotten; None where there is none, or a damaged one, which goes."""
        try:
            content = read_sealed(self.folder / f"{run_id}{RESULT}")
            return None if content is None else unpacked(content)
        except (DamagedFileError, ValueError, KeyError, TypeError):
            self.forget(run_id)
            return None

    def forget(self, run_id: str) -> None:
        """Delete what lies there of a run."""
        for suffix in (EPOCHS, STOP, RESULT):
            (self.folder / f"{run_id}{suffix}").unlink(missing_ok=True)

    def begin(self, run_id: str) -> None:
        """A job begins the run, whose epochs come anew."""
        (self.folder / f"{run_id}{EPOCHS}").unlink(missing_ok=True)

    def add_epoch(self, run_id: str, epoch: EpochRecord) -> bool:
        """A job has done an epoch of the run; whether it is to go on."""
        with (self.folder / f"{run_id}{EPOCHS}").open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(epoch)) + "\n")
        return not (self.folder / f"{run_id}{STOP}").exists()

    def begun(self) -> set[str]:
        """The runs of which there are epochs."""
        return {path.name.removesuffix(EPOCHS) for path in self.folder.glob(f"[0-9a-f]*{EPOCHS}")}

    def epochs(self, run_id: str) -> list[EpochRecord]:
        """Those of the run so far."""
        try:
            lines = (self.folder / f"{run_id}{EPOCHS}").read_text(encoding="utf-8").split("\n")
        except FileNotFoundError:
            return []
        return [EpochRecord(**json.loads(line)) for line in lines[:-1]]  # the last one may be half written

    def stop_no_more(self, run_id: str) -> None:
        """What an earlier driver wanted to end is wanted now."""
        (self.folder / f"{run_id}{STOP}").unlink(missing_ok=True)

    def stop(self, run_id: str) -> None:
        """The driver wants the run to end after its epoch."""
        (self.folder / f"{run_id}{STOP}").touch()

    def refuse(self, host: str, why: str) -> None:
        """A job was on a machine that must not be used."""
        write_text(self.folder / f"{host}{REFUSED}", why)

    def refused(self) -> dict[str, str]:
        """Machines that must not be used, and why."""
        return {path.name.removesuffix(REFUSED): path.read_text() for path in self.folder.glob(f"[!.]*{REFUSED}")}

    def forgive(self) -> None:
        """Machines may have been changed since."""
        for path in self.folder.glob(f"*{REFUSED}"):
            path.unlink(missing_ok=True)

    def note_jobs(self, jobs: Mapping[str, Sequence[str]]) -> None:
        """The runs of each job that may be under way."""
        write_text(self.folder / JOBS, json.dumps({job: list(runs) for job, runs in jobs.items()}))

    def jobs(self) -> dict[str, list[str]]:
        """What was noted last, by an earlier driver perhaps."""
        with suppress(OSError, ValueError, AttributeError):
            noted = json.loads((self.folder / JOBS).read_text(encoding="utf-8"))
            return {str(job): [str(run) for run in runs] for job, runs in noted.items()}
        return {}
