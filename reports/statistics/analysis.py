"""The quantities of one backbone: which numbers are estimated on which side, and their gaps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from reports.statistics.cases import INTERNAL
from reports.statistics.confusion_counts import TIE, Integers
from reports.statistics.estimate import Quantity, Support
from reports.statistics.jackknife import leave_out_each_cluster_of_class
from reports.statistics.metrics import AGGREGATE, PER_CLASS
from reports.statistics.pooling import MOST_CLASSES_OF_A_CONFUSION, Pooled
from reports.statistics.probability_metrics import PROBABILITY
from reports.statistics.replicates import Replicates, SideReplicates

CONFUSED = "confused"
FEW_HOLD_MOST = "few patients hold most of the cases: such an interval covers 90–93 % in simulation"
ALIKE_MIXES = "where both sides have the same class mix, its interval covers 99 % or more in simulation"


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
        """An aggregate metric on one side; a class average is over the classes that have cases there."""
        present = self.pooled.sides[side].present
        found = self._aggregate(metric, side, present, metric)
        if found.kind != "class average" or len(present) == len(self.classes):
            return found
        return found.remarked(f"over the classes that {side} has cases of: {self._names(present)}")

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
        name = shared_name(metric, site)
        gap = self._aggregate(metric, INTERNAL, shared, name) - self._aggregate(metric, site, shared, name)
        return gap.remarked(f"over the classes on both sides: {self._names(shared)}")

    def of_probabilities(self, metric: str, side: str) -> Quantity:
        """A metric of probabilities on one side."""
        kind, by_side = PROBABILITY[metric].kind, self.from_probabilities.get(metric, {})
        if side not in by_side:
            return Quantity(None, (), kind, f"undefined on {side}: a fold model was tested on cases of one class only")
        # support as that of a metric of margins of the same kind
        (support,) = self.on_side("macro_f1" if kind == "class average" else "accuracy", side).supports
        untested = self._untested(side) if kind == "class average" else ""
        return Quantity(by_side[side], (support,), kind, untested or None, PROBABILITY[metric].limits)

    def gap_of_probabilities(self, metric: str, site: str) -> Quantity:
        """Internal minus external; of class averages only where both sides hold all classes."""
        kind = PROBABILITY[metric].kind
        if kind == "class average" and len(self.shared[site]) < len(self.classes):
            return Quantity(None, (), kind, f"internal and {site} hold different classes")
        return self.of_probabilities(metric, INTERNAL) - self.of_probabilities(metric, site)

    def _untested(self, side: str) -> str:
        """What to say where a fold model has no number for a class; empty where each has one for all."""
        if side not in self.pooled.probabilities:
            return ""
        names = self._names(self.pooled.probabilities[side].missing_classes())
        return f"on {side} a fold model was tested without cases of {names}, which rest on the others" if names else ""

    def _names(self, codes: Integers) -> str:
        return ", ".join(self.classes[code] for code in codes)

    def appearance_shift(self, metric: str, site: str) -> Quantity:
        """Internal minus the site with the internal class mix: what of the gap is not prevalence."""
        return self.on_side(metric, INTERNAL) - self._remixed(metric, site)

    def prevalence_shift(self, metric: str, site: str) -> Quantity:
        """The site with the internal class mix minus the site as it is: the rest of the gap."""
        found = self._remixed(metric, site) - self.on_side(metric, site)
        return found if found.replicates is None else found.remarked(ALIKE_MIXES)

    def _remixed(self, metric: str, site: str) -> Quantity:
        kind, external = AGGREGATE[metric].kind, self.on_side(metric, site)
        if site in self.remixed:
            both = (*self.on_side(metric, INTERNAL).supports, *external.supports)
            # not a proportion of cases, so without exact bounds at 0 and 1
            kind = "score" if kind == "proportion" else kind
            return Quantity(self.remixed[site][metric], both, kind, limits=AGGREGATE[metric].limits)
        absent = [f"{side} has no case of {names}" for side in (site, INTERNAL) if (names := self._absent(side))]
        why = "; ".join(absent) or f"more than {MOST_CLASSES_OF_A_CONFUSION} classes"
        return Quantity(None, (), kind, f"not split: {why}")

    def _absent(self, side: str) -> str:
        held = self.pooled.sides[side].clusters_of_class > 0
        return ", ".join(name for name, there in zip(self.classes, held, strict=True) if not there)

    def of_class(self, metric: str, side: str, code: int) -> Quantity:
        """A per-class metric on one side.

        The clusters that count are those holding the class; where the metric rests on predictions alone (as
        precision does), those with a prediction of it.
        """
        kind, rests_on = PER_CLASS[metric].kind, PER_CLASS[metric].rests_on
        at_side = self.pooled.sides[side]
        held, predicted = at_side.held[code], at_side.predicted[code]
        name = self.classes[code]
        if not held.any():
            return Quantity(None, (), kind, f"{side} has no case of {name}")
        if rests_on == "predictions" and not predicted.any():
            return Quantity(None, (), kind, f"{name} is never predicted for {side}")
        if rests_on == "predictions":
            support = Support(side, int(predicted.sum()), f"clusters predicted as {name}")
        else:
            support = Support(side, int(held.sum()), f"clusters of {name}")
        informative = np.flatnonzero({"cases": held, "predictions": predicted, "both": held | predicted}[rests_on])
        changes = leave_out_each_cluster_of_class(
            at_side.counts, at_side.whole, code, informative, PER_CLASS[metric].compute
        )
        return Quantity(self.sides[side].at(metric, code, changes), (support,), kind)

    def confusion(self, pair: int, side: str) -> Quantity:
        """Share of the cases of a pair of classes taken for the other one, on one side."""
        first, second = self.pairs[pair]
        held = self.pooled.sides[side].counts.holding([first, second])
        names = f"{self.classes[first]} or {self.classes[second]}"
        if not held.any():
            return Quantity(None, (), "proportion", f"{side} has no case of {names}")
        support = Support(side, int(held.sum()), f"clusters of {names}")
        replicates = self.sides[side]
        changes = replicates.changes[CONFUSED][held, :, pair]
        return Quantity(replicates.at(CONFUSED, pair, changes), (support,), "proportion")

    def _aggregate(self, metric: str, side: str, codes: Integers, name: str) -> Quantity:
        at_side = self.pooled.sides[side]
        least = AGGREGATE[metric].least_classes
        if int((at_side.clusters_of_class > 0).sum()) < least:
            why = f"undefined on {side}: cases of {least} classes needed"
            return Quantity(None, (), AGGREGATE[metric].kind, why)
        support = Support(side, len(at_side.clusters))
        if AGGREGATE[metric].kind == "class average":
            fewest, of_class = at_side.fewest_clusters
            support = Support(side, fewest, by_class={self.classes[code]: int(of_class[code]) for code in codes})
        found = Quantity(self.sides[side].of(name), (support,), AGGREGATE[metric].kind, limits=AGGREGATE[metric].limits)
        if found.kind == "class average" and at_side.few_hold_most:
            found = found.remarked(f"on {side} {FEW_HOLD_MOST}")
        term = AGGREGATE[metric].average_of
        return found if term is None else replace(found, unmoved=self._unmoved(term, side, codes))

    def _unmoved(self, term: str, side: str, codes: Integers) -> tuple[Quantity, ...]:
        """The classes whose term of an average is 0 or 1 under every seed."""
        values = self.sides[side].per_seed[term][:, codes].mean(0)
        return tuple(self.of_class(term, side, int(code)) for code in codes[(values < TIE) | (values > 1 - TIE)])


def shared_name(metric: str, site: str) -> str:
    """What a class average over the classes shared with a site is called among replicates."""
    return f"{metric} over classes shared with {site}"
