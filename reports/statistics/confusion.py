"""Full confusion counts, and what metrics would be if the classes had other proportions."""

from __future__ import annotations

import numpy as np

from reports.statistics.confusion_counts import Floats, Integers, Margins


def count_confusion(
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


def reweighted(confusion: Floats, proportions: Floats) -> Margins:
    """Margins (…, n_seeds, n_classes) as if the classes had these proportions.

    Each case of class c counts π_c / π′_c, its wanted over its found proportion. confusion: (…, n_seeds, n_classes,
    n_classes); proportions: (…, n_seeds or 1, n_classes), up to a factor, which no ratio of counts sees. A class
    without cases stays without.
    """
    # einsum adds along short axes several times faster than sum: here whole numbers, and below in the same order.
    truth = np.einsum("...kj->...k", confusion)
    weight = np.where(truth > 0, proportions / np.where(truth > 0, truth, 1.0), 0.0)
    weighted = confusion * weight[..., None]
    return Margins(
        tp=np.diagonal(weighted, axis1=-2, axis2=-1),
        predicted=np.einsum("...kj->...j", weighted),
        truth=weighted.sum(-1),
        confused=np.zeros((*truth.shape[:-1], 0)),
    )
