"""Metrics of predicted probabilities: their functions, then their entries.

They do not pool over models with different offsets, so each is computed per fold model and averaged. A function gives
its value and what it is without each cluster.
"""

import numpy as np

from reports.statistics.confusion_counts import Flags, Floats, Integers
from reports.statistics.metrics.metric import LeftOut, ProbabilityMetric

_CHUNK_CELLS = 2**21  # 16 MiB


def brier(probabilities: Floats, label: Integers, cluster: Integers) -> LeftOut:
    """Mean over cases of Σ_c (p_c − 1[y = c])² (Brier 1950), from 0 to 2.

    probabilities: (n_cases, n_classes); label, cluster: (n_cases,), codes from 0 without gaps for clusters.
    """
    wanted = np.zeros_like(probabilities)
    wanted[np.arange(len(label)), label] = 1
    loss = np.square(probabilities - wanted).sum(1)
    rest = len(loss) - np.bincount(cluster)
    without = _divided(loss.sum() - np.bincount(cluster, weights=loss), rest)
    return LeftOut(loss.mean(keepdims=True), without[:, None])


def auroc(probabilities: Floats, label: Integers, cluster: Integers) -> LeftOut:
    """The area under the ROC curve of each class against the rest; arguments as of `brier`.

    Undefined where the class has no case or leaves none. The area is the share of pairs of a case of the class and
    another one that are ranked rightly, ties counting half; without a cluster the pairs that it takes part in go.
    """
    positive = label == np.arange(probabilities.shape[1])[:, None]
    clusters = int(cluster.max()) + 1
    ranks = np.stack([np.unique(column, return_inverse=True)[1] for column in probabilities.T])
    below = _below(ranks, positive)
    of_cluster = _sums(np.where(positive, 1, 0), cluster, clusters)
    positives, cases = positive.sum(1), np.bincount(cluster, minlength=clusters)
    negatives = len(label) - positives
    right = np.where(positive, below, 0.0).sum(1)
    # Right pairs of a case: with lower ones of the rest, or for a case of the rest with higher ones of the class.
    lost = _sums(np.where(positive, below, positives[:, None] - below), cluster, clusters)
    if len(cases) < len(label):
        lost -= _sums(np.where(positive, _below_within(ranks, positive, cluster), 0.0), cluster, clusters)
    without = _divided(right - lost.T, (positives - of_cluster.T) * (negatives - (cases[:, None] - of_cluster.T)))
    return LeftOut(_divided(right, positives * negatives), without)


def average_precision(probabilities: Floats, label: Integers, cluster: Integers) -> LeftOut:
    """The mean over the cases of each class of the precision among cases that score at least as high.

    That is the area under the precision–recall curve without interpolation, as in scikit-learn; arguments as of
    `brier`. Undefined where a class has no case.
    """
    found = [_precision(column, label == code, cluster) for code, column in enumerate(probabilities.T)]
    return LeftOut(np.array([value for value, _ in found]), np.stack([without for _, without in found], axis=1))


