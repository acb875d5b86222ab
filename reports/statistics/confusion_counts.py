"""Confusion margins: the integer counts from which every metric here is computed.

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
Counts = npt.NDArray[np.floating]

TIE = 1e-9  # below any real difference of two ratios of counts, above rounding error


@dataclass(frozen=True)
class Margins:
    """Counts per seed and class, summed over the fold models of the seed.

    The confusion averaged over F fold models is these counts divided by F; every metric here is a ratio of
    counts, so F cancels and the counts stay whole.

    tp, predicted: (…, n_seeds, n_classes). truth: the same, or (…, 1, n_classes) where all seeds predict the
    same cases. confused: (…, n_seeds, n_pairs), cases of either class of a pair taken for the other one.
    """

    tp: Counts
    predicted: Counts
    truth: Counts
    confused: Counts

    def holding(self, classes: Integers | Sequence[int]) -> Flags:
        """Which clusters hold a case of any of these classes, under any seed: (n_clusters,)."""
        return np.asarray((self.truth[..., classes] > 0).any(axis=(1, 2)))

    def total(self) -> Margins:
        """Sum over the first axis."""
        parts = (self.tp, self.predicted, self.truth, self.confused)
        return Margins(*(part.sum(0, dtype=np.float64) for part in parts))

    def without_each(self, clusters: slice) -> Margins:
        """Totals without cluster g, for every g of a slice of the first axis: (n_slice, …)."""
        whole = self.total()
        return Margins(
            whole.tp - self.tp[clusters],
            whole.predicted - self.predicted[clusters],
            whole.truth - self.truth[clusters],
            whole.confused - self.confused[clusters],
        )

    def of_classes(self, classes: Integers) -> Margins:
        """The margins of some classes; predictions and truths of these classes stay complete."""
        return Margins(self.tp[..., classes], self.predicted[..., classes], self.truth[..., classes], self.confused)

    def of_seeds(self, seeds: Integers) -> Margins:
        """The margins of some seeds, given by position."""
        truth = self.truth if self.truth.shape[-2] == 1 else self.truth[..., seeds, :]
        return Margins(self.tp[..., seeds, :], self.predicted[..., seeds, :], truth, self.confused[..., seeds, :])

    def of_clusters(self, keep: Flags) -> Margins:
        """The margins of some clusters (first axis)."""
        return Margins(self.tp[keep], self.predicted[keep], self.truth[keep], self.confused[keep])

    def to_columns(self) -> Counts:
        """(n_clusters, n_columns), so that weights (n_resamples, n_clusters) @ columns resamples everything."""
        n_clusters = len(self.tp)
        parts = (self.tp, self.predicted, self.truth, self.confused)
        return np.concatenate([part.reshape(n_clusters, -1) for part in parts], axis=1)

    def from_columns(self, columns: npt.NDArray[np.floating]) -> Margins:
        """The inverse of `to_columns` for resampled columns (n_resamples, n_columns)."""
        parts, start = [], 0
        for like in (self.tp, self.predicted, self.truth, self.confused):
            width = like[0].size
            part = columns[:, start : start + width].astype(np.float64)
            parts.append(part.reshape(len(columns), *like.shape[1:]))
            start += width
        return Margins(*parts)


def count_margins(
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
) -> Margins:
    """Count predictions per cluster, seed and class.

    The first four arguments are (n_predictions,) codes from 0. `pairs` are class codes whose mutual confusion
    is counted. A case predicted by several fold models counts once per model, as truth and as prediction; a
    case that a seed does not predict counts for that seed not at all. dtype: of the counts, in which they are exact.
    """
    cell = cluster * n_seeds + seed
    shape = (n_clusters, n_seeds, n_classes)

    def count(rows: Flags | slice, codes: Integers) -> Counts:
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
    return Margins(
        tp=count(truth == predicted, truth),
        predicted=count(every, predicted),
        truth=truths[:, :1] if same_cases else truths,
        confused=confused,
    )
