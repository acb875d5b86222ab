"""The label worklist: cases whose given label most seeds contradict with confidence.

Confident learning (Northcutt, Jiang & Chuang 2021, "Confident Learning: Estimating Uncertainty in Dataset Labels",
JAIR 70:1373–1411) on out-of-fold probabilities averaged over seeds. A list of cases to look at again, not of errors.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reports.statistics.confusion_counts import Flags, Floats, Integers
from reports.statistics.probabilities import are_probabilities

_ROUNDING = 1e-9  # the mean of equal probabilities may come out larger than each of them


@dataclass(frozen=True)
class Suspect:
    """A case to look at again.

    case: its position in the arrays given; label, suggested: class codes. confidence: mean probability of the
    suggested class, score: the same minus that of the given label. agreement: share of all predictions (each backbone
    and seed is one) that are the suggested class. flip_rate: share of the pairs of seeds of one backbone that predict
    different classes, None where no backbone has two. seeds: how many seeds predict the case.
    """

    case: int
    label: int
    suggested: int
    confidence: float
    score: float
    agreement: float
    flip_rate: float | None
    seeds: int


@dataclass(frozen=True)
class Worklist:
    """Suspects, the largest score first, and what they were judged by.

    thresholds: the least mean probability that counts as confident, by class; None for a class without cases.
    judged: how many cases have a prediction. findable: the share of wrong labels, drawn from the other classes at
    random, that would be listed; None where there is no other class.
    """

    suspects: tuple[Suspect, ...]
    thresholds: tuple[float | None, ...]
    judged: int
    findable: float | None


def build_worklist(backbones: Sequence[Floats], labels: Integers) -> Worklist:
    """Find and rank the cases that most seeds get confidently wrong out-of-fold.

    backbones: for each an array (n_seeds, n_cases, n_classes) of out-of-fold probabilities, wholly NaN where a seed
    does not predict a case; all have the same seeds in the same order. labels: (n_cases,), class codes.

    1. p̂_ic: the mean over the seeds that predict case i, then over backbones, each counting the same.
    2. Threshold t_c: the mean of p̂_ic over the cases labelled c (the paper's equation 2).
    3. Case i counts as class j = argmax {p̂_ic : p̂_ic ≥ t_c}, if there is such a class (the confident joint, equation
       1). It is suspect where j is not the given label (an off-diagonal entry) and more than half of its predictions,
       each the most probable class of one backbone and seed, are not the given label either.
    4. score = p̂_ij − p̂_iy, the margin of the paper's method "prune by noise rate".

    Ties keep the order of the cases. Raises ValueError on shapes that do not fit and on rows that are no probabilities.
    """
    stacked = _stack(backbones, labels)
    there = np.isfinite(stacked[..., 0])
    judged = np.flatnonzero(there.any((0, 1)))
    stacked, there, given = stacked[:, :, judged], there[:, :, judged], labels[judged]
    mean = mean_probabilities(stacked)
    thresholds = confident_thresholds(mean, given)
    suggested = confident_classes(mean, thresholds)
    votes = _votes(stacked, there)
    rows, total = np.arange(len(judged)), votes.sum((0, 2))
    contradicted = total - votes[:, rows, given].sum(0)
    suspects = (suggested >= 0) & (suggested != given) & (2 * contradicted > total)
    flips = _flip_rates(votes)
    found = [
        Suspect(
            case=int(judged[row]),
            label=int(given[row]),
            suggested=int(suggested[row]),
            confidence=float(mean[row, suggested[row]]),
            score=float(mean[row, suggested[row]] - mean[row, given[row]]),
            agreement=float(votes[:, row, suggested[row]].sum() / total[row]),
            flip_rate=None if np.isnan(flips[row]) else float(flips[row]),
            seeds=int(there[:, :, row].any(0).sum()),
        )
        for row in np.flatnonzero(suspects)
    ]
    return Worklist(
        suspects=tuple(sorted(found, key=lambda one: -one.score)),
        thresholds=tuple(None if np.isinf(threshold) else float(threshold) for threshold in thresholds),
        judged=len(judged),
        findable=_findable(suggested, votes.sum(0), given, np.isfinite(thresholds)),
    )


def _findable(suggested: Integers, votes: Integers, given: Integers, known: Flags) -> float | None:
    """The share of cases that would be listed under a label that is not theirs, over all such labels.

    suggested, given: (n_cases,); votes: (n_cases, n_classes); known: (n_classes,), which classes have cases.
    Out-of-fold predictions do not hang on a case's own label, and its share in the thresholds is left as it is.
    """
    total, codes = votes.sum(1, keepdims=True), np.arange(votes.shape[1])
    listed = (suggested[:, None] >= 0) & (suggested[:, None] != codes) & (2 * (total - votes) > total)
    other = (given[:, None] != codes) & known
    return float(listed[other].mean()) if other.any() else None


def mean_probabilities(stacked: Floats) -> Floats:
    """Mean over seeds, then over backbones, of what is there: (n_cases, n_classes).

    stacked: (n_backbones, n_seeds, n_cases, n_classes); every case has a prediction by some backbone.
    """
    there = np.isfinite(stacked)
    seeds = there.sum(1)
    of_backbone = np.where(there, stacked, 0.0).sum(1) / np.maximum(seeds, 1)
    return np.asarray(of_backbone.sum(0) / (seeds > 0).sum(0))


def confident_thresholds(mean: Floats, labels: Integers) -> Floats:
    """Mean probability of each class among the cases labelled so, infinite where there is none: (n_classes,)."""
    n_classes = mean.shape[1]
    number = np.bincount(labels, minlength=n_classes)
    total = np.bincount(labels, mean[np.arange(len(labels)), labels], minlength=n_classes)
    return np.where(number > 0, total / np.maximum(number, 1), np.inf)


def confident_classes(mean: Floats, thresholds: Floats) -> Integers:
    """The most probable of the classes that reach their threshold, −1 where none does: (n_cases,)."""
    confident = np.where(mean >= thresholds - _ROUNDING, mean, -1.0)
    return np.where((confident >= 0).any(-1), confident.argmax(-1), -1)


def _stack(backbones: Sequence[Floats], labels: Integers) -> Floats:
    shapes = {array.shape for array in backbones}
    if len(shapes) != 1 or len(shape := next(iter(shapes))) != 3 or shape[1] != len(labels):
        raise ValueError(
            f"Each backbone needs an array (n_seeds, {len(labels)} cases, n_classes), all alike, not {sorted(shapes)}."
        )
    stacked = np.stack([np.asarray(array, dtype=np.float64) for array in backbones])
    fine = are_probabilities(stacked) | np.isnan(stacked).all(-1)
    if not fine.all():
        backbone, seed, case = np.argwhere(np.logical_not(fine))[0]
        raise ValueError(
            f"Backbone {backbone}, seed {seed}, case {case}: {stacked[backbone, seed, case]} are no probabilities."
        )
    return stacked


def _votes(stacked: Floats, there: Flags) -> Integers:
    """How many seeds of each backbone predict each class: (n_backbones, n_cases, n_classes)."""
    predicted = np.where(there[..., None], stacked, 0.0).argmax(-1)
    chosen = (predicted[..., None] == np.arange(stacked.shape[-1])) & there[..., None]
    return np.asarray(chosen.sum(1), dtype=np.int64)


def _flip_rates(votes: Integers) -> Floats:
    """Share of pairs of one backbone's seeds that differ, NaN without a pair: (n_cases,).

    Churn (Milani Fard et al. 2016) of one case: 1 − Σ n_k(n_k − 1) / n(n − 1).
    """
    number = votes.sum(-1)
    pairs = (number * (number - 1)).sum(0)
    alike = (votes * (votes - 1)).sum((0, 2))
    return np.where(pairs > 0, 1 - alike / np.maximum(pairs, 1), np.nan)
