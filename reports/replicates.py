"""An estimate together with everything that says how it varies; estimates subtract as pairs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from reports.margins import Floats

_NONE: Floats = np.empty(0)


@dataclass(frozen=True)
class Replicates:
    """One quantity: per seed, per resample, and without each cluster of each side it involves.

    per_seed: (n_seeds,); resampled: (n_resamples,), or empty where nothing was drawn; deleted: side → (n_clusters,).
    Subtracting two of them pairs seeds, resamples and clusters, so it needs the same seeds, draws and, on shared sides,
    clusters.
    """

    per_seed: Floats
    resampled: Floats
    deleted: Mapping[str, Floats]

    @property
    def value(self) -> float:
        """The reported estimate: the mean over seeds."""
        return float(self.per_seed.mean())

    def __sub__(self, other: Replicates) -> Replicates:
        # A side that only one of the two involves leaves the other's estimate as it is; the constant that
        # this adds to every deleted value cancels in the jackknife, which centres them.
        deleted = dict(self.deleted)
        for side, values in other.deleted.items():
            deleted[side] = deleted[side] - values if side in deleted else -values
        both = min(len(self.resampled), len(other.resampled))
        return Replicates(self.per_seed - other.per_seed, self.resampled[:both] - other.resampled[:both], deleted)

    def jackknife_over_seeds(self) -> Floats:
        """The estimate without each seed: (n_seeds,); empty for one seed."""
        n = len(self.per_seed)
        return (self.per_seed.sum() - self.per_seed) / (n - 1) if n > 1 else self.per_seed[:0]


@dataclass(frozen=True)
class SideReplicates:
    """All named quantities of one backbone on one side.

    per_seed: name → (n_seeds,) or (n_seeds, n_values); resampled and deleted likewise, by resample (only of what was
    drawn) and by cluster; deleted without the metrics of one class.
    """

    side: str
    per_seed: Mapping[str, Floats]
    resampled: Mapping[str, Floats]
    deleted: Mapping[str, Floats]

    def of(self, name: str) -> Replicates:
        """A quantity with one value a seed."""
        return Replicates(self.per_seed[name], self.resampled.get(name, _NONE), {self.side: self.deleted[name]})

    def at(self, name: str, position: int, deleted: Floats) -> Replicates:
        """One of several values; deleted: (n_informative,), without each of the informative clusters.

        A cluster whose counts cannot enter the value says nothing of its variance.
        """
        resampled = self.resampled[name][:, position] if name in self.resampled else _NONE
        return Replicates(self.per_seed[name][:, position], resampled, {self.side: deleted})
