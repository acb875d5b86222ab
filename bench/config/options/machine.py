"""Options: which machines execute runs, how many at once, and what is shown and kept of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import BaseModel, field_validator

from bench.config.texts import parse_slurm
from bench.executors import AUTO, EXECUTORS
from bench.option import MACHINE, RECIPE, RESULTS, RUN, option
from bench.trackers import TRACKERS

MOST_EPOCHS = 10_000
MOST_DIGITS: Final = 6  # of a number of workers
MONITOR = {"auto": None, "every": 1, "last": 0}
Workers = int | Literal["auto"]
if TYPE_CHECKING:
    Executor = str
else:
    Executor = Literal[(AUTO, *EXECUTORS)]


@dataclass(frozen=True)
class Machines:
    """Of a Ray cluster and of Slurm. Nothing in here decides a result.

    address: HOST:PORT of a Ray cluster, None for one that is begun here; node_cache: a URL that all nodes read;
    gpu_share: of a GPU, for each worker, None where it is measured; same_cpu: whether nodes with another
    instruction set are left out; slurm: options of sbatch, and `cluster`; job_minutes: about how long a job of
    Slurm should take; results: the folder of the results, after which the jobs' own folder is called.
    """

    address: str | None = None
    node_cache: str | None = None
    gpu_share: float | None = None
    same_cpu: bool = False
    slurm: Mapping[str, str] = field(default_factory=dict)
    job_minutes: float = 30.0
    results: str = ""


def checked_workers(value: object) -> Workers | None:
    """A number from 1, also as a text; or `auto`.

    Raises:
        ValueError: neither.
    """
    if value is None or value == AUTO:
        return None if value is None else AUTO
    text = str(value)
    if isinstance(value, bool) or not (text.removeprefix("-").isascii() and text.removeprefix("-").isdigit()):
        raise ValueError(f"must be a whole number or {AUTO}, not {text[:40]!r}")
    if text.startswith("-") or not text.strip("0"):
        raise ValueError(f"must be at least 1, not {text[:40]}")
    if len(text) > MOST_DIGITS:
        raise ValueError(f"must be less than {10**MOST_DIGITS}")
    return int(text)


class MachineOptions(BaseModel):
    """How runs are executed, watched and kept. Nothing in here decides a result."""

    monitor: str = option(
        "auto",
        "Epochs after which held-out cases are scored, to look at: {choices}, or every N.",
        ("run",),
        RECIPE,
        metavar="auto|every|last|N",
        choices=tuple(MONITOR),
        shown="auto: every where it takes at most 5 % of the time, else last",
    )
    workers: Workers | None = option(
        None,
        "Runs at once; {choices}: as many as pay on a GPU.",
        panel=MACHINE,
        metavar="N|auto",
        choices=(AUTO,),
        shown="cores; 1 a GPU",
    )
    executor: Executor = option(AUTO, "What executes runs: {choices}.", panel=MACHINE)
    address: str | None = option(
        None,
        "A Ray cluster, with --executor ray.",
        panel=MACHINE,
        metavar="HOST:PORT",
        shown="one that is begun on this machine",
    )
    node_cache: str | None = option(
        None,
        "Where other machines find pixels and weights: a URL that all read, such as s3://BUCKET/FOLDER.",
        panel=MACHINE,
        metavar="URL",
        shown="sent to them",
    )
    gpu_share: float | None = option(
        None,
        "Share of a GPU that a worker takes on a Ray cluster.",
        panel=MACHINE,
        limits={"gt": 0, "le": 1},
        shown="by the memory and time of a measured step",
    )
    slurm: dict[str, str] = option(
        {},
        "What sbatch is asked for, with --executor slurm: partition=gpu,time=2:00:00,gpus_per_node=1.",
        panel=MACHINE,
        metavar="KEY=VALUE,…",
        joined=True,
        parse=parse_slurm,
    )
    job_minutes: float = option(
        30.0, "About how long a job of Slurm should take; runs are packed into it.", panel=MACHINE, limits={"gt": 0}
    )
    same_cpu: bool = option(
        False, "Leave out machines whose processors have other instructions than most.", panel=MACHINE
    )
    save_models: bool = option(False, "Keep trained models, for bench explain.", ("run",), RESULTS)
    track: list[str] = option(
        [],
        "Log trained models there too: {choices}; repeatable. Nothing is sent unless its own address or key is set.",
        (*RUN, "report"),
        RESULTS,
        metavar="|".join(TRACKERS),
        choices=tuple(TRACKERS),
    )
    results: str = option("results", "Folder for the results.", panel=RESULTS, path=True)

    @field_validator("monitor", mode="before")
    @classmethod
    def _when_to_score(cls, value: Any) -> Any:
        text = str(value)
        if text in MONITOR or (text.isascii() and text.isdigit() and 0 < int(text[:6]) <= MOST_EPOCHS):
            return text
        raise ValueError(f"must be {', '.join(MONITOR)}, or a number of epochs, not {text[:40]!r}")

    @field_validator("track")
    @classmethod
    def _known_trackers(cls, value: list[str]) -> list[str]:
        if unknown := [name for name in value if name not in TRACKERS]:
            raise ValueError(f"must be among {', '.join(TRACKERS)}, not {unknown[0]!r}")
        return list(dict.fromkeys(value))

    @field_validator("workers", mode="before")
    @classmethod
    def _number_or_auto(cls, value: Any) -> Workers | None:
        return checked_workers(value)

    @property
    def machines(self) -> Machines:
        """What executors of other machines need to know."""
        return Machines(
            self.address,
            self.node_cache,
            self.gpu_share,
            self.same_cpu,
            self.slurm,
            self.job_minutes,
            self.results,
        )

    @property
    def leaves_machine(self) -> bool:
        """Whether runs are executed elsewhere, so that processors and memory of this machine say nothing."""
        return self.executor == "slurm" or (self.executor == "ray" and self.address is not None)

    @property
    def wanted_workers(self) -> int | None:
        """How many runs at once; None where that is found out."""
        return None if self.workers == AUTO else self.workers

    @property
    def monitored(self) -> int | None:
        """After how many epochs held-out cases are scored: 0 for the last alone, None as it is cheap."""
        return MONITOR[self.monitor] if self.monitor in MONITOR else int(self.monitor)
