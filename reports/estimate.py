"""Which interval a quantity gets: bootstrap, jackknife t, exact bounds, or none with the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from reports.cell import FEW_CLUSTERS, FEW_CLUSTERS_OF_A_CLASS, Cell
from reports.intervals import (
    Interval,
    acceleration,
    bca,
    bias_corrected,
    bound_proportion,
    is_constant,
    percentile,
)
from reports.jackknife import JackknifeT
from reports.metrics import Kind
from reports.replicates import Replicates

LEAST_CLUSTERS = 2
LEAST_CLUSTERS_FOR_CLASS_AVERAGE = 15

ONE_SEED = "one seed: only the sampling of cases is seen"

NO_CHANGE = "every resample gives the same value"
NO_CHANGE_BY_ONE = "no cluster and no seed alone changes the value"
OFF_THE_BOOTSTRAP = "jackknife t, since the bootstrap gives no interval that holds the value"

PROPORTION = (0.0, 1.0)
DIFFERENCE = (-1.0, 1.0)
DIFFERENCE_OF_GAPS = (-2.0, 2.0)


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

    reason: a remark that its cell carries besides those of the interval.
    """

    replicates: Replicates | None
    supports: tuple[Support, ...]
    kind: Kind
    reason: str | None = None

    def __sub__(self, other: Quantity) -> Quantity:
        """The paired difference, which rests on the clusters of both sides."""
        supports = {support.side: support for support in (*self.supports, *other.supports)}
        replicates = self.replicates - other.replicates if self.replicates and other.replicates else None
        reasons = dict.fromkeys(reason for reason in (self.reason, other.reason) if reason)
        if replicates is not None:
            reasons |= dict.fromkeys(reason for one in (self, other) if (reason := one._without_error()))
        return Quantity(replicates, tuple(supports.values()), self.kind, "; ".join(reasons) or None)

    def _without_error(self) -> str | None:
        """A difference does not see the sampling error of a part that is the same in every resample."""
        if self.replicates is None or len(self.supports) != 1 or self.replicates.value not in PROPORTION:
            return None
        if self.kind == "score" and _varies(self.replicates):
            return None  # 0 is no end of the range of kappa, nor 1 of that of the Brier score
        return f"{self.supports[0].side} is exactly {self.replicates.value:.0f}, its sampling error is not seen"


def _varies(one: Replicates) -> bool:
    estimable = all(len(values) > 1 for values in one.deleted.values())
    return estimable and JackknifeT.of(one.per_seed, one.deleted).standard_error > 0


def estimate(quantity: Quantity, choice: IntervalChoice, *, limits: tuple[float, float] = PROPORTION) -> Cell:
    """The cell of a quantity.

    In this order: no interval where the clusters do not allow one (`refusal`); exact bounds over clusters
    for a proportion at 0 or 1, since nothing moves it; no interval for any other quantity that no resample, or no
    cluster and no seed, moves, such as an F1 of 1: it is not a proportion, so no exact bounds are known, and an
    interval without width would claim certainty; a bootstrap interval where one is chosen, clusters are not few
    (`are_few`) and it has a width and holds the value; else the jackknife t, which covers better where there are few
    clusters or seeds. `limits` are the range of the quantity: intervals end there, and only a quantity in (0, 1) can
    be a proportion.
    """
    replicates, supports, kind = quantity.replicates, quantity.supports, quantity.kind
    if replicates is None:
        return Cell(None, reason=quantity.reason)
    value = replicates.value
    remarks = [quantity.reason, ONE_SEED if len(replicates.per_seed) == 1 else None]

    def cell(low: float | None, high: float | None, method: str | None, *why: str) -> Cell:
        said = [remark for remark in (*why, *remarks) if remark]
        return Cell(value, low, high, method, "; ".join(said) or None)

    refused = refusal(supports, kind)
    if refused:
        return cell(None, None, None, refused)
    if kind == "proportion" and limits == PROPORTION and value in PROPORTION:
        low, high = bound_proportion(value, supports[0].clusters, choice.confidence)
        return cell(low, high, "clopper-pearson")
    few, bootstrap = are_few(supports), choice.interval != "jackknife-t"
    if bootstrap and is_constant(replicates.resampled):
        return cell(None, None, None, NO_CHANGE)
    if bootstrap and not few:
        low, high = _within(_bootstrap_interval(replicates, choice), limits)
        if low <= value <= high and low < high:
            return cell(low, high, choice.interval)
    jackknife = JackknifeT.of(replicates.per_seed, replicates.deleted)
    if jackknife.standard_error == 0:
        return cell(None, None, None, NO_CHANGE_BY_ONE)
    low, high = _within(jackknife.interval(value, choice.confidence), limits)
    why = [OFF_THE_BOOTSTRAP] if bootstrap and not few else []
    return replace(cell(low, high, "jackknife-t", *why), few_clusters=few)


def _within(bounds: tuple[float, float], limits: tuple[float, float]) -> tuple[float, float]:
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
    samples = [*replicates.deleted.values(), replicates.jackknife_over_seeds()]
    skew = acceleration([sample for sample in samples if len(sample)])
    return bca(resampled, value, skew, choice.confidence)
