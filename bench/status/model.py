"""What `bench status` knows of a results folder: typed, and as JSON has it. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from bench.store.working_process import ActiveRun, WorkingProcess

SCHEMA = 1


@dataclass(frozen=True)
class Failure:
    """A run or trial that failed. `name` is the run's id or the trial's number, `error` its reason."""

    what: str
    name: str
    error: str


@dataclass(frozen=True)
class BackboneStatus:
    """The runs of one backbone. Each planned one is done, running, failed or left; draws: how many of these are on
    training cases that were drawn anew.

    unplanned: trained, but not planned (any more): under other folds or settings, or before plans were kept.
    seconds_per_run: mean of those done; seconds_left: of its running and left runs on one worker, None where no run
    of it is done.
    """

    backbone: str
    planned: int
    done: int
    running: int
    left: int
    failed: int
    unplanned: int
    imported: int
    seconds_per_run: float | None
    seconds_left: float | None
    draws: int = 0


@dataclass(frozen=True)
class StudyStatus:
    """A study of a search. `wanted` is None where that is not known, and then `left` as well.

    seconds_per_trial: mean of those complete or pruned.
    """

    study: str
    wanted: int | None
    complete: int
    pruned: int
    failed: int
    lost: int
    running: int
    left: int | None
    seconds_per_trial: float | None


@dataclass(frozen=True)
class Status:
    """All of it. seconds_left: of all runs, search_seconds_left: of all trials, each None where it is not known.

    problems: what is damaged.
    """

    results: str
    workers: int
    backbones: tuple[BackboneStatus, ...]
    running: tuple[ActiveRun, ...]
    studies: tuple[StudyStatus, ...]
    processes: tuple[WorkingProcess, ...]
    failures: tuple[Failure, ...]
    problems: tuple[str, ...]
    seconds_left: float | None
    search_seconds_left: float | None

    def totals(self) -> Mapping[str, int]:
        """Of all backbones: planned, done, running, left, failed, unplanned, imported, draws."""
        names = ("planned", "done", "running", "left", "failed", "unplanned", "imported", "draws")
        return {name: sum(getattr(one, name) for one in self.backbones) for name in names}

    def to_dict(self) -> dict[str, Any]:
        """As `bench status --json` prints it; docs/command-line.md has the keys."""
        return {"schema": SCHEMA, "runs": self.totals(), **asdict(self)}
