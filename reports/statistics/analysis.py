"""The quantities of one backbone: which numbers are estimated on which side, and their gaps."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from reports.statistics.cases import INTERNAL
from reports.statistics.confusion_counts import TIE, Integers
from reports.statistics.estimate import Quantity, Support
from reports.statistics.jackknife import leave_out_each_cluster_of_class
from reports.statistics.metrics.metric import ClassMetric, CountMetric, Kind, ProbabilityMetric
from reports.statistics.metrics.of_counts import CONFUSED
from reports.statistics.pooling import MOST_CLASSES_OF_A_CONFUSION, Pooled
from reports.statistics.replicates import Replicates, SideReplicates

FEW_HOLD_MOST = "few patients hold most of the cases: such an interval covers 90–93 % in simulation"
ALIKE_MIXES = "where both sides have the same class mix, its interval covers 99 % or more in simulation"


@dataclass(frozen=True)
class Analysis:
    """One backbone's replicates on every side.

    shared: site → codes of classes that both sides hold. reweighted: site → metric → replicates of the site as if its
    classes had the internal proportions; only of sites that hold all classes. from_probabilities: metric → side →
    replicates. referenced: metric → side → its value and its reference.
    """

    pooled: Pooled
    classes: tuple[str, ...]
    pairs: tuple[tuple[int, int], ...]
    sides: Mapping[str, SideReplicates]
    shared: Mapping[str, Integers]
    reweighted: Mapping[str, Mapping[str, Replicates]] = field(default_factory=dict)
    from_probabilities: Mapping[str, Mapping[str, Replicates]] = field(default_factory=dict)
    referenced: Mapping[str, Mapping[str, tuple[float, float]]] = field(default_factory=dict)

    @property
    def sites(self) -> tuple[str, ...]:
        return tuple(self.shared)

    def on_side(self, metric: CountMetric | ProbabilityMetric, side: str) -> Quantity:
        """A metric on one side; a class average is over the classes that have cases there."""
        if isinstance(metric, ProbabilityMetric):
            return self._of_probabilities(metric, side)
        present = self.pooled.sides[side].present
        found = self._of_counts(metric, side, present, metric.name)
        if found.kind != "class average" or len(present) == len(self.classes):
            return found
        return found.remarked(f"over the classes that {side} has cases of: {self._names(present)}")

    def gap(self, metric: CountMetric | ProbabilityMetric, site: str) -> Quantity:
        """Internal minus external. A class average of counts is over the classes that both sides hold.

        A class that a site lacks counts 0 in its average and would fake a gap. Class averages of probabilities have a
        gap only where both sides hold all classes.
        """
        shared, kind = self.shared[site], metric.kind
        if kind != "class average" or len(shared) == len(self.classes):
            return self.on_side(metric, INTERNAL) - self.on_side(metric, site)
        if isinstance(metric, ProbabilityMetric):
            return Quantity(None, (), kind, f"internal and {site} hold different classes")
        if not len(shared):
            return Quantity(None, (), kind, f"internal and {site} share no class")
        name = shared_name(metric.name, site)
        gap = self._of_counts(metric, INTERNAL, shared, name) - self._of_counts(metric, site, shared, name)
        return gap.remarked(f"over the classes on both sides: {self._names(shared)}")

    def _of_probabilities(self, metric: ProbabilityMetric, side: str) -> Quantity:
        kind, by_side = metric.kind, self.from_probabilities.get(metric.name, {})
        if side not in by_side:
            return Quantity(None, (), kind, f"undefined on {side}: a fold model was tested on cases of one class only")
        support = self._support(kind, side, self.pooled.sides[side].present)
        untested = self._untested(side) if kind == "class average" else ""
        return Quantity(by_side[side], (support,), kind, untested or None, metric.limits)

    def _untested(self, side: str) -> str:
        """What to say where a fold model has no number for a class; empty where each has one for all."""
        if side not in self.pooled.probabilities:
            return ""
        names = self._names(self.pooled.probabilities[side].missing_classes())
        return f"on {side} a fold model was tested without cases of {names}, which rest on the others" if names else ""

    def _names(self, codes: Integers) -> str:
        return ", ".join(self.classes[code] for code in codes)

    def appearance_shift(self, metric: CountMetric, site: str) -> Quantity:
        """Internal minus the site with the internal class mix: what of the gap is not prevalence."""
        return self.on_side(metric, INTERNAL) - self._reweighted(metric, site)

    def prevalence_shift(self, metric: CountMetric, site: str) -> Quantity:
        """The site with the internal class mix minus the site as it is: the rest of the gap."""
        found = self._reweighted(metric, site) - self.on_side(metric, site)
        return found if found.replicates is None else found.remarked(ALIKE_MIXES)

    def _reweighted(self, metric: CountMetric, site: str) -> Quantity:
        if site in self.reweighted:
            both = (*self.on_side(metric, INTERNAL).supports, *self.on_side(metric, site).supports)
            # not a proportion of cases, so without exact bounds at 0 and 1
            kind: Kind = "score" if metric.kind == "proportion" else metric.kind
            return Quantity(self.reweighted[site][metric.name], both, kind, limits=metric.limits)
        absent = [f"{side} has no case of {names}" for side in (site, INTERNAL) if (names := self._absent(side))]
        why = "; ".join(absent) or f"more than {MOST_CLASSES_OF_A_CONFUSION} classes"
        return Quantity(None, (), metric.kind, f"not split: {why}")

    def _absent(self, side: str) -> str:
        held = self.pooled.sides[side].clusters_of_class > 0
        return ", ".join(name for name, there in zip(self.classes, held, strict=True) if not there)

    def of_class(self, metric: ClassMetric, side: str, code: int) -> Quantity:
        """A metric of one class on one side.

        The clusters that count are those holding the class; where the metric rests on predictions alone (as
        precision does), those with a prediction of it.
        """
        kind, rests_on, at_side = metric.kind, metric.rests_on, self.pooled.sides[side]
        held, predicted, name = at_side.held[code], at_side.predicted[code], self.classes[code]
        if not held.any():
            return Quantity(None, (), kind, f"{side} has no case of {name}")
        if rests_on == "predictions" and not predicted.any():
            return Quantity(None, (), kind, f"{name} is never predicted for {side}")
        if rests_on == "predictions":
            support = Support(side, int(predicted.sum()), f"clusters predicted as {name}")
        else:
            support = Support(side, int(held.sum()), f"clusters of {name}")
        informative = np.flatnonzero({"cases": held, "predictions": predicted, "both": held | predicted}[rests_on])
        changes = leave_out_each_cluster_of_class(at_side.counts, at_side.whole, code, informative, metric.compute)
        return Quantity(self.sides[side].at(metric.name, code, changes), (support,), kind)

    def confusion(self, pair: int, side: str) -> Quantity:
        """Share of the cases of a pair of classes taken for the other one, on one side."""
        first, second = self.pairs[pair]
        held = self.pooled.sides[side].counts.holding([first, second])
        names = f"{self.classes[first]} or {self.classes[second]}"
        if not held.any():
            return Quantity(None, (), CONFUSED.kind, f"{side} has no case of {names}")
        support = Support(side, int(held.sum()), f"clusters of {names}")
        replicates = self.sides[side]
        changes = replicates.changes[CONFUSED.name][held, :, pair]
        return Quantity(replicates.at(CONFUSED.name, pair, changes), (support,), CONFUSED.kind)

    def _of_counts(self, metric: CountMetric, side: str, codes: Integers, name: str) -> Quantity:
        at_side = self.pooled.sides[side]
        if int((at_side.clusters_of_class > 0).sum()) < metric.least_classes:
            why = f"undefined on {side}: cases of {metric.least_classes} classes needed"
            return Quantity(None, (), metric.kind, why)
        support = self._support(metric.kind, side, codes)
        found = Quantity(self.sides[side].of(name), (support,), metric.kind, limits=metric.limits)
        if found.kind == "class average" and at_side.few_hold_most:
            found = found.remarked(f"on {side} {FEW_HOLD_MOST}")
        term = metric.average_of
        return found if term is None else replace(found, unmoved=self._unmoved(term, side, codes))

    def _support(self, kind: Kind, side: str, codes: Integers) -> Support:
        at_side = self.pooled.sides[side]
        if kind != "class average":
            return Support(side, len(at_side.clusters))
        fewest, of_class = at_side.fewest_clusters
        return Support(side, fewest, by_class={self.classes[code]: int(of_class[code]) for code in codes})

    def _unmoved(self, term: ClassMetric, side: str, codes: Integers) -> tuple[Quantity, ...]:
        """The classes whose term of an average is 0 or 1 under every seed."""
        values = self.sides[side].per_seed[term.name][:, codes].mean(0)
        return tuple(self.of_class(term, side, int(code)) for code in codes[(values < TIE) | (values > 1 - TIE)])


def shared_name(metric: str, site: str) -> str:
    """What a class average over the classes shared with a site is called among replicates."""
    return f"{metric} over classes shared with {site}"
