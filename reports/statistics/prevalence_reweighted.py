"""The external side with the internal class mix: what of a gap is appearance, and what prevalence.

Metrics such as macro-F1 move with the class mix of a site. The appearance shift is the gap after each external case
of class c counts π_int(c) / π_ext(c), proportions taken anew in each resample; the prevalence shift is the rest.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from threadpoolctl import threadpool_limits

from reports.statistics.bootstrap import Draws, exact, over_draws
from reports.statistics.cases import INTERNAL
from reports.statistics.confusion_counts import AnyFloats, Floats, Integers, reweighted
from reports.statistics.metrics import metrics_of
from reports.statistics.metrics.metric import CountMetric
from reports.statistics.pooling import Side
from reports.statistics.replicates import Replicates

_CHUNK_CELLS = 2**22  # 32 MiB


def with_internal_mix(
    pairs: Sequence[tuple[Side, Side]], seeds: Sequence[int], draws: Draws | None, *, stratify: bool
) -> list[dict[str, Replicates]]:
    """Each metric of counts of the external side as if its classes had the internal proportions.

    pairs: internal and external side of backbones that share clusters and seeds. Seeds and clusters are drawn as
    everywhere, so that it pairs with the replicates of both sides; without draws, there are no resamples. Raises
    ValueError where a confusion is missing.
    """
    counts = [_confusion(side) for _, side in pairs]
    truths = [side.counts.truth.astype(np.float64) for side, _ in pairs]
    none: list[dict[str, list[Floats]]] = [{metric: [np.empty(0)] for metric in metrics_of(CountMetric)} for _ in pairs]
    resampled = none if draws is None else _resampled(pairs, counts, truths, seeds, draws, stratify)
    return [
        _replicates(one_counts, truth, kept, pairs[0][1].name)
        for one_counts, truth, kept in zip(counts, truths, resampled, strict=True)
    ]


def _resampled(
    pairs: Sequence[tuple[Side, Side]],
    counts: Sequence[Floats],
    truths: Sequence[Floats],
    seeds: Sequence[int],
    draws: Draws,
    stratify: bool,
) -> list[dict[str, list[Floats]]]:
    """Metric → chunks of its values in every resample, for each backbone."""
    (internal, external), seed_weights = pairs[0], draws.seed_weights(seeds)
    mixes = _resampled_mixes(internal, truths, draws, stratify)
    columns = [exact(one.reshape(len(one), -1)) for one in counts]

    def averaged(part: Integers, weights: Integers) -> list[dict[str, Floats]]:
        return [
            {
                metric: np.einsum("bs,bs->b", seed_weights[part], values)
                for metric, values in _metrics(confusion.reshape(-1, *one.shape[1:]), mix[part]).items()
            }
            for confusion, one, mix in zip(_products(weights, columns), counts, mixes, strict=True)
        ]

    resampled: list[dict[str, list[Floats]]] = [{metric: [] for metric in metrics_of(CountMetric)} for _ in pairs]
    drawn = draws.cluster_weights(external.name, external.drawn_within(stratify=stratify))
    for chunk in over_draws(averaged, np.arange(draws.n_resamples), drawn):
        for kept, found in zip(resampled, chunk, strict=True):
            for metric, values in found.items():
                kept[metric].append(values)
    return resampled


def _confusion(side: Side) -> Floats:
    if side.confusion is None:
        raise ValueError(f"The full confusion of {side.name} was not counted.")
    return side.confusion


def _resampled_mixes(side: Side, truths: Sequence[Floats], draws: Draws, stratify: bool) -> list[Floats]:
    """Cases of each class in every resample of a side, for each backbone (n_resamples, n_seeds or 1, n_classes)."""
    alike = all(np.array_equal(truth, truths[0]) for truth in truths[1:])
    different = truths[:1] if alike else truths
    columns = [exact(one.reshape(len(one), -1)) for one in different]
    drawn = draws.cluster_weights(side.name, side.drawn_within(stratify=stratify))
    with threadpool_limits(1, user_api="blas"):
        chunks = list(zip(*(_products(weights, columns) for weights in drawn), strict=True))
    mixes = [np.concatenate(of_one).reshape(-1, *truths[0].shape[1:]) for of_one in chunks]
    return mixes * len(truths) if alike else mixes


def _products(weights: Integers, columns: Sequence[AnyFloats]) -> Iterator[Floats]:
    """Resampled sums of the columns (n_clusters, n_columns) of each backbone: (n_chunk, n_columns)."""
    as_float = {dtype: weights.astype(dtype) for dtype in {matrix.dtype for matrix in columns}}
    return ((as_float[matrix.dtype] @ matrix).astype(np.float64) for matrix in columns)


def _replicates(
    counts: Floats, truth: Floats, resampled: Mapping[str, list[Floats]], site: str
) -> dict[str, Replicates]:
    whole, mix = counts.sum(0), truth.sum(0)
    values = _metrics(whole, mix)
    internal = _changes(values, len(truth), whole.size, lambda part: _metrics(whole, mix - truth[part]))
    external = _changes(values, len(counts), whole.size, lambda part: _metrics(whole - counts[part], mix))
    changes = {metric: {INTERNAL: internal[metric], site: external[metric]} for metric in values}
    return {
        metric: Replicates(of_seeds, np.concatenate(resampled[metric]), changes[metric])
        for metric, of_seeds in values.items()
    }


def _metrics(confusion: Floats, proportions: Floats) -> dict[str, Floats]:
    counts = reweighted(confusion, proportions)
    return {name: metric.compute(counts) for name, metric in metrics_of(CountMetric).items()}


def _changes(
    values: Mapping[str, Floats], clusters: int, cells: int, of: Callable[[slice], Mapping[str, Floats]]
) -> dict[str, AnyFloats]:
    """What leaving out each cluster changes, (n_clusters, n_seeds); in chunks that keep memory small."""
    size = max(1, _CHUNK_CELLS // cells)
    pieces = [of(slice(start, start + size)) for start in range(0, clusters, size)]
    return {
        name: np.concatenate([(piece[name] - of_seeds).astype(np.float32) for piece in pieces])
        for name, of_seeds in values.items()
    }
