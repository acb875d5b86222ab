"""The margins of each fold model on its internal held-out cases."""

from __future__ import annotations

import numpy as np

from reports.statistics.confusion_counts import Integers, Margins, count_margins


def fold_margins(seed: Integers, fold: Integers, label: Integers, predicted: Integers, *, n_classes: int) -> Margins:
    """The margins of each fold model, folds standing where margins have clusters: (n_folds, n_seeds, n_classes).

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
    return count_margins(
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
