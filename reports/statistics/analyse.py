"""Every quantity of every backbone with its jackknife and, where asked for, its bootstrap."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from reports.statistics.analysis import Analysis, shared_name
from reports.statistics.bootstrap import Draws, Statistic, resample
from reports.statistics.cases import INTERNAL
from reports.statistics.confusion_counts import AnyFloats, ConfusionCounts, Floats, Integers
from reports.statistics.jackknife import leave_out_each_cluster
from reports.statistics.metrics import metrics_of
from reports.statistics.metrics.metric import ClassMetric, CountMetric, ProbabilityMetric, ReferencedMetric
from reports.statistics.metrics.of_counts import CONFUSED
from reports.statistics.pooling import Pooled, Side
from reports.statistics.prevalence_reweighted import with_internal_mix
from reports.statistics.probability_replicates import replicated, values_of
from reports.statistics.replicates import Replicates, SideReplicates


def analyse(
    rows: Sequence[Pooled],
    classes: Sequence[str],
    pairs: Sequence[tuple[int, int]],
    draws: Draws,
    *,
    stratify: bool = False,
    bootstrap: bool = True,
) -> list[Analysis]:
    """Jackknife backbones and, with `bootstrap`, resample all metrics.

    Backbones with the same seeds and clusters on a side share its draws.
    """
    shared = [_shared_classes(row) for row in rows]
    estimated: list[dict[str, SideReplicates]] = [{} for _ in rows]
    resampling = draws if bootstrap else None
    for (name, seeds, _), members in _alike(rows).items():
        sides = [rows[position].sides[name] for position in members]
        statistics = [
            _statistics(len(classes), side.present, shared[position], name, pairs)
            for position, side in zip(members, sides, strict=True)
        ]
        for position, replicates in zip(
            members, _estimate_side(name, sides, statistics, seeds, resampling, stratify=stratify), strict=True
        ):
            estimated[position][name] = replicates
    reweighted = _reweighted(rows, shared, len(classes), resampling, stratify)
    from_probabilities = _from_probabilities(rows, resampling, stratify)
    return [
        Analysis(
            row,
            tuple(classes),
            tuple(pairs),
            estimated[position],
            shared[position],
            reweighted[position],
            from_probabilities[position],
            _referenced(row, draws),
        )
        for position, row in enumerate(rows)
    ]


def _referenced(row: Pooled, draws: Draws) -> dict[str, dict[str, tuple[float, float]]]:
    return {
        name: {
            side: metric.compute(one, side == INTERNAL, np.random.default_rng([draws.root, 2]))
            for side, one in row.probabilities.items()
        }
        for name, metric in metrics_of(ReferencedMetric).items()
    }


def _from_probabilities(
    rows: Sequence[Pooled], draws: Draws | None, stratify: bool
) -> list[dict[str, dict[str, Replicates]]]:
    metrics = metrics_of(ProbabilityMetric)
    found: list[dict[str, dict[str, Replicates]]] = [{name: {} for name in metrics} for _ in rows]
    for (name, seeds, _), members in _alike(rows).items():
        side = rows[members[0]].sides[name]
        values = {
            (position, metric): value
            for position in members
            if name in rows[position].probabilities
            for metric, how in metrics.items()
            if (value := values_of(how, rows[position].probabilities[name], len(side.clusters), len(seeds))) is not None
        }
        if values:
            strata = side.drawn_within(stratify=stratify)
            made = replicated(list(values.values()), name, seeds, strata, draws, internal=name == INTERNAL)
            for (position, metric), replicates in zip(values, made, strict=True):
                found[position][metric][name] = replicates
    return found


def _reweighted(
    rows: Sequence[Pooled],
    shared: Sequence[Mapping[str, Integers]],
    n_classes: int,
    draws: Draws | None,
    stratify: bool,
) -> list[dict[str, dict[str, Replicates]]]:
    found: list[dict[str, dict[str, Replicates]]] = [{} for _ in rows]
    groups: dict[tuple[str, tuple[int, ...], bytes, bytes], list[int]] = {}
    for position, (row, both) in enumerate(zip(rows, shared, strict=True)):
        for site, codes in both.items():
            if len(codes) == n_classes and row.sides[site].confusion is not None:
                internal, external = (row.sides[name].clusters.tobytes() for name in (INTERNAL, site))
                groups.setdefault((site, row.seeds, internal, external), []).append(position)
    for (site, seeds, *_), members in groups.items():
        sides = [(rows[position].sides[INTERNAL], rows[position].sides[site]) for position in members]
        for position, made in zip(members, with_internal_mix(sides, seeds, draws, stratify=stratify), strict=True):
            found[position][site] = made
    return found


def _alike(rows: Sequence[Pooled]) -> dict[tuple[str, tuple[int, ...], bytes], list[int]]:
    """Positions of the backbones that have a side, its clusters and their seeds in common, and so share draws."""
    groups: dict[tuple[str, tuple[int, ...], bytes], list[int]] = {}
    for position, row in enumerate(rows):
        for name, side in row.sides.items():
            groups.setdefault((name, row.seeds, side.clusters.tobytes()), []).append(position)
    return groups


def _estimate_side(
    name: str,
    sides: Sequence[Side],
    statistics: Sequence[_Statistics],
    seeds: Sequence[int],
    draws: Draws | None,
    *,
    stratify: bool,
) -> Iterable[SideReplicates]:
    per_seed: list[dict[str, Floats]] = [{} for _ in sides]
    resampled: list[dict[str, Floats]] = [{} for _ in sides]
    changes: list[dict[str, AnyFloats]] = [{} for _ in sides]
    models: list[dict[str, Floats]] = [{} for _ in sides]
    wanted = [(n, sides[n].counts, one.every, one.of_all_classes) for n, one in enumerate(statistics)]
    wanted += [
        (n, sides[n].of_shared.get(site, sides[n].counts), statistic, statistic)
        for n, one in enumerate(statistics)
        for site, statistic in one.of_shared.items()
    ]
    if draws is not None:
        places, counted, computed, _ = zip(*wanted, strict=True)
        weights = draws.seed_weights(seeds), draws.cluster_weights(name, sides[0].drawn_within(stratify=stratify))
        for n, found in zip(places, resample(counted, computed, *weights), strict=True):
            resampled[n] |= found
    for n, counts, every, left_out in wanted:
        per_seed[n] |= every(counts.total())
        changes[n] |= leave_out_each_cluster(counts, left_out)
        of_models = sides[n].of_models
        if of_models is not None:
            models[n] |= every(of_models)
    for parts in zip(per_seed, resampled, changes, models, strict=True):
        yield SideReplicates(name, *parts)


def _shared_classes(row: Pooled) -> dict[str, Integers]:
    internal = row.sides[INTERNAL].clusters_of_class > 0
    return {
        name: np.flatnonzero(internal & (side.clusters_of_class > 0))
        for name, side in row.sides.items()
        if name != INTERNAL
    }


@dataclass(frozen=True)
class _Statistics:
    """What is computed of the counts of one side.

    every: all metrics in one pass; of_all_classes: all but those of one class; of_shared: site → averages over the
    classes shared with it.
    """

    every: Statistic
    of_all_classes: Statistic
    of_shared: Mapping[str, Statistic]


def _statistics(
    n_classes: int, present: Integers, shared: Mapping[str, Integers], side: str, pairs: Sequence[tuple[int, int]]
) -> _Statistics:
    """present: codes of the classes that have cases on the side, over which its class averages go."""
    metrics, of_class = metrics_of(CountMetric), metrics_of(ClassMetric)
    averages = {name: metric for name, metric in metrics.items() if metric.kind == "class average"}

    def of_all_classes(counts: ConfusionCounts) -> dict[str, Floats]:
        held = counts.of_classes(present)
        values = {name: metric.compute(held if name in averages else counts) for name, metric in metrics.items()}
        return {**values, CONFUSED.name: CONFUSED.compute(counts, pairs)} if pairs else values

    def every(counts: ConfusionCounts) -> dict[str, Floats]:
        return {**of_all_classes(counts), **{name: metric.compute(counts) for name, metric in of_class.items()}}

    def over(site: str, codes: Integers) -> Statistic:
        def statistic(counts: ConfusionCounts) -> dict[str, Floats]:
            restricted = counts.of_classes(codes)
            return {shared_name(name, site): metric.compute(restricted) for name, metric in averages.items()}

        return statistic

    partly = {site: codes for site, codes in shared.items() if side in (INTERNAL, site) and 0 < len(codes) < n_classes}
    return _Statistics(every, of_all_classes, {site: over(site, codes) for site, codes in partly.items()})
