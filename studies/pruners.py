"""When a trial is given up early, and what its intermediate values are compared at.

Two kinds of steps. Pruners by epoch see the first part (a fold under a seed) as it trains, at tenths of the trial's own
epochs, since a schedule that ends after 3 epochs is ahead of one that ends after 10 at the same epoch; then the mean
over the parts so far. The Wilcoxon pruner sees the score of each part, paired with the same part of the best trial.
"""

from collections.abc import Sequence
from statistics import fmean

from optuna import pruners
from optuna.pruners import BasePruner
from optuna.trial import Trial

PRUNERS = ("median", "hyperband", "wilcoxon", "none")
STAGES = 10
WARMUP = 3  # tenths: before the learning rate has peaked, scores say little


def make_pruner(name: str, parts: int) -> BasePruner:
    """The pruner `name` of `PRUNERS` for trials of so many parts."""
    if name == "median":
        return pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=WARMUP)
    if name == "hyperband":
        return pruners.HyperbandPruner(min_resource=WARMUP, max_resource=STAGES + parts - 1, reduction_factor=3)
    if name == "wilcoxon":
        return pruners.WilcoxonPruner(p_threshold=0.1, n_startup_steps=2)
    if name == "none":
        return pruners.NopPruner()
    raise ValueError(f"No pruner {name!r}.")


class Watch:
    """Through which a trial tells how it goes, and hears whether to go on. `kept`: it is never given up."""

    def __init__(self, trial: Trial, pruner: str, *, kept: bool = False) -> None:
        self._trial, self._by_part, self._kept = trial, pruner == "wilcoxon", kept
        self._stage = 0
        self.pruned = False

    def epoch(self, done: int, epochs: int, score: float) -> bool:
        """The first part has done `done` of `epochs` epochs; False: give up."""
        stage = STAGES * done // epochs
        if self._by_part or stage <= self._stage:
            return not self.pruned
        self._stage = stage
        return self._report(score, stage)

    def part(self, scores: Sequence[float]) -> bool:
        """One more part has ended; `scores` are those of all that have, in their order. False: give up."""
        if self._by_part:
            return self._report(scores[-1], len(scores) - 1)
        if len(scores) == 1:
            return not self.pruned  # its last epoch has been told
        return self._report(fmean(scores), STAGES + len(scores) - 1)

    def _report(self, value: float, step: int) -> bool:
        if value == value:  # a NaN compares with nothing; the trial itself will fail by it
            self._trial.report(value, step)
            self.pruned = self.pruned or (self._trial.should_prune() and not self._kept)
        return not self.pruned
