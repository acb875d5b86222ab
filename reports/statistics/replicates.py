"""An estimate with all that says how it varies; the difference of two is taken pair by pair."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from reports.statistics.confusion_counts import AnyFloats, Floats

_NONE: Floats = np.empty(0)


@dataclass(frozen=True)
class Replicates:
    """One quantity: per seed, per resample, and how much each cluster of each side it involves moves it.

    per_seed: (n_seeds,); resampled: (n_resamples,), or empty where nothing was drawn; changes: side → what leaving out
    each cluster changes, (n_clusters, n_seeds); models: with one seed, site → the value of each fold model, (n_folds,).
    Subtracting two of them pairs seeds, resamples, clusters and models, so it needs the same seeds, draws and, on
    shared sides, clusters.
    """

    per_seed: Floats
    resampled: Floats
    changes: Mapping[str, AnyFloats]
    models: Mapping[str, AnyFloats] = field(default_factory=dict)

    @property
    def value(self) -> float:
        """The reported estimate: the mean over seeds."""
        return float(self.per_seed.mean())

    @property
    def bias(self) -> float:
        """By how much the value is too high on so few clusters: (G−1) · Σ_g c_g / G a side (Quenouille 1956)."""
        return float(sum((len(of_side) - 1) * of_side.mean(dtype=np.float64) for of_side in self.changes.values()))

    def __sub__(self, other: Replicates) -> Replicates:
        both = min(len(self.resampled), len(other.resampled))
        return Replicates(
            self.per_seed - other.per_seed,
            self.resampled[:both] - other.resampled[:both],
            _minus(self.changes, other.changes),
            _minus(self.models, other.models),
        )

    def jackknife_over_clusters(self) -> list[Floats]:
        """By side, the estimate without each cluster, up to a constant: (n_clusters,) each."""
        return [of_side.mean(1, dtype=np.float64) for of_side in self.changes.values()]

    def jackknife_over_seeds(self) -> Floats:
        """The estimate without each seed: (n_seeds,); empty for one seed."""
        n = len(self.per_seed)
        return (self.per_seed.sum() - self.per_seed) / (n - 1) if n > 1 else self.per_seed[:0]


def _minus(a: Mapping[str, AnyFloats], b: Mapping[str, AnyFloats]) -> dict[str, AnyFloats]:
    """The difference by side; what only one of the two has is kept as it is, or with its sign turned."""
    found = dict(a)
    for side, values in b.items():
        found[side] = found[side] - values if side in found else -values
    return found


@dataclass(frozen=True)
class SideReplicates:
    """All named quantities of one backbone on one side.

    per_seed: name → (n_seeds,) or (n_seeds, n_values); resampled (only of what was drawn), changes (without the metrics
    of one class) and models (with one seed, of a site) likewise, by resample, by cluster and seed, and by fold model.
    """

    side: str
    per_seed: Mapping[str, Floats]
    resampled: Mapping[str, Floats]
    changes: Mapping[str, AnyFloats]
    models: Mapping[str, Floats] = field(default_factory=dict)

    def of(self, name: str) -> Replicates:
        """The replicates of a quantity that has one value a seed."""
        models = {self.side: self.models[name]} if name in self.models else {}
        return Replicates(self.per_seed[name], self.resampled.get(name, _NONE), {self.side: self.changes[name]}, models)

    def at(self, name: str, position: int, changes: AnyFloats) -> Replicates:
        """One of several values; changes: (n_informative, n_seeds), by the informative clusters.

        A cluster whose counts cannot enter the value says nothing of its variance.
        """
        resampled = self.resampled[name][:, position] if name in self.resampled else _NONE
        models = {self.side: self.models[name][:, position]} if name in self.models else {}
        return Replicates(self.per_seed[name][:, position], resampled, {self.side: changes}, models)
