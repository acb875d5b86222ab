"""How far the searches of a results folder are. Reads study.db."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean

from bench.status.model import Failure, StudyStatus
from bench.store.planned import Planned
from studies.errors import StudyError
from studies.glance import Glance, glance

DATABASE = "study.db"


def read_searches(root: Path, planned: Planned, at_work: bool) -> tuple[list[StudyStatus], list[Failure], list[str]]:
    """Each study that was begun or planned, its failed trials, and what cannot be read.

    at_work: whether a process searches here; else the trials that have not ended are lost.
    """
    found, problems = dict[str, Glance](), list[str]()
    if (root / DATABASE).is_file():
        try:
            found = {one.name: one for one in glance(root / DATABASE)}
        except StudyError as error:
            problems.append(str(error))
    wanted = {study: one.trials for one in planned.searches.values() for study in one.studies}
    elsewhere = [one.storage for one in planned.searches.values() if not one.storage.startswith("sqlite")]
    problems += [
        f"Trials are kept in {storage}, which is not asked here: bench dashboard --storage shows them."
        for storage in dict.fromkeys(elsewhere)
    ]
    known = {study for study in wanted if study in found or not elsewhere}
    names = [name for name in wanted if name in known] + [name for name in found if name not in wanted]
    for one in found.values():
        if not at_work:
            one.lost, one.running = one.lost + one.running, 0
    studies = [_status(name, found.get(name, Glance(name)), wanted) for name in names]
    failures = [
        Failure(f"{one.name} trial {trial.number}", str(trial.number), trial.error)
        for one in found.values()
        for trial in one.failed
    ]
    return studies, failures, problems


def seconds_of_trials(studies: Sequence[StudyStatus], processes: int) -> float | None:
    """Until every study has its trials, by the mean trial of each or, where it has none yet, of all.

    None where no trial has ended, or where it is not known how many are wanted.
    """
    timed = [study.seconds_per_trial for study in studies if study.seconds_per_trial is not None]
    open_trials = [study.left if study.left is None else study.left + study.running for study in studies]
    if not any(open_trials) and None not in open_trials:
        return 0.0
    if not timed or None in open_trials:
        return None
    usual = fmean(timed)
    each = zip(open_trials, studies, strict=True)
    return sum((number or 0) * (study.seconds_per_trial or usual) for number, study in each) / max(1, processes)


def _status(name: str, one: Glance, wanted: Mapping[str, int]) -> StudyStatus:
    """NAME-2 is what --new-study has begun beside NAME."""
    timed, asked = one.complete + one.pruned, wanted.get(name, wanted.get(re.sub(r"-\d+$", "", name)))
    return StudyStatus(
        study=name,
        wanted=asked,
        complete=one.complete,
        pruned=one.pruned,
        failed=len(one.failed),
        lost=one.lost,
        running=one.running,
        left=None if asked is None else max(0, asked - one.ended - one.running),
        seconds_per_trial=one.seconds / timed if timed else None,
    )
