"""What becomes of a trial whose process died or was interrupted: its parameters are tried again. Writes the storage."""

from collections.abc import Iterable

import optuna
from optuna.storages import BaseStorage, RDBStorage, fail_stale_trials
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy import text

MOST_RETRIES = 3
HISTORY = "retry_history"
SURPLUS = "surplus"


def retry(study: Study, trial: FrozenTrial) -> None:
    """Queue the parameters of a lost trial once more, at most `MOST_RETRIES` times: it may be what kills processes."""
    before = [*trial.system_attrs.get(HISTORY, []), trial.number]
    if len(before) > MOST_RETRIES or not trial.params:
        return
    kept = {key: value for key, value in trial.system_attrs.items() if key in ("grid_id", "search_space")}
    study.add_trial(
        optuna.create_trial(
            state=TrialState.WAITING,
            params=trial.params,
            distributions=trial.distributions,
            system_attrs={**kept, "fixed_params": trial.params, HISTORY: before},
        )
    )


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
