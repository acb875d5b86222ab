"""The crossed bootstrap: seeds and clusters are drawn independently (Owen & Eckles 2012).

One resample draws seeds with replacement, and on every side clusters with replacement, whole. Resampling is
one matrix product, weights (n_resamples, n_clusters) @ counts (n_clusters, n_columns), in chunks that keep
memory small.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from threadpoolctl import threadpool_limits

from reports.statistics.confusion_counts import AnyFloats, ConfusionCounts, Floats, Integers
from reports.statistics.in_order import in_order

Statistic = Callable[[ConfusionCounts], Mapping[str, Floats]]
"""ConfusionCounts (…, n_seeds, n_classes) → named values (…, n_seeds) or (…, n_seeds, n_values)."""

Drawn = TypeVar("Drawn", Floats, Integers)
Result = TypeVar("Result")

_CHUNK_RESAMPLES = 256
_CHUNK_CELLS = 2**22  # weights of one chunk: 32 MiB as int64
_KEPT_BYTES = 2**26  # 64 MiB a side
_WIDE = 2048  # columns of one product
_EXACT_IN_FLOAT32 = 2**24


@dataclass(frozen=True)
class Draws:
    """The random draws of one analysis, the same for every backbone and metric.

    Each stream depends only on `root` and on what is drawn (the seed set, or the side), so that neither the
    order of rows nor a further backbone or site changes the draws of the others.
    """

    root: int
    n_resamples: int
    _kept: dict[tuple[str, bytes], list[Integers]] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def from_generator(cls, rng: np.random.Generator, n_resamples: int) -> Draws:
        """Take the root of all streams from a generator, which advances by one draw."""
        if n_resamples < 1:
            raise ValueError(f"At least one resample is needed, not {n_resamples}.")
        return cls(int(rng.integers(2**63)), n_resamples)

    def seed_weights(self, seeds: Sequence[int]) -> Floats:
        """Weights of each seed in each resample, rows summing to 1: (n_resamples, n_seeds)."""
        rng = np.random.default_rng([self.root, 0, *(int(seed) % 2**64 for seed in seeds)])
        drawn = draw_counts(rng, np.zeros(len(seeds), dtype=np.int64), self.n_resamples)
        return drawn / len(seeds)

    def cluster_weights(self, side: str, strata: Integers) -> Iterator[Integers]:
        """Chunks (n_chunk, n_clusters) of how often each cluster of a side is drawn.

        strata: (n_clusters,), clusters being drawn within their stratum; all equal for unstratified draws. A side is
        drawn several times, so its draws are kept in the narrowest whole numbers where they take little memory.
        """
        key, narrow = (side, strata.tobytes()), np.min_scalar_type(len(strata))
        if key in self._kept:
            yield from self._kept[key]
            return
        keep = self.n_resamples * len(strata) * narrow.itemsize <= _KEPT_BYTES
        kept = list[Integers]()
        rng = np.random.default_rng([self.root, 1, *side.encode()])
        chunk = max(1, min(_CHUNK_RESAMPLES, _CHUNK_CELLS // len(strata)))
        for start in range(0, self.n_resamples, chunk):
            drawn = draw_counts(rng, strata, min(chunk, self.n_resamples - start))
            if keep:
                kept.append(drawn.astype(narrow))
            yield drawn
        if keep:
            self._kept[key] = kept


def draw_counts(rng: np.random.Generator, strata: Integers, n_resamples: int) -> Integers:
    """How often each unit is drawn when each stratum is drawn with replacement: (n_resamples, n_units)."""
    counts = np.empty((n_resamples, len(strata)), dtype=np.int64)
    for stratum in np.unique(strata):
        members = np.flatnonzero(strata == stratum)
        size = len(members)
        drawn = rng.integers(0, size, (n_resamples, size))
        drawn += np.arange(0, n_resamples * size, size)[:, None]
        counts[:, members] = np.bincount(drawn.ravel(), minlength=n_resamples * size).reshape(-1, size)
    return counts


def resample(
    counts: Sequence[ConfusionCounts],
    statistics: Sequence[Statistic],
    seed_weights: Floats,
    cluster_weights: Iterator[Integers],
) -> list[dict[str, Floats]]:
    """Values of each backbone's statistic in every resample of one side, averaged over the drawn seeds.

    counts: one (n_clusters, n_seeds, n_classes) per backbone, all over the same clusters and seeds;
    seed_weights: (n_resamples, n_seeds); cluster_weights: chunks (n_chunk, n_clusters), together n_resamples.
    Returns for each backbone its named values, (n_resamples,) or (n_resamples, n_values).
    """
    batches = _side_by_side([exact(one.to_columns()) for one in counts])
    pieces: list[dict[str, list[Floats]]] = [{} for _ in counts]

    def averaged(drawn_seeds: Floats, weights: Integers) -> list[tuple[int, str, Floats]]:
        as_float = {dtype: weights.astype(dtype) for dtype in {matrix.dtype for matrix, _ in batches}}
        found = []
        for matrix, places in batches:
            product = as_float[matrix.dtype] @ matrix
            for position, place in places.items():
                resampled = counts[position].from_columns(product[:, place])
                for name, values in statistics[position](resampled).items():
                    found.append((position, name, np.einsum("bs,bs...->b...", drawn_seeds, values)))
        return found

    for chunk in over_draws(averaged, seed_weights, cluster_weights):
        for position, name, values in chunk:
            pieces[position].setdefault(name, []).append(values)
    return [{name: np.concatenate(parts) for name, parts in kept.items()} for kept in pieces]


def over_draws(
    step: Callable[[Drawn, Integers], Result], of_resamples: Drawn, cluster_weights: Iterable[Integers]
) -> Iterator[Result]:
    """The result of a step for each chunk of resamples, in order, with a few chunks at a time in threads.

    of_resamples: what else belongs to each resample, such as the weights of its seeds, (n_resamples, …). Threads of
    BLAS gain nothing in products this small, and lose much where cores are busy.
    """
    with threadpool_limits(1, user_api="blas"):
        yield from in_order(lambda drawn: step(*drawn), with_seeds(of_resamples, cluster_weights))


def with_seeds(of_resamples: Drawn, cluster_weights: Iterable[Integers]) -> Iterator[tuple[Drawn, Integers]]:
    """Each chunk of cluster weights after what else belongs to the same resamples."""
    start = 0
    for weights in cluster_weights:
        yield of_resamples[start : start + len(weights)], weights
        start += len(weights)


def _side_by_side(columns: Sequence[AnyFloats]) -> list[tuple[AnyFloats, dict[int, slice]]]:
    """Columns of several backbones as few wide matrices, each with the places of its backbones.

    The wide product takes a third of the time of several narrow ones; every sum is exact, so it gives the same.
    """
    batches, width = list[list[int]](), 0
    for position, matrix in enumerate(columns):
        width += matrix.shape[1]
        if not batches or columns[position - 1].dtype != matrix.dtype or width > _WIDE:
            batches.append([])
            width = matrix.shape[1]
        batches[-1].append(position)
    found = []
    for batch in batches:
        edges = np.cumsum([0, *(columns[position].shape[1] for position in batch)]).tolist()
        places = {position: slice(*edges[place : place + 2]) for place, position in enumerate(batch)}
        parts = [columns[position] for position in batch]
        found.append((np.concatenate(parts, axis=1) if len(parts) > 1 else parts[0], places))
    return found


def exact(columns: AnyFloats) -> AnyFloats:
    """The narrowest float in which every resampled sum of these whole counts is exact."""
    largest_sum = len(columns) * float(columns.max(initial=0.0))
    return columns.astype(np.float32 if largest_sum < _EXACT_IN_FLOAT32 else np.float64, copy=False)
