"""What becomes of a trial whose process died or was interrupted: its parameters are tried again. Writes the storage."""

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

MOST_RETRIES = 3
HISTORY = "retry_history"
SURPLUS = "surplus"
ERROR = "error"
FIXED = "fixed_params"
PROCESS = "process"


def retry(study: Study, trial: FrozenTrial) -> None:
    """Queue the parameters of a lost trial once more, at most `MOST_RETRIES` times: it may be what kills processes."""
    before = [*trial.system_attrs.get(HISTORY, []), trial.number]
    params = trial.params or trial.system_attrs.get(FIXED, {})  # given ones are taken up one by one
    if len(before) > MOST_RETRIES or not params:
        return
    kept = {key: value for key, value in trial.system_attrs.items() if key in ("grid_id", "search_space")}
    study.add_trial(
        optuna.create_trial(
            state=TrialState.WAITING,
            params=trial.params,
            distributions=trial.distributions,
            system_attrs={**kept, FIXED: params, HISTORY: before},
        )
    )


def retry_forgotten(study: Study) -> None:
    """Queue again what failed by no fault of its parameters and never was: the disk was full, or its process ended."""
    trials = study.get_trials(deepcopy=False)
    without = lost(trials)
    for trial in trials:
        if (
            trial.state == TrialState.FAIL
            and trial.number not in without
            and not {ERROR, SURPLUS} & set(trial.user_attrs)
        ):
            retry(study, trial)


def sign(trial: Trial, storage: BaseStorage) -> None:
    """Say in the storage which process has taken a trial."""
    storage.set_trial_system_attr(trial._trial_id, PROCESS, _process(os.getpid()))


def take_over(study: Study, storage: BaseStorage) -> None:
    """Fail, and queue again, running trials of processes of this machine that are gone: nobody waits for them."""
    here = _process(os.getpid()).split()[0]
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        process = trial.system_attrs.get(PROCESS, "")
        if process.split()[:1] != [here] or process == _process(int(process.split()[1])):
            continue
        with suppress(UpdateFinishedTrialError):  # another process was quicker
            storage.set_trial_state_values(trial._trial_id, TrialState.FAIL)
            retry(study, trial)


def _process(pid: int) -> str:
    """`host pid ticks`: the ticks at which it began tell it from a later one of the same number; 0 where it is gone.

    The host is named with its space of process numbers, since containers may share a name.
    """
    proc, began, space = Path("/proc"), "0", ""
    with suppress(OSError):
        space = str((proc / "self" / "ns" / "pid").readlink())
        began = (proc / str(pid) / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19]
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
    again = {number for trial in trials for number in trial.system_attrs.get(HISTORY, [])}
    return again | {trial.number for trial in trials if trial.state == TrialState.FAIL and not trial.params}


def counted(trials: Iterable[FrozenTrial]) -> list[FrozenTrial]:
    """Those that count: not lost, and no more than were asked for."""
    trials = list(trials)
    without = lost(trials)
    return [trial for trial in trials if trial.number not in without and SURPLUS not in trial.user_attrs]
