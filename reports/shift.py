"""The external side with the internal class mix: what of a gap is appearance, and what prevalence.

Metrics such as macro-F1 move with the class mix of a site. The appearance shift is the gap after each external case
of class c counts π_int(c) / π_ext(c), proportions taken anew in each resample; the prevalence shift is the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from threadpoolctl import threadpool_limits

from reports.bootstrap import Draws
from reports.cases import INTERNAL
from reports.confusion import reweighted
from reports.margins import Floats
from reports.metrics import AGGREGATE
from reports.pooling import Side
from reports.replicates import Replicates

_CHUNK_CELLS = 2**22  # 32 MiB


def with_internal_mix(
    internal: Side, external: Side, seeds: Sequence[int], draws: Draws, *, stratify: bool
) -> dict[str, Replicates]:
    """Each aggregate metric of the external side as if its classes had the internal proportions.

    Seeds and clusters are drawn as everywhere, so that it pairs with the replicates of both sides. Raises ValueError
    where `external.confusion` was not counted.
    """
    if external.confusion is None:
        raise ValueError(f"The full confusion of {external.name} was not counted.")
    counts, truth = external.confusion, internal.counts.truth
    whole, mix = counts.sum(0), truth.sum(0)
    resampled: dict[str, list[Floats]] = {metric: [] for metric in AGGREGATE}
    # Products this small gain nothing from BLAS threads, and lose much where cores are busy.
    with threadpool_limits(1, user_api="blas"):
        mixes = np.concatenate([_product(weights, truth) for weights in _weights(internal, draws, stratify)])
        seed_weights, start = draws.seed_weights(seeds), 0
        for weights in _weights(external, draws, stratify):
            part = slice(start, start + len(weights))
            for metric, values in _metrics(_product(weights, counts), mixes[part]).items():
                resampled[metric].append(np.einsum("bs,bs->b", seed_weights[part], values))
            start += len(weights)
    at_home = _without_each(len(truth), whole.size, lambda part: _metrics(whole, mix - truth[part]))
    abroad = _without_each(len(counts), whole.size, lambda part: _metrics(whole - counts[part], mix))
    return {
        metric: Replicates(
            values, np.concatenate(resampled[metric]), {INTERNAL: at_home[metric], external.name: abroad[metric]}
        )
        for metric, values in _metrics(whole, mix).items()
    }


def _weights(side: Side, draws: Draws, stratify: bool) -> Iterator[Floats]:
    strata = side.strata if stratify else np.zeros_like(side.strata)
    for weights in draws.cluster_weights(side.name, strata):
        yield weights.astype(np.float64)


def _product(weights: Floats, counts: Floats) -> Floats:
    """(n_resamples, …) sums of counts (n_clusters, …) drawn as often as the weights say."""
    found: Floats = (weights @ counts.reshape(len(counts), -1)).reshape(len(weights), *counts.shape[1:])
    return found


def _metrics(confusion: Floats, proportions: Floats) -> dict[str, Floats]:
    margins = reweighted(confusion, proportions)
    return {name: metric.compute(margins) for name, metric in AGGREGATE.items()}


def _without_each(clusters: int, cells: int, of: Callable[[slice], Mapping[str, Floats]]) -> dict[str, Floats]:
    """(n_clusters,) values without each cluster, averaged over seeds; in chunks that keep memory small."""
    size = max(1, _CHUNK_CELLS // cells)
    pieces = [of(slice(start, start + size)) for start in range(0, clusters, size)]
    return {name: np.concatenate([piece[name].mean(-1) for piece in pieces]) for name in pieces[0]}
