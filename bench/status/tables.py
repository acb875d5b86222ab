"""How far a results folder is, in tables and lines for readers. Pure."""

import time
from collections.abc import Iterator

from bench.engine.durations import duration
from bench.status.model import Status
from bench.store.working_process import WorkingProcess
from reports.tables.table import Column, Table

MOST_FAILURES = 10


def tables(status: Status) -> tuple[Table, ...]:
    """Runs by backbone, runs under way, studies; those without rows are left out."""
    return tuple(table for table in (_runs(status), _running(status), _studies(status)) if table.rows)


def _number(name: str, title: str) -> Column:
    return Column(name, title, "number")


def _runs(status: Status) -> Table:
    columns = (
        Column("backbone", "Backbone"),
        *(_number(name, name.capitalize()) for name in ("planned", "done", "running", "left", "failed")),
        Column("draws", "Of training draws", "number", shown="filled"),
        Column("unplanned", "Not planned", "number", shown="filled"),
        Column("imported", "Imported", "number", shown="filled"),
        Column("seconds_per_run", "Seconds a run", "number", 1),
    )
    rows = tuple(
        (
            *(one.backbone, one.planned, one.done, one.running, one.left, one.failed),
            *(one.draws or None, one.unplanned or None, one.imported or None, one.seconds_per_run),
        )
        for one in status.backbones
    )
    return Table("runs", "Runs", columns, rows)


def _running(status: Status) -> Table:
    columns = (Column("backbone", "Backbone"), _number("seed", "Seed"), _number("fold", "Fold"))
    rows = tuple(
        (one.backbone, one.seed, one.fold, f"{one.epoch} of {one.epochs} epochs" if one.epochs else None)  # a probe
        for one in status.running
    )
    return Table("running", "Under way", (*columns, Column("epoch", "Done")), rows)


def _studies(status: Status) -> Table:
    columns = (
        Column("study", "Study"),
        *(_number(name, name.capitalize()) for name in ("wanted", "complete", "pruned", "failed", "running", "left")),
        Column("seconds_per_trial", "Seconds a trial", "number", 1),
    )
    rows = tuple(
        (
            *(one.study, one.wanted, one.complete, one.pruned, one.failed, one.running, one.left),
            one.seconds_per_trial,
        )
        for one in status.studies
    )
    return Table("studies", "Studies", columns, rows)


def lines(status: Status) -> Iterator[str]:
    """Who is at work, the time left, failures with their reasons, and what is damaged."""
    yield from map(_process, status.processes)
    totals = status.totals()
    if totals["left"] + totals["running"]:
        yield _time_left(status)
    elif totals["planned"] and not totals["failed"]:
        yield "All planned runs are done."
    if any(study.left or study.running for study in status.studies):
        yield _search_left(status)
    if totals["failed"]:
        yield f"{totals['failed']} run(s) failed; the same bench run command tries them again."
    if any(study.running for study in status.studies) and not status.processes:
        yield "Running trials belong to processes that are gone: bench search tries them again."
    for failure in status.failures[:MOST_FAILURES]:
        yield f"Failed: {failure.what}: {failure.error}"
    if len(status.failures) > MOST_FAILURES:
        yield f"{len(status.failures) - MOST_FAILURES} more failures: --json lists them all."
    yield from status.problems


def _time_left(status: Status) -> str:
    if status.seconds_left is None:
        without = [one.backbone for one in status.backbones if one.left + one.running and one.seconds_per_run is None]
        return f"Time left: not known, since no run of {', '.join(without)} is done yet."
    idle = "" if status.processes else ", once bench run goes on"
    return f"Time left: about {duration(status.seconds_left)} with {status.workers} worker(s){idle}."


def _search_left(status: Status) -> str:
    if status.search_seconds_left is None:
        return "Time left of searches: not known, since no trial has ended yet."
    return f"Time left of searches: about {duration(status.search_seconds_left)}, if trials take as long as before."


def _process(process: WorkingProcess) -> str:
    seen = duration(time.time() - process.seen)
    return (
        f"At work: {process.command}, process {process.pid} on {process.host}, for "
        f"{duration(time.time() - process.since)}, last sign {seen} ago."
    )
