"""Confusion counts, from which metrics of predicted classes are computed.

Axes are written (…, n_seeds, n_classes). The leading axes are clusters when counting, resamples or deleted
clusters when estimating. Counts are whole numbers below 2⁵³, so their sums in float64 are exact. Those of clusters may
be kept as float32, half the size; sums over clusters and metrics are always float64.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
AnyFloats = npt.NDArray[np.floating]

TIE = 1e-9  # below any real difference of two ratios of counts, above rounding error


@dataclass(frozen=True)
class ConfusionCounts:
    """Counts per seed and class, summed over the fold models of the seed.

    The confusion averaged over F fold models is these counts divided by F; every metric here is a ratio of
    counts, so F cancels and the counts stay whole.

    tp, predicted: (…, n_seeds, n_classes). truth: the same, or (…, 1, n_classes) where all seeds predict the
    same cases. confused: (…, n_seeds, n_pairs), cases of either class of a pair taken for the other one.
    """

    tp: AnyFloats
    predicted: AnyFloats
    truth: AnyFloats
    confused: AnyFloats

    def holding(self, classes: Integers | Sequence[int]) -> Flags:
        """Which clusters hold a case of any of these classes, under any seed: (n_clusters,)."""
        return np.asarray((self.truth[..., classes] > 0).any(axis=(1, 2)))

    def total(self) -> ConfusionCounts:
        """The sum over the first axis."""
        parts = (self.tp, self.predicted, self.truth, self.confused)
        return ConfusionCounts(*(part.sum(0, dtype=np.float64) for part in parts))

    def without_each(self, clusters: slice) -> ConfusionCounts:
        """Totals without cluster g, for every g of a slice of the first axis: (n_slice, …)."""
        whole = self.total()
        return ConfusionCounts(
            whole.tp - self.tp[clusters],
            whole.predicted - self.predicted[clusters],
            whole.truth - self.truth[clusters],
            whole.confused - self.confused[clusters],
        )

    def of_classes(self, classes: Integers) -> ConfusionCounts:
        """The counts of some classes; predictions and truths of these classes stay complete."""
        return ConfusionCounts(
            self.tp[..., classes], self.predicted[..., classes], self.truth[..., classes], self.confused
        )

    def of_seeds(self, seeds: Integers) -> ConfusionCounts:
        """The counts of some seeds, given by position."""
        truth = self.truth if self.truth.shape[-2] == 1 else self.truth[..., seeds, :]
        return ConfusionCounts(
            self.tp[..., seeds, :], self.predicted[..., seeds, :], truth, self.confused[..., seeds, :]
        )

    def of_clusters(self, keep: Flags) -> ConfusionCounts:
        """The counts of some clusters (first axis)."""
        return ConfusionCounts(self.tp[keep], self.predicted[keep], self.truth[keep], self.confused[keep])

    def to_columns(self) -> AnyFloats:
        """All counts side by side, (n_clusters, n_columns); a product of weights and these resamples them."""
        n_clusters = len(self.tp)
        parts = (self.tp, self.predicted, self.truth, self.confused)
        return np.concatenate([part.reshape(n_clusters, -1) for part in parts], axis=1)

    def from_columns(self, columns: npt.NDArray[np.floating]) -> ConfusionCounts:
        """The inverse of `to_columns` for resampled columns (n_resamples, n_columns)."""
        parts, start = [], 0
        for like in (self.tp, self.predicted, self.truth, self.confused):
            width = like[0].size
            part = columns[:, start : start + width].astype(np.float64)
            parts.append(part.reshape(len(columns), *like.shape[1:]))
            start += width
        return ConfusionCounts(*parts)


def count_confusions(
    cluster: Integers,
    seed: Integers,
    truth: Integers,
    predicted: Integers,
    *,
    n_clusters: int,
    n_seeds: int,
    n_classes: int,
    pairs: Sequence[tuple[int, int]] = (),
    dtype: type[np.floating] = np.float64,
) -> ConfusionCounts:
    """Count predictions per cluster, seed and class.

    The first four arguments are (n_predictions,) codes from 0. `pairs` are class codes whose mutual confusion
    is counted. A case predicted by several fold models counts once per model, as truth and as prediction; a
    case that a seed does not predict counts for that seed not at all. dtype: of the counts, in which they are exact.
    """
    cell = cluster * n_seeds + seed
    shape = (n_clusters, n_seeds, n_classes)

    def count(rows: Flags | slice, codes: Integers) -> AnyFloats:
        flat = np.bincount(cell[rows] * n_classes + codes[rows], minlength=int(np.prod(shape)))
        return flat.reshape(shape).astype(dtype)

    every = slice(None)
    truths = count(every, truth)
    confused = np.zeros((n_clusters, n_seeds, len(pairs)), dtype)
    for position, (a, b) in enumerate(pairs):
        swapped = ((truth == a) & (predicted == b)) | ((truth == b) & (predicted == a))
        flat = np.bincount(cell[swapped], minlength=n_clusters * n_seeds)
        confused[..., position] = flat.reshape(n_clusters, n_seeds)
    same_cases = bool((truths == truths[:, :1]).all())
    return ConfusionCounts(
        tp=count(truth == predicted, truth),
        predicted=count(every, predicted),
        truth=truths[:, :1] if same_cases else truths,
        confused=confused,
    )


def counts_of_folds(
    seed: Integers, fold: Integers, label: Integers, predicted: Integers, *, n_classes: int
) -> ConfusionCounts:
    """The counts of each fold model, folds standing where counts have clusters: (n_folds, n_seeds, n_classes).

    seed and fold are the numbers given, label and predicted class codes from 0, each (n_predictions,) and of
    internal cases only.

    Raises ValueError on no predictions, unequal lengths, unknown class codes and seeds that differ in their
    number of folds.
    """
    _check(seed, fold, label, predicted, n_classes)
    seeds, seed_code = np.unique(seed, return_inverse=True)
    fold_code = np.empty(len(fold), dtype=np.int64)
    n_folds = []
    for code in range(len(seeds)):
        of_seed = seed_code == code
        folds, fold_code[of_seed] = np.unique(fold[of_seed], return_inverse=True)
        n_folds.append(len(folds))
    if len(set(n_folds)) > 1:
        raise ValueError(f"The seeds {seeds.tolist()} have {n_folds} folds; each needs as many.")
    return count_confusions(
        fold_code,
        np.asarray(seed_code, dtype=np.int64),
        label,
        predicted,
        n_clusters=n_folds[0],
        n_seeds=len(seeds),
        n_classes=n_classes,
    )


def _check(seed: Integers, fold: Integers, label: Integers, predicted: Integers, n_classes: int) -> None:
    lengths = [len(column) for column in (seed, fold, label, predicted)]
    if len(set(lengths)) > 1:
        raise ValueError(f"Seeds, folds, labels and predictions differ in length: {lengths}.")
    if not lengths[0]:
        raise ValueError("There are no predictions to score.")
    for codes in (label, predicted):
        if codes.min() < 0 or codes.max() >= n_classes:
            raise ValueError(f"Class codes are 0 to {n_classes - 1}, not {codes.min()} to {codes.max()}.")


def confusion_matrices(
    cluster: Integers,
    seed: Integers,
    truth: Integers,
    predicted: Integers,
    *,
    n_clusters: int,
    n_seeds: int,
    n_classes: int,
) -> Floats:
    """Counts (n_clusters, n_seeds, n_classes, n_classes), truth before prediction, of (n_predictions,) codes from 0."""
    shape = (n_clusters, n_seeds, n_classes, n_classes)
    cell = ((cluster * n_seeds + seed) * n_classes + truth) * n_classes + predicted
    return np.bincount(cell, minlength=int(np.prod(shape))).reshape(shape).astype(np.float64)


def reweighted(confusion: Floats, proportions: Floats) -> ConfusionCounts:
    """Counts (…, n_seeds, n_classes) as if the classes had these proportions.

    Each case of class c counts π_c / π′_c, its wanted over its found proportion. confusion: (…, n_seeds, n_classes,
    n_classes); proportions: (…, n_seeds or 1, n_classes), up to a factor, which no ratio of counts sees. A class
    without cases stays without.
    """
    # einsum adds along short axes several times faster than sum: here whole numbers, and below in the same order.
    truth = np.einsum("...kj->...k", confusion)
    weight = np.where(truth > 0, proportions / np.where(truth > 0, truth, 1.0), 0.0)
    weighted = confusion * weight[..., None]
    return ConfusionCounts(
        tp=np.diagonal(weighted, axis1=-2, axis2=-1),
        predicted=np.einsum("...kj->...j", weighted),
        truth=weighted.sum(-1),
        confused=np.zeros((*truth.shape[:-1], 0)),
    )
