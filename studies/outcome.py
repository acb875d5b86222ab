"""What a study has come to, as plain records. Reads the storage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import optuna
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from studies.errors import NothingCompleteError
from studies.retry import HISTORY, SURPLUS, lost
from studies.space import Params
from studies.storage import translated
from studies.study import OpenStudy

FEWEST_TRIALS = 20
"""Complete ones, from which on the importance of parameters is estimated."""
Attribute: TypeAlias = "str | int | float | bool | Sequence[str] | Sequence[float]"
State = Literal["complete", "pruned", "failed", "lost", "running", "waiting"]
_STATES: Mapping[TrialState, State] = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
    TrialState.RUNNING: "running",
    TrialState.WAITING: "waiting",
}


@dataclass(frozen=True)
class TrialRecord:
    """One trial. `value` is None unless it is complete; `steps` are its intermediate values; lost: tried again."""

    number: int
    state: State
    value: float | None
    params: Params
    steps: Mapping[int, float]
    attributes: Mapping[str, Attribute]
    seconds: float | None
    retry_of: int | None = None


@dataclass(frozen=True)
class Outcome:
    """All trials of a study and the best complete one. `importance` sums to 1; empty where it cannot be estimated.

    That takes twenty complete trials (`FEWEST_TRIALS`).
    """

    name: str
    metric: str
    trials: tuple[TrialRecord, ...]
    best: TrialRecord
    importance: Mapping[str, float]

    def count(self, state: State) -> int:
        return sum(trial.state == state for trial in self.trials)


def trial_record(trial: FrozenTrial, is_lost: bool = False) -> TrialRecord:
    """A plain copy of a trial."""
    history = trial.system_attrs.get(HISTORY, [])
    complete = trial.state == TrialState.COMPLETE
    return TrialRecord(
        trial.number,
        "lost" if is_lost else _STATES[trial.state],
        trial.value if complete else None,
        dict(trial.params),
        dict(trial.intermediate_values),
        dict(trial.user_attrs),
        trial.duration.total_seconds() if trial.duration else None,
        history[-1] if history else None,
    )


def outcome(opened: OpenStudy) -> Outcome:
    """The study as it is now.

    Raises:
        NothingCompleteError: no trial is complete.
    """
    with translated(opened.url):
        found = opened.study.get_trials()
        without = lost(found)
        records = tuple(
            trial_record(trial, trial.number in without) for trial in found if SURPLUS not in trial.user_attrs
        )
        complete = [trial for trial in records if trial.value is not None]
        if not complete:
            raise NothingCompleteError(_nothing_complete(opened, records))
        sign = 1 if opened.plan.direction == "maximize" else -1
        best = max(complete, key=lambda trial: (sign * (trial.value or 0.0), -trial.number))
        return Outcome(opened.study.study_name, opened.plan.metric, records, best, importance(opened.study))


def importance(study: Study) -> dict[str, float]:
    """Share of the variance of the score that each parameter explains, by fANOVA (Hutter et al. 2014).

    Empty below twenty complete trials, whose shares would be of the trials and not of the parameters.
    """
    complete = [trial for trial in study.get_trials(deepcopy=False) if trial.state == TrialState.COMPLETE]
    if len(complete) < FEWEST_TRIALS or len({trial.value for trial in complete}) < 2:
        return {}
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
    try:
        found = optuna.importance.get_param_importances(study, evaluator=evaluator)
    except (ValueError, RuntimeError):  # a parameter that never varied
        return {}
    return {name: float(share) for name, share in found.items()}


def _nothing_complete(opened: OpenStudy, records: Sequence[TrialRecord]) -> str:
    failed = [trial for trial in records if trial.state == "failed"]
    pruned = sum(trial.state == "pruned" for trial in records)
    first = f"; the first failure: {failed[0].attributes.get('error', 'its process ended')}" if failed else ""
    return (
        f"No trial of the study {opened.study.study_name!r} is complete: {pruned} pruned, {len(failed)} failed{first}. "
        f"So there is nothing to choose. Narrow [search.space] to values that train, give --pruner none, or ask for "
        f"more --trials."
    )
