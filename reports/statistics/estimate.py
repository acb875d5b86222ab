"""Which interval a quantity gets: bootstrap, jackknife t, exact bounds, or none with the reason."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from reports.statistics.cell import FEW_CLUSTERS, FEW_CLUSTERS_OF_A_CLASS, Cell
from reports.statistics.confusion_counts import TIE
from reports.statistics.intervals import (
    Interval,
    acceleration,
    bca,
    bias_corrected,
    bound_proportion,
    is_constant,
    of_difference,
    on_logit_scale,
    percentile,
)
from reports.statistics.jackknife import JackknifeT, Part
from reports.statistics.metrics.metric import Kind
from reports.statistics.replicates import Replicates

LEAST_CLUSTERS = 2
LEAST_CLUSTERS_FOR_CLASS_AVERAGE = 15

ONE_SEED = "one seed: these models only, not what other seeds would give"
ONE_SEED_OF_SEVERAL_MODELS = f"{ONE_SEED}; how far the seed's fold models differ is in the interval"

NO_CHANGE = "every resample gives the same value"
NO_CHANGE_BY_ONE = "no cluster and no seed alone changes the value"
OFF_THE_BOOTSTRAP = "jackknife t, since the bootstrap gives no interval that holds the value"

PROPORTION = (0.0, 1.0)

Limits = tuple[float, float]
Scale = Literal["logit", "sides", "plain"]


@dataclass(frozen=True)
class Support:
    """The clusters of one side that stand behind a quantity.

    clusters: those that count for it: all of the side, or for a quantity of one class those of that class.
    what: how to call them. by_class: for class averages, the clusters holding each class.
    """

    side: str
    clusters: int
    what: str = "clusters"
    by_class: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class IntervalChoice:
    """What the user may choose about intervals."""

    interval: Interval = "jackknife-t"
    confidence: float = 0.95


@dataclass(frozen=True)
class Quantity:
    """Something to estimate: its replicates (None where it is undefined), and what decides its interval.

    reason: a remark that its cell carries besides those of the interval. limits: its least and greatest value. scale:
    where its jackknife t interval is symmetric: on the logit of its place between its limits; from the intervals of the
    two sides of a difference; or as it is. unmoved: proportions at 0 or 1 of which the value is a mean over classes; no
    cluster moves them, so the distance to their exact bounds is added. further: of its variance, what neither clusters
    nor seeds show.
    """

    replicates: Replicates | None
    supports: tuple[Support, ...]
    kind: Kind
    reason: str | None = None
    limits: Limits = PROPORTION
    scale: Scale = "logit"
    sides: tuple[Quantity, Quantity] | None = None
    unmoved: tuple[Quantity, ...] = ()
    further: tuple[Part, ...] = ()

    def __sub__(self, other: Quantity) -> Quantity:
        """The paired difference, which rests on the clusters of both and takes its interval from theirs."""
        supports = {support.side: support for support in (*self.supports, *other.supports)}
        replicates = self.replicates - other.replicates if self.replicates and other.replicates else None
        reasons = dict.fromkeys(reason for reason in (self.reason, other.reason) if reason)
        limits = (self.limits[0] - other.limits[1], self.limits[1] - other.limits[0])
        reason = "; ".join(reasons) or None
        return Quantity(replicates, tuple(supports.values()), self.kind, reason, limits, "sides", (self, other))

    def as_it_is(self) -> Quantity:
        """The same with an interval that is symmetric around the value, and so leaves out 0 exactly where p ≤ .05."""
        return replace(self, scale="plain", sides=None)

    def remarked(self, remark: str) -> Quantity:
        """The same quantity with a further remark for its cell."""
        return replace(self, reason="; ".join(part for part in (self.reason, remark) if part))

    @property
    def known(self) -> Replicates:
        """The replicates; ValueError where the quantity is undefined."""
        if self.replicates is None:
            raise ValueError(f"An undefined quantity has no replicates: {self.reason}.")
        return self.replicates

    @property
    def at_a_limit(self) -> bool:
        """Whether the value is the least or the greatest there is."""
        return min(abs(self.known.value - limit) for limit in self.limits) < TIE

    @cached_property
    def test(self) -> JackknifeT:
        """The jackknife t over clusters and seeds; with one seed over clusters and fold models."""
        found = JackknifeT.of(self.known.per_seed, self.known.changes, self.known.models)
        return JackknifeT((*found.parts, *self.further))


def too_biased(quantity: Quantity) -> str | None:
    """Why no interval around the value covers: it is off by more than its standard error; None where it is not.

    Small samples raise an average precision and lower a macro-F1. A difference of two sides is as biased as they are,
    and one of backbones on the same cases hardly, since both are off alike.
    """
    if quantity.scale == "plain":
        return None
    if quantity.sides is not None:
        return next((why for side in quantity.sides if (why := too_biased(side))), None)
    bias = quantity.known.bias
    if abs(bias) <= quantity.test.standard_error + TIE:
        return None
    side = quantity.supports[0].side
    about = f"{bias:+.2f}".replace("-", "−")
    return f"on {side} biased by about {about} on so few cases, more than its standard error"


def estimate(quantity: Quantity, choice: IntervalChoice) -> Cell:
    """The cell of a quantity.

    In this order: no interval where the clusters do not allow one (`refusal`); exact bounds over clusters for a
    proportion at 0 or 1, since nothing moves it; no interval for any other quantity that no resample, or no cluster and
    no seed, moves, such as an F1 of 1: it is not a proportion, so no exact bounds are known, and an interval without
    width would claim certainty; nor for one that is biased by more than its standard error (`too_biased`); a bootstrap
    interval where one is chosen, clusters are not few (`are_few`) and it has a width and holds the value; else the
    jackknife t, which covers better where there are few clusters or seeds. Intervals end at the limits of the quantity.
    """
    replicates, supports, kind = quantity.replicates, quantity.supports, quantity.kind
    if replicates is None:
        return Cell(None, reason=quantity.reason)
    value = replicates.value
    remarks = [quantity.reason, _of_one_seed(replicates)]

    def cell(low: float | None, high: float | None, method: str | None, *why: str) -> Cell:
        said = dict.fromkeys(remark for remark in (*why, *remarks) if remark)
        return Cell(value, low, high, method, "; ".join(said) or None)

    refused = refusal(supports, kind)
    if refused:
        return cell(None, None, None, refused)
    if _is_exact(quantity) and (exact := _own_bounds(quantity, choice.confidence)):
        return cell(*exact, "clopper-pearson")
    few, bootstrap = are_few(supports), choice.interval != "jackknife-t"
    if bootstrap and is_constant(replicates.resampled):
        return cell(None, None, None, NO_CHANGE)
    if biased := too_biased(quantity):
        return cell(None, None, None, biased)
    if bootstrap and not few:
        low, high = _within(_bootstrap_interval(replicates, choice), quantity.limits)
        if low <= value <= high and low < high:
            return cell(low, high, choice.interval)
    bounds = _jackknife_bounds(quantity, choice.confidence)
    if bounds is None:
        return cell(None, None, None, NO_CHANGE_BY_ONE)
    why = [OFF_THE_BOOTSTRAP] if bootstrap and not few else []
    return replace(cell(*_within(bounds, quantity.limits), "jackknife-t", *why), few_clusters=few)


def _of_one_seed(replicates: Replicates) -> str | None:
    if len(replicates.per_seed) > 1:
        return None
    return ONE_SEED_OF_SEVERAL_MODELS if any(len(one) > 1 for one in replicates.models.values()) else ONE_SEED


def _is_exact(quantity: Quantity) -> bool:
    return quantity.kind == "proportion" and quantity.scale == "logit" and quantity.at_a_limit


def _own_bounds(quantity: Quantity, confidence: float) -> Limits | None:
    """Exact for a proportion at 0 or 1, else of the jackknife t."""
    if _is_exact(quantity):
        return bound_proportion(round(quantity.known.value), quantity.supports[0].clusters, confidence)
    return _jackknife_bounds(quantity, confidence)


def _jackknife_bounds(quantity: Quantity, confidence: float) -> Limits | None:
    """The interval of the jackknife t on the quantity's scale; None where nothing moves it.

    A difference of two sides gets its ends from theirs (`of_difference`); where a side has none, such as an F1 of 1, it
    is symmetric.
    """
    value, half = quantity.known.value, quantity.test.half_width(confidence)
    if quantity.sides is not None:
        of_sides = [bounds for side in quantity.sides if (bounds := _own_bounds(side, confidence))]
        if len(of_sides) == 2:
            halves = [side.test.half_width(confidence) for side in quantity.sides]
            return of_difference([side.known.value for side in quantity.sides], of_sides, halves, half)
    if half == 0 or (quantity.scale == "logit" and quantity.at_a_limit):
        return None
    if quantity.scale == "plain":
        return value - half, value + half
    low, high = on_logit_scale(value, half, quantity.limits)
    return _with_unmoved(quantity, value, (low, high), confidence)


def _with_unmoved(quantity: Quantity, value: float, bounds: Limits, confidence: float) -> Limits:
    """Distances to the ends and to the exact bounds of classes at 0 or 1, as of independent parts of a mean."""
    down, up = value - bounds[0], bounds[1] - value
    for one in quantity.unmoved:
        exact = bound_proportion(round(one.known.value), one.supports[0].clusters, confidence)
        share = 1 / len(quantity.supports[0].by_class)
        down = math.hypot(down, share * (one.known.value - exact[0]))
        up = math.hypot(up, share * (exact[1] - one.known.value))
    return value - down, value + up


def _within(bounds: Limits, limits: Limits) -> Limits:
    return max(bounds[0], limits[0]), min(bounds[1], limits[1])


def refusal(supports: Sequence[Support], kind: Kind) -> str | None:
    """Why no interval can be given, or None where one can."""
    for support in supports:
        if support.clusters < LEAST_CLUSTERS:
            return f"{support.side} has {_count(support.clusters, support.what)}, {LEAST_CLUSTERS} needed"
        if kind != "class average":
            continue
        for name, clusters in support.by_class.items():
            if clusters < LEAST_CLUSTERS:
                return f"{support.side} has {_count(clusters, f'clusters of {name}')}, {LEAST_CLUSTERS} needed"
        if support.clusters < LEAST_CLUSTERS_FOR_CLASS_AVERAGE:
            needed = LEAST_CLUSTERS_FOR_CLASS_AVERAGE
            return f"{support.side} has {_count(support.clusters, 'clusters')}, {needed} needed"
    return None


def are_few(supports: Sequence[Support]) -> bool:
    """Whether a side has too few clusters, or clusters of a class, for the bootstrap to cover."""
    return any(
        support.clusters < FEW_CLUSTERS
        or any(clusters < FEW_CLUSTERS_OF_A_CLASS for clusters in support.by_class.values())
        for support in supports
    )


def _count(clusters: int, what: str) -> str:
    return f"{clusters} {what.replace('clusters', 'cluster', 1) if clusters == 1 else what}"


def _bootstrap_interval(replicates: Replicates, choice: IntervalChoice) -> tuple[float, float]:
    resampled, value = replicates.resampled, replicates.value
    if choice.interval == "percentile":
        return percentile(resampled, choice.confidence)
    if choice.interval == "bias-corrected":
        return bias_corrected(resampled, value, choice.confidence)
    samples = [*replicates.jackknife_over_clusters(), replicates.jackknife_over_seeds()]
    skew = acceleration([sample for sample in samples if len(sample)])
    return bca(resampled, value, skew, choice.confidence)
