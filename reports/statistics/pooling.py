"""From checked rows of predictions to pooled counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd

from reports.statistics.cases import INTERNAL, Cases
from reports.statistics.checked_predictions import Predictions, check_predictions, complete_seeds
from reports.statistics.confusion_counts import (
    ConfusionCounts,
    Flags,
    Floats,
    Integers,
    confusion_matrices,
    count_confusions,
    counts_of_folds,
)
from reports.statistics.probabilities import Probabilities, are_probabilities, probabilities_in

FEW_OF_CLUSTERS = 0.4
MOST_CLASSES_OF_A_CONFUSION = 50  # it grows with the square


@dataclass(frozen=True)
class Side:
    """One backbone's counts on one side.

    clusters: (n_clusters,) codes of those with a prediction; counts: (n_clusters, n_seeds, n_classes);
    strata: (n_clusters,), the class within which each cluster is drawn when draws are stratified. confusion:
    (n_clusters, n_seeds, n_classes, n_classes), truth before prediction; of external sides with few classes only.
    of_shared: site → counts of the cases whose class both that site and the internal side hold, where one lacks some.
    of_models: of external sides under one seed, the counts of each fold model: (n_folds, n_classes).
    """

    name: str
    clusters: Integers
    counts: ConfusionCounts
    strata: Integers
    n_cases: int
    confusion: Floats | None = None
    of_shared: Mapping[str, ConfusionCounts] = field(default_factory=dict)
    of_models: ConfusionCounts | None = None

    @cached_property
    def fewest_clusters(self) -> tuple[int, Integers]:
        """Clusters that the seed with the fewest predicts, and those of each class (n_classes,).

        Seeds differ in hold-out splits; each seed's class average stands on its own cases alone.
        """
        held = self.counts.truth > 0
        return int(held.any(-1).sum(0).min()), np.asarray(held.sum(0).min(0), dtype=np.int64)

    @cached_property
    def whole(self) -> ConfusionCounts:
        """The counts summed over clusters."""
        return self.counts.total()

    @cached_property
    def held(self) -> Flags:
        """Which clusters hold a case of each class, under any seed: (n_classes, n_clusters)."""
        return np.ascontiguousarray((self.counts.truth > 0).any(1).T)

    @cached_property
    def predicted(self) -> Flags:
        """Which clusters have a prediction of each class, under any seed: (n_classes, n_clusters)."""
        return np.ascontiguousarray((self.counts.predicted > 0).any(1).T)

    @cached_property
    def few_hold_most(self) -> bool:
        """Whether a few clusters hold most of the cases: (Σn)²/Σn² of their sizes is under two fifths of their number.

        That is Kish's (1965) effective number; geometric sizes have a half, Pareto ones of shape 1.1 a quarter or so.
        """
        sizes = self.counts.truth.sum((1, 2), dtype=np.float64)
        return bool(sizes.sum() ** 2 < FEW_OF_CLUSTERS * len(sizes) * np.square(sizes).sum())

    def drawn_within(self, *, stratify: bool) -> Integers:
        """The stratum within which each cluster is drawn, one for all where draws are not stratified: (n_clusters,)."""
        return self.strata if stratify else np.zeros_like(self.strata)

    @property
    def present(self) -> Integers:
        """The codes of the classes that have cases here."""
        return np.flatnonzero(self.held.any(1))

    @property
    def same_cases(self) -> bool:
        """Whether every seed predicts the same cases."""
        return bool(self.counts.truth.shape[-2] == 1)

    @property
    def clusters_of_class(self) -> Integers:
        """How many clusters hold a case of each class: (n_classes,)."""
        return np.asarray(self.held.sum(1), dtype=np.int64)


@dataclass(frozen=True)
class OutOfFold:
    """Internal predictions, each (n_predictions,): seed and fold as given, the other four codes from 0."""

    seed: Integers
    fold: Integers
    case: Integers
    cluster: Integers
    label: Integers
    predicted: Integers

    def of_seeds(self, seeds: Sequence[int]) -> OutOfFold:
        keep = np.isin(self.seed, seeds)
        return OutOfFold(*(column[keep] for column in vars(self).values()))

    def correct(self) -> Flags | None:
        """Whether each case is predicted right under each seed, (n_cases, n_seeds); None where a seed lacks cases."""
        cases, row = np.unique(self.case, return_inverse=True)
        seeds, column = np.unique(self.seed, return_inverse=True)
        if len(self.case) != len(cases) * len(seeds):
            return None
        right = np.zeros((len(cases), len(seeds)), dtype=np.bool_)
        right[row, column] = self.label == self.predicted
        return right

    def clusters(self) -> Integers:
        """The cluster of each case, in the order of `correct`: (n_cases,)."""
        return self.cluster[np.unique(self.case, return_index=True)[1]]


@dataclass(frozen=True)
class Pooled:
    """The complete seeds of one entry.

    partitions: which case was in which fold, as a digest by seed. probabilities: by side, empty where not given.
    """

    name: str
    seeds: tuple[int, ...]
    sides: Mapping[str, Side]
    partitions: Mapping[int, bytes]
    out_of_fold: OutOfFold
    probabilities: Mapping[str, Probabilities]

    @cached_property
    def of_folds(self) -> ConfusionCounts:
        """Internal counts of each fold model instead of each cluster: (n_folds, n_seeds, n_classes)."""
        internal, n_classes = self.out_of_fold, self.sides[INTERNAL].counts.tp.shape[-1]
        return counts_of_folds(internal.seed, internal.fold, internal.label, internal.predicted, n_classes=n_classes)

    def of_seeds(self, seeds: Sequence[int]) -> Pooled:
        """The same entry over some of its seeds, without probabilities; clusters that these do not predict go."""
        positions = np.array([self.seeds.index(seed) for seed in seeds])
        sides = {name: _side_of_seeds(side, positions) for name, side in self.sides.items()}
        out_of_fold = self.out_of_fold.of_seeds(seeds)
        return replace(self, seeds=tuple(seeds), sides=sides, out_of_fold=out_of_fold, probabilities={})


def pool_predictions(
    predictions: pd.DataFrame,
    cases: Cases,
    *,
    name: str,
    folds: int,
    pairs: Sequence[tuple[int, int]] = (),
) -> tuple[Pooled | None, list[str]]:
    """Pool one entry's predictions: out-of-fold internally, over all fold models externally.

    Returns None where no seed is complete, and notes of what was left out. A seed is left out where it has
    fewer than `folds` folds, or where some fold model did not predict every case of an external site that
    the entry predicts. Raises ValueError naming the first offenders on unknown cases or classes, labels or
    sites that contradict the case table, duplicates, and more folds than declared.
    """
    checked = check_predictions(predictions, cases, name)
    seeds, notes = complete_seeds(checked, cases, name, folds)
    if not seeds:
        return None, [*notes, f"{name}: no complete seed, so it has no row."]
    complete = checked.where(np.isin(checked.seed, seeds))
    by_site = {
        cases.site_names[code]: _count_side(complete.where(complete.site == code), int(code), cases, seeds, pairs)
        for code in np.unique(complete.site)
    }
    sides = {site: by_site[site] for site in sorted(by_site, key=lambda site: (site != INTERNAL, site))}
    sides = _with_shared_classes(sides, complete, cases, seeds)
    internal = complete.where(complete.site == cases.code_of(INTERNAL))
    partitions = {seed: _partition(internal.where(internal.seed == seed)) for seed in seeds}
    label = cases.label[internal.case]
    out_of_fold = OutOfFold(
        internal.seed, internal.fold, internal.case, cases.cluster[internal.case], label, internal.predicted
    )
    probabilities, without = _probabilities(predictions, complete, cases, seeds, name)
    notes += without
    pooled = Pooled(name, tuple(seeds), sides, partitions, out_of_fold, probabilities)
    return pooled, [*notes, *_what_is_missing(pooled, cases, folds)]


def _count_side(
    predictions: Predictions,
    code: int,
    cases: Cases,
    seeds: Sequence[int],
    pairs: Sequence[tuple[int, int]],
) -> Side:
    clusters, cluster = np.unique(cases.cluster[predictions.case], return_inverse=True)
    seed, truth = np.searchsorted(seeds, predictions.seed), cases.label[predictions.case]
    sizes = {"n_clusters": len(clusters), "n_seeds": len(seeds), "n_classes": len(cases.classes)}
    counts = count_confusions(cluster, seed, truth, predictions.predicted, **sizes, pairs=pairs, dtype=np.float32)
    name, n_cases = cases.site_names[code], len(np.unique(predictions.case))
    confusion, of_models = None, None
    if name != INTERNAL and len(cases.classes) <= MOST_CLASSES_OF_A_CONFUSION:
        confusion = confusion_matrices(cluster, seed, truth, predictions.predicted, **sizes)
    if name != INTERNAL and len(seeds) == 1:
        models, model = np.unique(predictions.fold, return_inverse=True)
        of_models = count_confusions(
            np.zeros_like(model),
            model,
            truth,
            predictions.predicted,
            n_clusters=1,
            n_seeds=len(models),
            n_classes=len(cases.classes),
            pairs=pairs,
        ).total()
    return Side(name, clusters, counts, cases.stratum[clusters], n_cases, confusion, of_models=of_models)


def _with_shared_classes(
    sides: Mapping[str, Side], predictions: Predictions, cases: Cases, seeds: Sequence[int]
) -> dict[str, Side]:
    """Where a site and the internal side hold different classes, count the cases of the shared ones by themselves.

    A case of another class that is taken for a shared one would lower precision on its side only.
    """
    found, label = dict(sides), cases.label[predictions.case]
    for site in sides:
        shared = (sides[INTERNAL].clusters_of_class > 0) & (sides[site].clusters_of_class > 0)
        if site == INTERNAL or shared.all() or not shared.any():
            continue
        for name in (INTERNAL, site):
            rows = predictions.where(shared[label] & (predictions.site == cases.code_of(name)))
            counts = count_confusions(
                np.searchsorted(sides[name].clusters, cases.cluster[rows.case]),
                np.searchsorted(seeds, rows.seed),
                cases.label[rows.case],
                rows.predicted,
                n_clusters=len(sides[name].clusters),
                n_seeds=len(seeds),
                n_classes=len(cases.classes),
                dtype=np.float32,
            )
            found[name] = replace(found[name], of_shared={**found[name].of_shared, site: counts})
    return found


def _probabilities(
    table: pd.DataFrame, complete: Predictions, cases: Cases, seeds: Sequence[int], name: str
) -> tuple[dict[str, Probabilities], list[str]]:
    """By side, from the columns p_<class>; empty, with a note, where some are no probabilities."""
    values = probabilities_in(table, cases.classes)
    if values is None:
        return {}, []
    values = values[complete.row]
    if not np.isfinite(values).all():
        return {}, [f"{name}: probabilities are missing or no numbers, so nothing is computed from them."]
    if not are_probabilities(values).all():
        return {}, [f"{name}: probabilities are negative or do not sum to 1, so nothing is computed from them."]
    found = {}
    for code in np.unique(complete.site):
        keep = complete.site == code
        side = complete.where(keep)
        cluster = np.unique(cases.cluster[side.case], return_inverse=True)[1]
        seed = np.searchsorted(seeds, side.seed)
        found[cases.site_names[code]] = Probabilities(seed, side.fold, cluster, cases.label[side.case], values[keep])
    return found, []


def _partition(of_seed: Predictions) -> bytes:
    order = np.argsort(of_seed.case)
    return of_seed.case[order].tobytes() + of_seed.fold[order].tobytes()


def _side_of_seeds(side: Side, positions: Integers) -> Side:
    counts = side.counts.of_seeds(positions)
    keep = counts.holding(np.arange(counts.truth.shape[-1]))
    confusion = None if side.confusion is None else side.confusion[keep][:, positions]
    return replace(
        side,
        clusters=side.clusters[keep],
        counts=counts.of_clusters(keep),
        strata=side.strata[keep],
        confusion=confusion,
        of_shared={site: one.of_seeds(positions).of_clusters(keep) for site, one in side.of_shared.items()},
    )


def _what_is_missing(pooled: Pooled, cases: Cases, folds: int) -> list[str]:
    notes = [f"{pooled.name}: no predictions for {site}." for site in cases.site_names if site not in pooled.sides]
    total, predicted = cases.count(cases.code_of(INTERNAL)), pooled.sides[INTERNAL].n_cases
    # A hold-out split predicts a part of the cases by design.
    if folds > 1 and predicted < total:
        notes.append(f"{pooled.name}: {total - predicted} of {total} internal cases have no prediction.")
    return notes
