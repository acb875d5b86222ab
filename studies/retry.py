"""What becomes of a trial whose process died or was interrupted: it is tried again. Writes the storage."""

import os
import platform
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import BaseStorage, RDBStorage, fail_stale_trials
from optuna.study import Study
from optuna.trial import FrozenTrial, Trial, TrialState
from sqlalchemy import text

MOST_RETRIES = 5
HISTORY = "retry_history"
SURPLUS = "surplus"
ERROR = "error"
FIXED = "fixed_params"
PROCESS = "process"
DRAWN = "drawn"


def retry(study: Study, trial: FrozenTrial) -> None:
    """Queue a lost trial once more, at most `MOST_RETRIES` times: its parameters may be what kills processes.

    Given parameters as often as it takes: without their score there is nothing to compare with. A trial that was lost
    while its parameters were drawn has them drawn again, by its place (`place`).
    """
    trials = study.get_trials(deepcopy=False)
    before = [*trial.system_attrs.get(HISTORY, []), trial.number]
    given = FIXED in trials[before[0]].system_attrs
    if trial.number in _tried_again(trials) or (len(before) > MOST_RETRIES and not given):
        return
    drawn = DRAWN in trial.system_attrs
    params = trial.params if drawn else trial.system_attrs.get(FIXED, {})
    kept = {key: value for key, value in trial.system_attrs.items() if key not in (PROCESS, DRAWN)}
    study.add_trial(
        optuna.create_trial(
            state=TrialState.WAITING,
            params=trial.params if drawn else {},
            distributions=trial.distributions if drawn else {},
            system_attrs={**kept, **({FIXED: params} if params else {}), HISTORY: before},
        )
    )


def place(trials: Iterable[FrozenTrial], trial: FrozenTrial) -> int:
    """Which number a trial would have if nothing had been lost: how many come before it, without those tried again.

    What is tried again has the place of what was lost.
    """
    first = trial.system_attrs.get(HISTORY, [trial.number])[0]
    return sum(one.number < first and HISTORY not in one.system_attrs for one in trials)


def retry_forgotten(study: Study) -> None:
    """Queue again what failed by no fault of its parameters and never was: the disk was full, or its process ended."""
    for trial in study.get_trials(deepcopy=False):
        if trial.state == TrialState.FAIL and not {ERROR, SURPLUS} & set(trial.user_attrs):
            retry(study, trial)


def announce(study: Study, storage: BaseStorage, takes: bool) -> None:
    """Say in the storage whether this process takes trials from now on: it signs each only once it has taken it."""
    storage.set_study_system_attr(study._study_id, f"{PROCESS} {_process(os.getpid())}", takes)


def sign(trial: Trial, storage: BaseStorage) -> None:
    """Say in the storage which process has taken a trial."""
    storage.set_trial_system_attr(trial._trial_id, PROCESS, _process(os.getpid()))


def note_drawn(trial: Trial, storage: BaseStorage) -> None:
    """Say in the storage that a trial has all of its parameters."""
    storage.set_trial_system_attr(trial._trial_id, DRAWN, True)


def take_over(study: Study, storage: BaseStorage) -> None:
    """Fail, and queue again, running trials of processes of this machine that are gone: nobody waits for them.

    A trial that is not signed is of one of those that were announced, but not of this process, which takes none here.
    """
    running = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
    attributes = storage.get_study_system_attrs(study._study_id)  # after the trials, each of which was announced before
    here = _process(os.getpid())
    announced = [name.partition(" ")[2] for name, takes in attributes.items() if name.split()[0] == PROCESS and takes]
    for trial in running:
        takers = [trial.system_attrs[PROCESS]] if PROCESS in trial.system_attrs else [*{*announced} - {here}]
        if not takers or not all(map(_is_gone, takers)):
            continue
        with suppress(UpdateFinishedTrialError):  # another process was quicker
            storage.set_trial_state_values(trial._trial_id, TrialState.FAIL)
            retry(study, trial)


def _is_gone(process: str) -> bool:
    """False also where it is of another machine, about whose processes nothing is known here."""
    host, pid, _ = process.rsplit(maxsplit=2)
    return host == _process(os.getpid()).rsplit(maxsplit=2)[0] and process != _process(int(pid))


def _process(pid: int) -> str:
    """`host pid ticks`: the ticks at which it began tell it from a later one of the same number.

    They are 0 where it is gone, or has ended and nobody has taken notice yet (a zombie).
    The host is named with its space of process numbers, since containers may share a name.
    """
    proc, began, space = Path("/proc"), "0", ""
    with suppress(OSError):
        space = str((proc / "self" / "ns" / "pid").readlink())
        stat = (proc / str(pid) / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        began = "0" if stat[0] in "ZX" else stat[19]
    return f"{platform.node()}/{space} {pid} {began}"


def fail_stale(study: Study, storage: BaseStorage) -> None:
    """Fail, and queue again, running trials that have shown no life for the storage's grace period.

    A process that dies between taking a trial and its first sign of life leaves none that could grow old. It is given
    one here, which its process, if it lives, soon renews.
    """
    if not isinstance(storage, RDBStorage) or storage.heartbeat_interval is None:
        return  # nobody shows signs of life there
    with storage.engine.connect() as connection:
        alive = set(connection.execute(text("SELECT trial_id FROM trial_heartbeats")).scalars())
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        if trial._trial_id not in alive:
            storage.record_heartbeat(trial._trial_id)
    fail_stale_trials(study)


def lost(trials: Iterable[FrozenTrial]) -> set[int]:
    """Numbers of the trials that were queued again, or had nothing yet to queue; they count for nothing."""
    trials = list(trials)
    never_began = {trial.number for trial in trials if trial.state == TrialState.FAIL and not trial.params}
    return _tried_again(trials) | never_began


def _tried_again(trials: Iterable[FrozenTrial]) -> set[int]:
    return {number for trial in trials for number in trial.system_attrs.get(HISTORY, [])}


def counted(trials: Iterable[FrozenTrial]) -> list[FrozenTrial]:
    """Those that count: not lost, and no more than were asked for."""
    trials = list(trials)
    without = lost(trials)
    return [trial for trial in trials if trial.number not in without and SURPLUS not in trial.user_attrs]
