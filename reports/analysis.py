"""The quantities of one backbone: which numbers are estimated on which side, and their gaps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from reports.bootstrap import Draws, Statistic, resample
from reports.cases import INTERNAL
from reports.estimate import Quantity, Support
from reports.jackknife import delete_each_cluster
from reports.margins import Floats, Integers, Margins
from reports.metrics import AGGREGATE, PER_CLASS, pair_confusion
from reports.pooling import Pooled, Side
from reports.probability_metrics import PROBABILITY
from reports.probability_replicates import calibration, linearised
from reports.replicates import Replicates, SideReplicates
from reports.shift import with_internal_mix

CONFUSED = "confused"


@dataclass(frozen=True)
class Analysis:
    """One backbone's replicates on every side.

    shared: site → codes of classes that both sides hold. remixed: site → metric → replicates of the site as if its
    classes had the internal proportions; only of sites that hold all classes. from_probabilities: metric → side →
    replicates. calibration: side → expected calibration error, and that of a perfectly calibrated model.
    """

    pooled: Pooled
    classes: tuple[str, ...]
    pairs: tuple[tuple[int, int], ...]
    sides: Mapping[str, SideReplicates]
    shared: Mapping[str, Integers]
    remixed: Mapping[str, Mapping[str, Replicates]] = field(default_factory=dict)
    from_probabilities: Mapping[str, Mapping[str, Replicates]] = field(default_factory=dict)
    calibration: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def sites(self) -> tuple[str, ...]:
        return tuple(self.shared)

    def on_side(self, metric: str, side: str) -> Quantity:
        """An aggregate metric on one side, over all declared classes."""
        return self._aggregate(metric, side, np.arange(len(self.classes)), metric)

    def gap(self, metric: str, site: str) -> Quantity:
        """Internal minus external. A class average is over the classes that both sides hold.

        A class that a site lacks counts 0 in its average and would fake a gap.
        """
        shared = self.shared[site]
        kind = AGGREGATE[metric].kind
        if kind != "class average" or len(shared) == len(self.classes):
            return self.on_side(metric, INTERNAL) - self.on_side(metric, site)
        if not len(shared):
            return Quantity(None, (), kind, f"internal and {site} share no class")
        name = _shared_name(metric, site)
        gap = self._aggregate(metric, INTERNAL, shared, name) - self._aggregate(metric, site, shared, name)
        over = ", ".join(self.classes[code] for code in shared)
        return Quantity(gap.replicates, gap.supports, kind, f"over the classes on both sides: {over}")

    def of_probabilities(self, metric: str, side: str) -> Quantity:
        """A metric of probabilities on one side."""
        kind, by_side = PROBABILITY[metric].kind, self.from_probabilities.get(metric, {})
        if side not in by_side:
            return Quantity(None, (), kind, f"undefined on {side}: a fold model was tested on cases of one class only")
        # support as that of a metric of margins of the same kind
        (support,) = self.on_side("macro_f1" if kind == "class average" else "accuracy", side).supports
        return Quantity(by_side[side], (support,), kind)

    def gap_of_probabilities(self, metric: str, site: str) -> Quantity:
        """Internal minus external; of class averages only where both sides hold all classes."""
        if PROBABILITY[metric].kind == "class average" and len(self.shared[site]) < len(self.classes):
            return Quantity(None, (), PROBABILITY[metric].kind, f"internal and {site} hold different classes")
        return self.of_probabilities(metric, INTERNAL) - self.of_probabilities(metric, site)

    def appearance_shift(self, metric: str, site: str) -> Quantity:
        """Internal minus the site with the internal class mix: what of the gap is not prevalence."""
        return self.on_side(metric, INTERNAL) - self._remixed(metric, site)

    def prevalence_shift(self, metric: str, site: str) -> Quantity:
        """The site with the internal class mix minus the site as it is: the rest of the gap."""
        return self._remixed(metric, site) - self.on_side(metric, site)

    def _remixed(self, metric: str, site: str) -> Quantity:
        kind, external = AGGREGATE[metric].kind, self.on_side(metric, site)
        if site in self.remixed:
            both = (*self.on_side(metric, INTERNAL).supports, *external.supports)
            return Quantity(self.remixed[site][metric], both, kind)
        held = self.pooled.sides[site].clusters_of_class > 0
        absent = ", ".join(name for name, there in zip(self.classes, held, strict=True) if not there)
        why = (
            f"{site} has no case of {absent}" if absent else "a class is without internal cases, or there are too many"
        )
        return Quantity(None, (), kind, f"not split: {why}")

    def of_class(self, metric: str, side: str, code: int) -> Quantity:
        """A per-class metric on one side.

        The clusters that count are those holding the class; where the metric rests on predictions alone (as
        precision does), those with a prediction of it.
        """
        kind, rests_on = PER_CLASS[metric].kind, PER_CLASS[metric].rests_on
        counts = self.pooled.sides[side].counts
        held = counts.holding([code])
        predicted = np.asarray((counts.predicted[..., code] > 0).any(1))
        name = self.classes[code]
        if not held.any():
            return Quantity(None, (), kind, f"{side} has no case of {name}")
        if rests_on == "predictions" and not predicted.any():
            return Quantity(None, (), kind, f"{name} is never predicted for {side}")
        if rests_on == "predictions":
            support = Support(side, int(predicted.sum()), f"clusters predicted as {name}")
        else:
            support = Support(side, int(held.sum()), f"clusters of {name}")
        informative = {"cases": held, "predictions": predicted, "both": held | predicted}[rests_on]
        return Quantity(self.sides[side].at(metric, code, informative), (support,), kind)

    def confusion(self, pair: int, side: str) -> Quantity:
        """Share of the cases of a pair of classes taken for the other one, on one side."""
        first, second = self.pairs[pair]
        held = self.pooled.sides[side].counts.holding([first, second])
        names = f"{self.classes[first]} or {self.classes[second]}"
        if not held.any():
            return Quantity(None, (), "proportion", f"{side} has no case of {names}")
        support = Support(side, int(held.sum()), f"clusters of {names}")
        return Quantity(self.sides[side].at(CONFUSED, pair, held), (support,), "proportion")

    def _aggregate(self, metric: str, side: str, codes: Integers, name: str) -> Quantity:
        at_side = self.pooled.sides[side]
        support = Support(side, len(at_side.clusters))
        if AGGREGATE[metric].kind == "class average":
            fewest, of_class = at_side.fewest_clusters()
            support = Support(side, fewest, by_class={self.classes[code]: int(of_class[code]) for code in codes})
        return Quantity(self.sides[side].of(name), (support,), AGGREGATE[metric].kind)


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
    groups: dict[tuple[str, tuple[int, ...], bytes], list[int]] = {}
    for position, row in enumerate(rows):
        for name, side in row.sides.items():
            groups.setdefault((name, row.seeds, side.clusters.tobytes()), []).append(position)
    for (name, seeds, _), members in groups.items():
        sides = [rows[position].sides[name] for position in members]
        statistics = [_statistic(len(classes), shared[position], name, pairs) for position in members]
        for position, replicates in zip(
            members, _estimate_side(name, sides, statistics, seeds, draws, stratify), strict=True
        ):
            estimated[position][name] = replicates
    return [
        Analysis(
            row,
            tuple(classes),
            tuple(pairs),
            sides,
            both,
            _remixed(row, both, len(classes), draws, stratify),
            _from_probabilities(row, draws, stratify),
            {
                name: calibration(one, pooled=name == INTERNAL, rng=np.random.default_rng([draws.root, 2]))
                for name, one in row.probabilities.items()
            },
        )
        for row, sides, both in zip(rows, estimated, shared, strict=True)
    ]


def _from_probabilities(row: Pooled, draws: Draws, stratify: bool) -> dict[str, dict[str, Replicates]]:
    found: dict[str, dict[str, Replicates]] = {metric: {} for metric in PROBABILITY}
    for name, one in row.probabilities.items():
        strata = row.sides[name].strata
        drawn_within = strata if stratify else np.zeros_like(strata)
        for metric, how in PROBABILITY.items():
            made = linearised(how, name, one, row.seeds, drawn_within, draws)
            if made is not None:
                found[metric][name] = made
    return found


def _remixed(
    row: Pooled, shared: Mapping[str, Integers], n_classes: int, draws: Draws, stratify: bool
) -> dict[str, dict[str, Replicates]]:
    return {
        site: with_internal_mix(row.sides[INTERNAL], row.sides[site], row.seeds, draws, stratify=stratify)
        for site, codes in shared.items()
        if len(codes) == n_classes and row.sides[site].confusion is not None
    }


def _estimate_side(
    name: str,
    sides: Sequence[Side],
    statistics: Sequence[Statistic],
    seeds: Sequence[int],
    draws: Draws,
    stratify: bool,
) -> Iterable[SideReplicates]:
    strata = sides[0].strata if stratify else np.zeros_like(sides[0].strata)
    counts = [side.counts for side in sides]
    resampled = resample(counts, statistics, draws.seed_weights(seeds), draws.cluster_weights(name, strata))
    for one, statistic, values in zip(counts, statistics, resampled, strict=True):
        yield SideReplicates(name, statistic(one.total()), values, delete_each_cluster(one, statistic))


def _shared_classes(row: Pooled) -> dict[str, Integers]:
    internal = row.sides[INTERNAL].clusters_of_class > 0
    return {
        name: np.flatnonzero(internal & (side.clusters_of_class > 0))
        for name, side in row.sides.items()
        if name != INTERNAL
    }


def _statistic(
    n_classes: int, shared: Mapping[str, Integers], side: str, pairs: Sequence[tuple[int, int]]
) -> Statistic:
    """All metrics of a side in one pass, class averages also over the classes shared with a site."""
    partly = {site: codes for site, codes in shared.items() if side in (INTERNAL, site) and 0 < len(codes) < n_classes}
    averages = {name: metric for name, metric in AGGREGATE.items() if metric.kind == "class average"}

    def statistic(margins: Margins) -> dict[str, Floats]:
        values = {name: metric.compute(margins) for name, metric in {**AGGREGATE, **PER_CLASS}.items()}
        for site, codes in partly.items():
            restricted = margins.of_classes(codes)
            for name, metric in averages.items():
                values[_shared_name(name, site)] = metric.compute(restricted)
        if pairs:
            values[CONFUSED] = pair_confusion(margins, pairs)
        return values

    return statistic


def _shared_name(metric: str, site: str) -> str:
    return f"{metric} over classes shared with {site}"
