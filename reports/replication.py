"""Resamples and jackknifes backbones; those that share clusters and seeds share every draw."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from reports.analysis import CONFUSED, Analysis, shared_name
from reports.bootstrap import Draws, Statistic, resample
from reports.cases import INTERNAL
from reports.jackknife import delete_each_cluster
from reports.margins import Floats, Integers, Margins
from reports.metrics import AGGREGATE, PER_CLASS, pair_confusion
from reports.pooling import Pooled, Side
from reports.probability_metrics import PROBABILITY
from reports.probability_replicates import calibration, linear, linearised
from reports.replicates import Replicates, SideReplicates
from reports.shift import with_internal_mix


def analyse(
    rows: Sequence[Pooled],
    classes: Sequence[str],
    pairs: Sequence[tuple[int, int]],
    draws: Draws,
    *,
    stratify: bool,
) -> list[Analysis]:
    """Resample and jackknife backbones. Those with the same seeds and clusters on a side share its draws."""
    shared = [_shared_classes(row) for row in rows]
    estimated: list[dict[str, SideReplicates]] = [{} for _ in rows]
    for (name, seeds, _), members in _alike(rows).items():
        sides = [rows[position].sides[name] for position in members]
        statistics = [_statistics(len(classes), shared[position], name, pairs) for position in members]
        for position, replicates in zip(
            members, _estimate_side(name, sides, statistics, seeds, draws, stratify), strict=True
        ):
            estimated[position][name] = replicates
    remixed = _remixed(rows, shared, len(classes), draws, stratify)
    from_probabilities = _from_probabilities(rows, draws, stratify)
    return [
        Analysis(
            row,
            tuple(classes),
            tuple(pairs),
            estimated[position],
            shared[position],
            remixed[position],
            from_probabilities[position],
            {
                name: calibration(one, pooled=name == INTERNAL, rng=np.random.default_rng([draws.root, 2]))
                for name, one in row.probabilities.items()
            },
        )
        for position, row in enumerate(rows)
    ]


def _from_probabilities(rows: Sequence[Pooled], draws: Draws, stratify: bool) -> list[dict[str, dict[str, Replicates]]]:
    found: list[dict[str, dict[str, Replicates]]] = [{metric: {} for metric in PROBABILITY} for _ in rows]
    for (name, seeds, _), members in _alike(rows).items():
        side = rows[members[0]].sides[name]
        values = {
            (position, metric): value
            for position in members
            if name in rows[position].probabilities
            for metric, how in PROBABILITY.items()
            if (value := linear(how, rows[position].probabilities[name], len(side.clusters), len(seeds))) is not None
        }
        if values:
            made = linearised(list(values.values()), name, seeds, _strata(side, stratify), draws)
            for (position, metric), replicates in zip(values, made, strict=True):
                found[position][metric][name] = replicates
    return found


def _remixed(
    rows: Sequence[Pooled], shared: Sequence[Mapping[str, Integers]], n_classes: int, draws: Draws, stratify: bool
) -> list[dict[str, dict[str, Replicates]]]:
    found: list[dict[str, dict[str, Replicates]]] = [{} for _ in rows]
    groups: dict[tuple[str, tuple[int, ...], bytes, bytes], list[int]] = {}
    for position, (row, both) in enumerate(zip(rows, shared, strict=True)):
        for site, codes in both.items():
            if len(codes) == n_classes and row.sides[site].confusion is not None:
                home, abroad = (row.sides[name].clusters.tobytes() for name in (INTERNAL, site))
                groups.setdefault((site, row.seeds, home, abroad), []).append(position)
    for (site, seeds, *_), members in groups.items():
        sides = [(rows[position].sides[INTERNAL], rows[position].sides[site]) for position in members]
        for position, made in zip(members, with_internal_mix(sides, seeds, draws, stratify=stratify), strict=True):
            found[position][site] = made
    return found


def _alike(rows: Sequence[Pooled]) -> dict[tuple[str, tuple[int, ...], bytes], list[int]]:
    """Positions of the backbones that share a side, seeds and clusters, and so draws."""
    groups: dict[tuple[str, tuple[int, ...], bytes], list[int]] = {}
    for position, row in enumerate(rows):
        for name, side in row.sides.items():
            groups.setdefault((name, row.seeds, side.clusters.tobytes()), []).append(position)
    return groups


def _strata(side: Side, stratify: bool) -> Integers:
    return side.strata if stratify else np.zeros_like(side.strata)


def _estimate_side(
    name: str,
    sides: Sequence[Side],
    statistics: Sequence[tuple[Statistic, Statistic]],
    seeds: Sequence[int],
    draws: Draws,
    stratify: bool,
) -> Iterable[SideReplicates]:
    strata = _strata(sides[0], stratify)
    counts = [side.counts for side in sides]
    every = [statistic for statistic, _ in statistics]
    resampled = resample(counts, every, draws.seed_weights(seeds), draws.cluster_weights(name, strata))
    for one, (statistic, of_all_classes), values in zip(counts, statistics, resampled, strict=True):
        yield SideReplicates(name, statistic(one.total()), values, delete_each_cluster(one, of_all_classes))


def _shared_classes(row: Pooled) -> dict[str, Integers]:
    internal = row.sides[INTERNAL].clusters_of_class > 0
    return {
        name: np.flatnonzero(internal & (side.clusters_of_class > 0))
        for name, side in row.sides.items()
        if name != INTERNAL
    }


def _statistics(
    n_classes: int, shared: Mapping[str, Integers], side: str, pairs: Sequence[tuple[int, int]]
) -> tuple[Statistic, Statistic]:
    """All metrics of a side in one pass, and all but those of one class; averages also over the classes shared."""
    partly = {site: codes for site, codes in shared.items() if side in (INTERNAL, site) and 0 < len(codes) < n_classes}
    averages = {name: metric for name, metric in AGGREGATE.items() if metric.kind == "class average"}

    def of_all_classes(margins: Margins) -> dict[str, Floats]:
        values = {name: metric.compute(margins) for name, metric in AGGREGATE.items()}
        for site, codes in partly.items():
            restricted = margins.of_classes(codes)
            for name, metric in averages.items():
                values[shared_name(name, site)] = metric.compute(restricted)
        if pairs:
            values[CONFUSED] = pair_confusion(margins, pairs)
        return values

    def statistic(margins: Margins) -> dict[str, Floats]:
        return {**of_all_classes(margins), **{name: metric.compute(margins) for name, metric in PER_CLASS.items()}}

    return statistic, of_all_classes
