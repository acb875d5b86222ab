"""The external side with the internal class mix: what of a gap is appearance, and what prevalence.

Metrics such as macro-F1 move with the class mix of a site. The appearance shift is the gap after each external case
of class c counts π_int(c) / π_ext(c), proportions taken anew in each resample; the prevalence shift is the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from threadpoolctl import threadpool_limits

from reports.bootstrap import Draws, exact
from reports.cases import INTERNAL
from reports.confusion import reweighted
from reports.margins import Floats
from reports.metrics import AGGREGATE
from reports.pooling import Side
from reports.replicates import Replicates

_CHUNK_CELLS = 2**22  # 32 MiB


def with_internal_mix(
    pairs: Sequence[tuple[Side, Side]], seeds: Sequence[int], draws: Draws, *, stratify: bool
) -> list[dict[str, Replicates]]:
    """Each aggregate metric of the external side as if its classes had the internal proportions.

    pairs: internal and external side of backbones that share clusters and seeds. Seeds and clusters are drawn as
    everywhere, so that it pairs with the replicates of both sides. Raises ValueError where a confusion is missing.
    """
    (internal, external), seed_weights = pairs[0], draws.seed_weights(seeds)
    counts = [_confusion(side) for _, side in pairs]
    truths = [side.counts.truth for side, _ in pairs]
    resampled: list[dict[str, list[Floats]]] = [{metric: [] for metric in AGGREGATE} for _ in pairs]
    # Products this small gain nothing from BLAS threads, and lose much where cores are busy.
    with threadpool_limits(1, user_api="blas"):
        mixes = [np.concatenate(parts) for parts in zip(*_products(internal, truths, draws, stratify), strict=True)]
        start = 0
        for drawn in _products(external, counts, draws, stratify):
            part = slice(start, start + len(drawn[0]))
            for confusion, mix, kept in zip(drawn, mixes, resampled, strict=True):
                for metric, values in _metrics(confusion, mix[part]).items():
                    kept[metric].append(np.einsum("bs,bs->b", seed_weights[part], values))
            start = part.stop
    return [
        _replicates(one_counts, truth, kept, external.name)
        for one_counts, truth, kept in zip(counts, truths, resampled, strict=True)
    ]


def _confusion(side: Side) -> Floats:
    if side.confusion is None:
        raise ValueError(f"The full confusion of {side.name} was not counted.")
    return side.confusion


def _products(side: Side, counts: Sequence[Floats], draws: Draws, stratify: bool) -> Iterator[list[Floats]]:
    """Chunk by chunk the sums (n_chunk, …) of each of some counts (n_clusters, …), drawn with replacement."""
    strata = side.strata if stratify else np.zeros_like(side.strata)
    columns = [exact(one.reshape(len(one), -1)) for one in counts]
    for weights in draws.cluster_weights(side.name, strata):
        as_float = {dtype: weights.astype(dtype) for dtype in {matrix.dtype for matrix in columns}}
        yield [
            (as_float[matrix.dtype] @ matrix).astype(np.float64).reshape(len(weights), *one.shape[1:])
            for matrix, one in zip(columns, counts, strict=True)
        ]


def _replicates(
    counts: Floats, truth: Floats, resampled: Mapping[str, list[Floats]], site: str
) -> dict[str, Replicates]:
    whole, mix = counts.sum(0), truth.sum(0)
    at_home = _without_each(len(truth), whole.size, lambda part: _metrics(whole, mix - truth[part]))
    abroad = _without_each(len(counts), whole.size, lambda part: _metrics(whole - counts[part], mix))
    return {
        metric: Replicates(values, np.concatenate(resampled[metric]), {INTERNAL: at_home[metric], site: abroad[metric]})
        for metric, values in _metrics(whole, mix).items()
    }


def _metrics(confusion: Floats, proportions: Floats) -> dict[str, Floats]:
    margins = reweighted(confusion, proportions)
    return {name: metric.compute(margins) for name, metric in AGGREGATE.items()}


def _without_each(clusters: int, cells: int, of: Callable[[slice], Mapping[str, Floats]]) -> dict[str, Floats]:
    """(n_clusters,) values without each cluster, averaged over seeds; in chunks that keep memory small."""
    size = max(1, _CHUNK_CELLS // cells)
    pieces = [of(slice(start, start + size)) for start in range(0, clusters, size)]
    return {name: np.concatenate([piece[name].mean(-1) for piece in pieces]) for name in pieces[0]}
