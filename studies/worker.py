"""Runs trials until a study has as many as asked for, beside other processes that do the same. Writes the storage."""

import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum

from optuna import TrialPruned
from optuna.study import Study
from optuna.trial import FrozenTrial, Trial, TrialState

from studies.errors import TrialFailedError
from studies.outcome import Attribute, TrialRecord, trial_record
from studies.pruners import Watch
from studies.retry import (
    ERROR,
    FIXED,
    SURPLUS,
    announce,
    counted,
    fail_stale,
    note_drawn,
    retry,
    retry_forgotten,
    sign,
    take_over,
)
from studies.space import Params
from studies.storage import translated
from studies.study import OpenStudy

WAIT_SECONDS = 1.0


@dataclass(frozen=True)
class Scored:
    """What a trial came to. `attributes` are kept with it, also where it was pruned; `value` then means nothing."""

    value: float
    attributes: Mapping[str, Attribute] = field(default_factory=dict)


Score = Callable[[Params, Watch], Scored]
"""Scores parameters. Tells the watch how it goes, and returns early where that says so.

Raises `TrialFailedError` where the parameters are to blame; whatever else it raises ends the search.
"""


def run_trials(
    opened: OpenStudy,
    score: Score,
    trials: int,
    on_trial: Callable[[TrialRecord], None] = lambda trial: None,
    first: Params | None = None,
) -> None:
    """Go on until `trials` trials have ended: complete, pruned, or failed by their own fault; those of others count.

    A trial whose process died is tried again, here or elsewhere; an interrupted one when the search goes on. Waits
    for trials that other processes still run. first: parameters that the study begins with; what all others are
    compared with is never pruned.

    Raises:
        StorageLostError: the storage went away.
    """
    study = opened.study
    with translated(opened.url), _silent_threads():
        if first is not None and not study.get_trials(deepcopy=False):
            study.enqueue_trial(first, skip_if_exists=True)
        retry_forgotten(study)
        if _left(study, trials) is not Left.NOTHING:
            take_over(study, opened.storage)
        announce(study, opened.storage, takes=True)
        while (left := _left(study, trials)) is not Left.NOTHING:
            if left is Left.OTHERS:
                time.sleep(WAIT_SECONDS)
                take_over(study, opened.storage)
                fail_stale(study, opened.storage)
                continue
            study.optimize(
                lambda trial: _objective(opened, trial, score, trials, first),
                n_trials=1,
                catch=(TrialFailedError,),
                callbacks=[lambda _, trial: _tell(trial, on_trial)],
            )
        announce(study, opened.storage, takes=False)


class Left(Enum):
    """What a study still needs."""

    NOTHING = "nothing"
    OTHERS = "the running trials of others to end"
    TRIALS = "trials"


def ended_trials(opened: OpenStudy) -> int:
    """How many trials of a study have ended, here or elsewhere, now or before; those that are tried again do not count.

    Raises:
        StorageLostError: the storage went away.
    """
    with translated(opened.url):
        return sum(trial.state.is_finished() for trial in counted(opened.study.get_trials(deepcopy=False)))


def _left(study: Study, wanted: int) -> Left:
    trials = counted(study.get_trials(deepcopy=False))
    ended = sum(trial.state.is_finished() for trial in trials)
    running = sum(trial.state == TrialState.RUNNING for trial in trials)
    if ended >= wanted:
        return Left.NOTHING
    if ended + running < wanted:
        return Left.TRIALS
    return Left.OTHERS


def _objective(opened: OpenStudy, trial: Trial, score: Score, wanted: int, first: Params | None) -> float:
    sign(trial, opened.storage)
    if _surplus(opened.study, trial.number, wanted):
        trial.set_user_attr(SURPLUS, True)
        raise TrialFailedError("one more than asked for: another process was quicker")
    try:
        given = opened.study.get_trials(deepcopy=False)[trial.number].system_attrs.get(FIXED)
        watch = Watch(trial, opened.plan.pruner, kept=first is not None and given == first)
        params = opened.plan.space.suggest(trial)
        note_drawn(trial, opened.storage)
        scored = score(params, watch)
        for name, value in scored.attributes.items():
            trial.set_user_attr(name, value)
        if watch.pruned:
            raise TrialPruned
        if not math.isfinite(scored.value):
            raise TrialFailedError(f"the score is {scored.value}")
        return scored.value
    except TrialPruned:
        raise
    except TrialFailedError as error:
        trial.set_user_attr(ERROR, str(error))
        raise
    except BaseException:
        retry(opened.study, opened.study.get_trials(deepcopy=False)[trial.number])
        raise


def _surplus(study: Study, number: int, wanted: int) -> bool:
    """Whether as many trials as wanted come before this one: several processes may begin their last one at once."""
    return sum(trial.number < number for trial in counted(study.get_trials(deepcopy=False))) >= wanted


def _tell(trial: FrozenTrial, on_trial: Callable[[TrialRecord], None]) -> None:
    if SURPLUS not in trial.user_attrs:
        on_trial(trial_record(trial))


@contextmanager
def _silent_threads() -> Iterator[None]:
    """A heartbeat that finds its server gone must not print a traceback; the trial itself will say so."""
    before = threading.excepthook
    threading.excepthook = lambda _: None
    try:
        yield
    finally:
        threading.excepthook = before
