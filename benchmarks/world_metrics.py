"""The metrics of a world from their definitions, for weighted populations; nothing of `reports` is used."""

from __future__ import annotations

import numpy as np

from benchmarks.world_scores import Flags, Floats, Integers


def confusion(label: Integers, predicted: Integers, weight: Floats, n_classes: int) -> Floats:
    """Shares of the population, rows labels and columns predictions: (n_classes, n_classes)."""
    cells = np.bincount(label * n_classes + predicted, weights=weight, minlength=n_classes**2)
    return np.asarray(cells.reshape(n_classes, n_classes) / weight.sum())


def of_confusion(cells: Floats, classes: tuple[str, ...]) -> dict[str, Floats]:
    """Every metric of a confusion (…, n_classes, n_classes): name → (…).

    Averages are over the classes that have labels; numbers of one class are NaN where it has none.
    """
    right = np.diagonal(cells, axis1=-2, axis2=-1)
    truth, predicted, total = cells.sum(-1), cells.sum(-2), cells.sum((-2, -1))
    there = np.where(truth > 0, truth, np.nan)
    f1, recall, precision = 2 * right / (there + predicted), right / there, right / np.maximum(predicted, 1e-12)
    agreement, chance = right.sum(-1) / total, (truth * predicted).sum(-1) / total**2
    values = {
        "accuracy": agreement,
        "macro_f1": np.nanmean(f1, axis=-1),
        "balanced_accuracy": np.nanmean(recall, axis=-1),
        "kappa": (agreement - chance) / (1 - chance),
        "confused": (cells[..., 0, 1] + cells[..., 1, 0]) / (truth[..., 0] + truth[..., 1]),
    }
    for code, name in enumerate(classes):
        values |= {f"f1:{name}": f1[..., code], f"recall:{name}": recall[..., code]}
        values[f"precision:{name}"] = precision[..., code]
    return {name: np.asarray(value) for name, value in values.items()}


def of_labels(cells: Floats, there: Flags) -> Floats:
    """A confusion of the cases alone whose label is there, (n_classes,)."""
    return np.asarray(cells * there[:, None])


def with_mix(cells: Floats, mix: Floats) -> Floats:
    """A confusion whose rows count so that labels have the proportions `mix` (…, n_classes)."""
    return np.asarray(cells * (mix / cells.sum(-1))[..., None])


def of_probabilities(probability: Floats, label: Integers, weight: Floats) -> dict[str, float]:
    """Brier score, and AUROC and average precision of each class against the rest, averaged: of one model.

    probability: (n_cases, n_classes), without ties. Averages are over the classes that have labels.
    """
    counted = weight > 0
    probability, label, weight = probability[counted], label[counted], weight[counted]
    wanted = label[:, None] == np.arange(probability.shape[1])
    brier = (np.square(probability - wanted).sum(1) * weight).sum() / weight.sum()
    there = wanted.any(0)
    wanted, probability = wanted[:, there], probability[:, there]
    order = np.argsort(-probability, axis=0)
    positive = np.take_along_axis(wanted, order, axis=0) * weight[order]
    hits, seen = positive.cumsum(0), weight[order].cumsum(0)
    negative = weight[order] - positive
    areas = (negative * hits).sum(0) / (positive.sum(0) * negative.sum(0))
    precisions = (positive * (hits / seen)).sum(0) / positive.sum(0)
    return {"auroc": float(areas.mean()), "average_precision": float(precisions.mean()), "brier": float(brier)}
