"""How much a value moves with the cases that models are trained on, from models of training cases drawn anew.

Under each seed several draws of the training patients are trained on, with the same split, initial weights and order of
batches. What a value differs by from draw to draw of one seed is then the draw's. It has two parts. Single patients
change sides, here one and there another; that is in the variance between patients already. And all patients are
predicted better or worse together: that is what another training set does, and what no number of test patients or seeds
averages out.

Internal patients do both: they are tested, and they train the models of other folds. A patient who is hard to predict
tends to make worse models as well, so an internal value varies more than both variances together. Patients are in some
draws and not in others, and so this covariance can be seen.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from reports.statistics.confusion_counts import AnyFloats, Floats, Integers
from reports.statistics.jackknife import Part, between_clusters, of_cluster_by_seed


@dataclass(frozen=True)
class OfDraws:
    """One quantity under each draw of each seed.

    values: (n_draws,) over all seeds; changes: side → what leaving out each cluster changes, (n_clusters, n_draws);
    seed: (n_draws,) the seed of each.
    """

    values: Floats
    changes: Mapping[str, AnyFloats]
    seed: Integers

    def of_seeds(self) -> Iterator[Integers]:
        """The places of the draws of each seed that has two or more."""
        for seed in np.unique(self.seed):
            places = np.flatnonzero(self.seed == seed)
            if len(places) > 1:
                yield places

    @property
    def df(self) -> int:
        """Degrees of freedom: of each seed one less than it has draws."""
        return sum(len(places) - 1 for places in self.of_seeds())


def between_draws(draws: OfDraws) -> Part:
    """The variance that training cases give a value: σ²_T = s² − Σ_sides R·V_CR, not below 0.

    s² is the variance of the R values of one seed, and R·V_CR what cluster × draw adds to each of them
    (`of_cluster_by_seed` with draws in the place of seeds); both are averaged over seeds by their degrees of freedom.

    Raises ValueError where no seed has two draws.
    """
    total = 0.0
    for places in draws.of_seeds():
        n = len(places)
        single = sum(n * of_cluster_by_seed(changes[:, places]) for changes in draws.changes.values())
        total += (n - 1) * (float(draws.values[places].var(ddof=1)) - single)
    if not draws.df:
        raise ValueError("Two draws of one seed are needed to see what they differ by.")
    return Part(max(0.0, total / draws.df), draws.df)


def with_cases(draws: OfDraws, times: AnyFloats, changes: AnyFloats) -> float:
    """Twice the covariance of what internal patients do to a value as tested and as training cases.

    times: (n_clusters, n_draws), how often each internal cluster was drawn; changes: (n_clusters, n_seeds), by what
    leaving one out changes the value, where training cases were not drawn. Tested on once more, cluster g would raise
    the value by t_g = −√((G−1)/G)·(c_g − c̄). So Σ_g t_g·times_g is how easy the patients of a draw are, and its
    covariance with the values, within seeds, is that of both roles. It is noisy: below 0 it counts as 0, and above
    √(V_C·σ²_T), the most that it can be, as that.
    """
    part, n = between_clusters(changes), len(changes)
    centred = changes.mean(1, dtype=np.float64)
    tested = -np.sqrt((n - 1) / n) * ((centred - centred.mean()) @ times)
    both = sum(
        float((tested[places] - tested[places].mean()) @ (draws.values[places] - draws.values[places].mean()))
        for places in draws.of_seeds()
    )
    most = float(np.sqrt(part.variance * between_draws(draws).variance))
    return 2 * min(max(0.0, both / draws.df), most)
