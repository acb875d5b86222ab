"""How the next trial is chosen. What trial n gets depends on the seed, n and the finished trials, on nothing else.

n is its place: what is tried again keeps that of what was lost.
"""

import copy
import hashlib
from collections.abc import Callable, Sequence
from typing import Any

from optuna import samplers
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from studies.retry import place
from studies.space import Space

SAMPLERS = ("tpe", "random", "grid", "cma-es", "gp")
GRID_POINTS = 5
STARTUP_TRIALS = 10


def make_sampler(name: str, space: Space, seed: int, grid_points: int = GRID_POINTS) -> BaseSampler:
    """The sampler `name` of `SAMPLERS`; TPE is multivariate."""
    grid = space.grid(grid_points)
    order_seed = trial_seed(seed, 0)  # one order for the whole study

    def make(trial_seed: int) -> BaseSampler:
        if name == "tpe":
            return samplers.TPESampler(n_startup_trials=STARTUP_TRIALS, multivariate=True, seed=trial_seed)
        if name == "random":
            return samplers.RandomSampler(seed=trial_seed)
        if name == "grid":
            return samplers.GridSampler(grid, seed=order_seed)
        if name == "cma-es":
            return samplers.CmaEsSampler(seed=trial_seed, warn_independent_sampling=False)
        if name == "gp":
            return samplers.GPSampler(n_startup_trials=STARTUP_TRIALS, seed=trial_seed, deterministic_objective=False)
        raise ValueError(f"No sampler {name!r}.")

    return SeededByTrial(make, seed)


def grid_size(space: Space, grid_points: int = GRID_POINTS) -> int:
    """How many trials an exhaustive search takes."""
    size = 1
    for values in space.grid(grid_points).values():
        size *= len(values)
    return size


class SeededByTrial(BaseSampler):
    """Another sampler, made anew for each trial from the study's seed and the trial's place.

    So a search that was interrupted goes on with the state that it would have had, without storing any, and
    processes that share a study do not draw the same numbers. A trial that is tried again has kept its parameters,
    where all of them had been drawn.
    """

    def __init__(self, make: Callable[[int], BaseSampler], seed: int) -> None:
        self._make, self._seed = make, seed
        self._inner = make(trial_seed(seed, 0))

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        self._inner = self._make(trial_seed(self._seed, _place(study, trial)))
        self._inner.before_trial(study, self._numbered(study, trial))

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        return self._inner.infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        return self._inner.sample_relative(study, self._numbered(study, trial), search_space)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        return self._inner.sample_independent(study, trial, param_name, param_distribution)

    def after_trial(self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None) -> None:
        if isinstance(self._inner, samplers.GridSampler):
            return  # it would end the study while other processes still work; the worker counts by itself
        self._inner.after_trial(study, trial, state, values)

    def _numbered(self, study: Study, trial: FrozenTrial) -> FrozenTrial:
        """As the sampler is to see it: some draw by its number, the others know by it which of all trials it is."""
        if not isinstance(self._inner, samplers.GridSampler | samplers.CmaEsSampler):
            return trial
        numbered = copy.copy(trial)
        numbered.number = _place(study, trial)
        return numbered

    def reseed_rng(self) -> None:
        """Nothing to do: each trial has its own seed."""


def _place(study: Study, trial: FrozenTrial) -> int:
    """Among all trials: a study of Hyperband's shows those of one bracket alone."""
    return place(study._storage.get_all_trials(study._study_id, deepcopy=False), trial)


def trial_seed(seed: int, number: int) -> int:
    """32 bits for the trial at place `number`, unrelated to those of its neighbours."""
    return int.from_bytes(hashlib.sha256(f"trial/{seed}/{number}".encode()).digest()[:4])
