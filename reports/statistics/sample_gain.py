"""Sample gain: by how much averaging over the seeds lowers the variance of internal accuracy.

The notion is that of Eve, Varoquaux & Moreau (2026, arXiv 2606.12552): splits repeated over the same cases lower the
variance of a score as further test cases would. The definition and the estimator here are this project's own. Of the
accuracy averaged over S seeds, patients (or cases, where no patient is known) and seeds both drawn anew,

    Var(S) = A + B/S + C/S,   gain(S) = Var(1)/Var(S),   effective cases = a (1 − a)/Var(S)

with A what clusters contribute, B seeds (common to all cases of a seed) and C clusters × seeds, and a the accuracy. No
number of seeds takes A away, and no number of cases B.
"""

from dataclasses import dataclass

import numpy as np

from reports.statistics.confusion_counts import AnyFloats, Floats
from reports.statistics.jackknife import between_clusters, of_cluster_by_seed

ONE_SEED = "one seed: the variance between clusters and that within them are not separable"
ONE_CLUSTER = "one cluster: the variance between seeds and that within them are not separable"
NOTHING_VARIES = "every prediction is right, or every one wrong: nothing varies"


@dataclass(frozen=True)
class VarianceComponents:
    """What clusters, seeds and clusters × seeds contribute to the variance of the accuracy under one seed."""

    cluster: float
    seed: float
    within: float

    def of_mean(self, n_seeds: int) -> float:
        """The variance of the accuracy averaged over so many seeds."""
        return self.cluster + (self.seed + self.within) / n_seeds


@dataclass(frozen=True)
class SampleGain:
    """Var(1)/Var(S), and by what share the next seed would raise it: gain(S+1)/gain(S) − 1.

    effective_cases: how many cases, each right or wrong on its own and under one model that no seed changes, would know
    the accuracy as well. The numbers are None where they are not defined, and `reason` then says why.
    """

    components: VarianceComponents | None
    gain: float | None
    effective_cases: float | None
    next_seed: float | None
    reason: str | None = None

    def to_dict(self) -> dict[str, object]:
        components = None if self.components is None else vars(self.components)
        return {**vars(self), "components": components}


def sample_gain(per_seed: Floats, changes: AnyFloats) -> SampleGain:
    """The gain of the seeds there are, from the accuracy of each, (n_seeds,), and the changes without each cluster.

    changes: (n_clusters, n_seeds), every cluster under every seed.
    """
    n_clusters, n_seeds = changes.shape
    if n_seeds == 1 or n_clusters == 1:
        return SampleGain(None, None, None, None, ONE_SEED if n_seeds == 1 else ONE_CLUSTER)
    components = variance_components(per_seed, changes)
    one, now, then = (components.of_mean(n) for n in (1, n_seeds, n_seeds + 1))
    if one == 0:
        return SampleGain(components, None, None, None, NOTHING_VARIES)
    accuracy = float(per_seed.mean())
    return SampleGain(components, one / now, accuracy * (1 - accuracy) / now, now / then - 1)


def variance_components(per_seed: Floats, changes: AnyFloats) -> VarianceComponents:
    """From the three mean squares of the jackknife over clusters and seeds; negative differences are set to 0."""
    n_seeds = len(per_seed)
    within = of_cluster_by_seed(changes)
    between_seeds = float(np.var(per_seed, ddof=1)) / n_seeds
    return VarianceComponents(
        cluster=max(0.0, between_clusters(changes).variance - within),
        seed=n_seeds * max(0.0, between_seeds - within),
        within=n_seeds * within,
    )