def _precision(score: Floats, positive: Flags, cluster: Integers) -> tuple[float, Floats]:
    """Of one class, and without each cluster."""
    order = np.argsort(-score, kind="stable")
    score, hit, cluster = score[order], positive[order].astype(np.float64), cluster[order]
    higher, at_least = (np.searchsorted(-score, -score, side) for side in ("left", "right"))  # so many cases score so
    hits, sizes = np.cumsum(hit)[at_least - 1], np.bincount(cluster)

    def added(hits: Floats, cases: Integers) -> Floats:
        """What each case of the class adds."""
        return hit * hits / np.maximum(cases, 1)

    def before_each(values: Floats) -> tuple[Floats, float]:
        """The sum over the cases that score higher, and over all."""
        return np.concatenate([[0.0], np.cumsum(values)])[higher], float(values.sum())

    # A case left out takes one from the counts of those that score no higher, and what it adds itself.
    same, total = before_each(added(hits, at_least))
    alone = same.copy()
    for is_hit in (0, 1):
        fewer = added(hits - is_hit, at_least - 1)
        above, whole = before_each(fewer)
        alone += np.where(hit == is_hit, whole - above - is_hit * fewer, 0.0)
    without = np.empty(len(sizes))
    without[cluster] = alone
    several = np.flatnonzero(sizes > 1)
    chunk = max(1, _CHUNK_CELLS // len(score))
    for start in range(0, len(several), chunk):
        part = several[start : start + chunk]
        member = cluster == part[:, None]
        taken, taken_hits = (np.cumsum(one, axis=1)[:, at_least - 1] for one in (member, member * hit))
        without[part] = np.where(member, 0.0, added(hits - taken_hits, at_least - taken)).sum(1)
    of_class = hit.sum(keepdims=True)
    return float(_divided(np.array([total]), of_class)[0]), _divided(without, of_class - np.bincount(cluster, hit))


def _divided(numerator: Floats, denominator: Integers | Floats) -> Floats:
    """NaN where there is nothing to divide by."""
    return np.where(denominator > 0, numerator / np.maximum(denominator, 1), np.nan)


def _sums(values: Floats | Integers, cluster: Integers, clusters: int) -> Floats:
    """Sums by cluster of (n_classes, n_cases): (n_classes, n_clusters)."""
    flat = cluster + clusters * np.arange(len(values))[:, None]
    summed = np.bincount(flat.ravel(), weights=values.ravel(), minlength=clusters * len(values))
    return np.asarray(summed.reshape(-1, clusters), dtype=np.float64)


def _below_within(ranks: Integers, positive: Flags, cluster: Integers) -> Floats:
    """As `_below`, but among the cases of the same cluster."""
    clusters = int(cluster.max()) + 1
    of_rest, of_class = (_sums(one.astype(np.float64), cluster, clusters) for one in (~positive, positive))
    earlier = np.where(
        positive, (np.cumsum(of_rest, 1) - of_rest)[:, cluster], (np.cumsum(of_class, 1) - of_class)[:, cluster]
    )
    return _below(ranks + cluster * (int(ranks.max()) + 1), positive) - earlier


def _below(score: Floats | Integers, positive: Flags) -> Floats:
    """How many cases of the other side have a lower score, ties counting half; all (n_classes, n_cases).

    positive: the cases of the class, the others being the other side. The numbers of cases before the first and before
    the last tie of a case, averaged, count what is lower and half of what is tied.
    """
    n_classes, n = score.shape
    rows = np.arange(n_classes)[:, None]
    order = np.argsort(score, axis=1)
    ordered = score[rows, order]
    before = np.zeros((n_classes, n + 1), dtype=np.int64)  # positive cases among the first so many
    np.cumsum(positive[rows, order], axis=1, out=before[:, 1:])
    changes, place = ordered[:, 1:] != ordered[:, :-1], np.arange(1, n)
    first, last = np.zeros((n_classes, n), dtype=np.int64), np.full((n_classes, n), n)
    np.maximum.accumulate(np.where(changes, place, 0), axis=1, out=first[:, 1:])
    last[:, :-1] = np.minimum.accumulate(np.where(changes, place, n)[:, ::-1], axis=1)[:, ::-1]
    positives = before[rows, first] + before[rows, last]
    found = np.empty((n_classes, n))
    found[rows, order] = np.where(positive[rows, order], first + last - positives, positives) / 2
    return found


PROBABILITY_METRICS = (
    ProbabilityMetric(
        name="auroc",
        title="AUROC, one against the rest",
        keeps_capital=True,
        kind="class average",
        compute=auroc,
        chance=lambda drawn, held: 0.5,
    ),
    ProbabilityMetric(
        name="average_precision",
        title="Average precision, one against the rest",
        kind="class average",
        compute=average_precision,
        chance=lambda drawn, held: float(held[held > 0].mean()),  # of any constant
    ),
    ProbabilityMetric(
        name="brier",
        title="Brier score (0 to 2)",
        kind="score",
        compute=brier,
        limits=(0.0, 2.0),
        higher_is_better=False,
        chance=lambda drawn, held: 1.0 + float(drawn @ drawn) - 2.0 * float(drawn @ held),  # of `drawn` for every case
        calibration="The Brier score is from 0 to 2, with two classes twice the binary one.",
        short="Brier score",
    ),
)
