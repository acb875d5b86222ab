"""Reads how far a results folder is, also while others write to it: no lock, no torch, no data frames."""

import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean

from bench.config.toml import read_written
from bench.engine.durations import makespan
from bench.errors import RequestError
from bench.status.model import BackboneStatus, Failure, Status
from bench.status.searches import read_searches, seconds_of_trials
from bench.store.aside import SUFFIX, left_aside
from bench.store.files import FolderFiles
from bench.store.heartbeat import processes_at_work
from bench.store.json_files import DamagedError
from bench.store.planned import FILE as PLAN
from bench.store.planned import PlannedRun, read_planned
from bench.store.records import PREDICTIONS, RunRecord, checked_record, damaged
from bench.store.working_process import SEARCH, ActiveRun, WorkingProcess


def read_status(root: Path) -> Status:
    """How far the folder is.

    Raises:
        RequestError: it is no results folder, its experiment.toml is damaged, or a later release wrote to it.
    """
    files = FolderFiles(root)
    files.refuse_newer()
    processes = tuple(processes_at_work(root))
    if not processes:
        _check(root)
    planned, (stored, problems) = read_planned(root), _stored(root / "runs")
    complete = {run.run_id for run in stored if run.status == "done"}
    running = tuple(run for process in processes for run in process.running if run.run_id not in complete)
    failed = [run for run in stored if run.status == "failed" and run.run_id not in complete]
    backbones = _backbones(planned.runs, stored, {run.run_id for run in failed}, running)
    searching = sum(one.command == SEARCH for one in processes)
    studies, failed_trials, damage = read_searches(root, planned, searching > 0)
    if why := files.damage(PLAN):
        problems.append(f"{root / PLAN} is damaged ({why}), so that it is not known what was planned.")
    alive = [process for process in processes if process.seconds_left is not None]
    return Status(
        results=str(root.resolve()),
        workers=next((process.workers for process in alive if process.workers), planned.workers),
        backbones=tuple(backbones),
        running=running,
        studies=tuple(studies),
        processes=processes,
        failures=(*(Failure(run.title, run.run_id, run.error) for run in failed), *failed_trials),
        problems=(*problems, *damage),
        seconds_left=_told(alive[0]) if alive else _from_stored(backbones, planned.workers),
        search_seconds_left=seconds_of_trials(studies, searching),
    )


def _check(root: Path) -> None:
    file = root / "experiment.toml"
    if not file.is_file():
        raise RequestError(
            f"{root} is no results folder: it has no experiment.toml. Give the one that `bench run`, `bench search` or "
            f"`bench import` writes to."
        )
    read_written(file)


def _stored(folder: Path) -> tuple[list[RunRecord], list[str]]:
    """Every run and failed run, and what is damaged. Folders that are being written begin with a dot."""
    found, problems = list[RunRecord](), left_aside(folder)
    paths = sorted(folder.iterdir()) if folder.is_dir() else []
    for path in paths:
        if path.name.startswith(".") or path.suffix == SUFFIX or not path.is_dir():
            continue
        try:
            record = checked_record(path)
            if record.status == "done" and not (path / PREDICTIONS).is_file():
                raise DamagedError(f"{PREDICTIONS} is missing")
            found.append(record)
        except DamagedError as error:
            if path.exists():  # else replaced in this moment
                problems.append(str(damaged(path, error)))
    return sorted(found, key=lambda run: (run.spec.backbone, run.spec.seed, run.spec.fold)), problems


def _backbones(
    planned: Mapping[str, PlannedRun], stored: Sequence[RunRecord], failed: set[str], running: Sequence[ActiveRun]
) -> list[BackboneStatus]:
    """In the order in which they were planned, then those that are only stored."""
    ids: dict[str, list[str]] = defaultdict(list)
    done: dict[str, dict[str, RunRecord]] = defaultdict(dict)
    for name, run in planned.items():
        ids[run.backbone].append(name)
    for one in stored:
        if one.status == "done" and (one.is_ranked or one.draw):
            done[one.spec.backbone][one.run_id] = one
    active = {run.run_id for run in running}
    draws = Counter(run.backbone for run in planned.values() if run.draw)
    return [
        _backbone(name, ids[name], done[name], failed, active, draws[name]) for name in dict.fromkeys([*ids, *done])
    ]


def _backbone(
    name: str, planned: Sequence[str], done: Mapping[str, RunRecord], failed: set[str], active: set[str], draws: int
) -> BackboneStatus:
    open_runs = [run for run in planned if run not in done]
    running = sum(run in active for run in open_runs)
    failures = sum(run in failed and run not in active for run in open_runs)
    trained = {run: one.seconds for run, one in done.items() if one.spec.role == "main"}
    seconds = [trained[run] for run in planned if run in trained] or list(trained.values())
    mean = fmean(seconds) if seconds else None
    left = len(open_runs) - running - failures
    return BackboneStatus(
        backbone=name,
        planned=len(planned),
        done=len(planned) - len(open_runs),
        running=running,
        left=left,
        failed=failures,
        draws=draws,
        unplanned=len(trained.keys() - set(planned)),
        imported=len(done) - len(trained),
        seconds_per_run=mean,
        seconds_left=0.0 if not left + running else None if mean is None else mean * (left + running),
    )


def _told(process: WorkingProcess) -> float | None:
    """What the running process expects, less the time since it said so."""
    left = process.seconds_left
    return None if left is None else max(0.0, left - max(0.0, time.time() - process.seen))


def _from_stored(backbones: Sequence[BackboneStatus], workers: int) -> float | None:
    """What the mean seconds of stored runs say; None where runs are left of a backbone of which none is stored."""
    seconds: list[float] = []
    for one in backbones:
        if one.left + one.running:
            if one.seconds_per_run is None:
                return None
            seconds += [one.seconds_per_run] * (one.left + one.running)
    return makespan(seconds, workers)
