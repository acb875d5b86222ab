"""Paired comparisons of backbones, and Holm's adjustment."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from reports.statistics.analyse import analyse
from reports.statistics.analysis import Analysis
from reports.statistics.bootstrap import Draws
from reports.statistics.cases import INTERNAL
from reports.statistics.cell import Cell
from reports.statistics.confusion_counts import TIE
from reports.statistics.corrected_t import ROPE
from reports.statistics.estimate import IntervalChoice, Quantity, estimate, refusal
from reports.statistics.fold_tests import FoldTests, fold_tests
from reports.statistics.metrics import METRICS, compared, primary
from reports.statistics.metrics.metric import CountMetric, Metric
from reports.statistics.noise_floor import NoiseFloor
from reports.statistics.pooling import Pooled

SIGNIFICANCE = 0.05


@dataclass(frozen=True)
class Endpoint:
    """A number on which backbones are compared."""

    metric: CountMetric
    side: str = INTERNAL
    gap: bool = False

    @property
    def name(self) -> str:
        """Where the number stands in a row: internal.macro_f1, external.SITE.macro_f1, gap.SITE.macro_f1."""
        if self.gap:
            return f"gap.{self.side}.{self.metric.name}"
        return f"internal.{self.metric.name}" if self.side == INTERNAL else f"external.{self.side}.{self.metric.name}"

    @property
    def is_internal(self) -> bool:
        return self.side == INTERNAL and not self.gap

    def of(self, analysis: Analysis) -> Quantity:
        return analysis.gap(self.metric, self.side) if self.gap else analysis.on_side(self.metric, self.side)


PRIMARY = Endpoint(primary())


@dataclass(frozen=True)
class Comparison:
    """Backbone a minus backbone b on one endpoint, over the seeds that they share.

    p is that of the paired jackknife t: None where the difference is not estimable, and with one seed, which cannot say
    what other seeds would give. p_holm is adjusted over the pairs of the primary endpoint, or for an exploratory one
    over all pairs and all exploratory endpoints together. minimum_detectable: the true difference found with 80 % power
    by the test of this pair alone; after Holm's adjustment it takes a larger one. equivalent_within: the smallest
    margin within which both are equivalent at 5 % by two one-sided tests (Schuirmann 1987).
    below_noise_floor: whether other seeds alone would make such a difference (None where not known). fold_tests: of
    internal endpoints, further tests beside p.
    """

    a: str
    b: str
    endpoint: str
    difference: Cell
    seeds: int
    standard_error: float | None
    p: float | None
    p_holm: float | None = None
    minimum_detectable: float | None = None
    equivalent_within: float | None = None
    below_noise_floor: bool | None = None
    fold_tests: FoldTests | None = None

    @property
    def metric(self) -> Metric:
        """The metric that the endpoint compares."""
        return METRICS[self.endpoint.rpartition(".")[2]]

    @property
    def confirmatory(self) -> bool:
        """Whether it is of the primary endpoint, which alone decides ranks and what is resolved; all others explore."""
        return self.endpoint == PRIMARY.name

    @property
    def resolved(self) -> bool:
        return self.confirmatory and self.p_holm is not None and self.p_holm <= SIGNIFICANCE

    @property
    def equivalent(self) -> bool | None:
        """Whether both are equivalent within the region of practical equivalence; None where that is not tested."""
        return None if self.equivalent_within is None else self.equivalent_within < ROPE

    def to_dict(self) -> dict[str, object]:
        return {
            "a": self.a,
            "b": self.b,
            "endpoint": self.endpoint,
            "confirmatory": self.confirmatory,
            "difference": self.difference.to_dict(),
            "p": self.p,
            "p_holm": self.p_holm,
            "resolved": self.resolved,
            "seeds": self.seeds,
            "standard_error": self.standard_error,
            "minimum_detectable_difference": self.minimum_detectable,
            "equivalent_within": self.equivalent_within,
            "equivalent": self.equivalent,
            "below_noise_floor": self.below_noise_floor,
            "fold_tests": None if self.fold_tests is None else self.fold_tests.to_dict(),
        }


def shared_seeds(a: Pooled, b: Pooled) -> tuple[int, ...]:
    """The seeds under which both had the same cases in the same folds."""
    return tuple(seed for seed in a.seeds if seed in b.partitions and a.partitions[seed] == b.partitions[seed])


def compare(a: Analysis, b: Analysis, endpoint: Endpoint, choice: IntervalChoice) -> Comparison:
    """Compare two analyses over the same seeds, clusters and draws; p is not yet adjusted."""
    difference = (endpoint.of(a) - endpoint.of(b)).as_it_is()
    seeds = len(a.pooled.seeds)
    testable = difference.replicates is not None and refusal(difference.supports, difference.kind) is None and seeds > 1
    test = difference.test if testable else None
    varies = test is not None and test.standard_error > 0
    return Comparison(
        a=a.pooled.name,
        b=b.pooled.name,
        endpoint=endpoint.name,
        difference=estimate(difference, choice),
        seeds=seeds,
        standard_error=test.standard_error if test else None,
        p=test.p_value(difference.known.value) if test else None,
        minimum_detectable=test.minimum_detectable(choice.confidence) if test and varies else None,
        equivalent_within=test.equivalent_within(difference.known.value, SIGNIFICANCE) if test and varies else None,
        fold_tests=fold_tests(a.pooled, b.pooled, endpoint.metric) if endpoint.is_internal else None,
    )


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's (1979) step-down adjusted p-values, in the given order."""
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(stepped, 1.0)
    return [float(value) for value in adjusted]


def adjust(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """Holm-adjust the p-values there are: over the pairs of the primary endpoint, and over all the others together."""
    adjusted = list(comparisons)
    for confirmatory in (True, False):
        family = [(i, one.p) for i, one in enumerate(comparisons) if one.confirmatory == confirmatory]
        known = [(i, p) for i, p in family if p is not None]
        for (i, _), p_holm in zip(known, holm([p for _, p in known]), strict=True):
            adjusted[i] = replace(comparisons[i], p_holm=p_holm)
    return adjusted


def compare_all(
    analyses: Sequence[Analysis],
    pairs: Sequence[tuple[int, int]],
    draws: Draws,
    choice: IntervalChoice,
    floors: Mapping[str, Mapping[str, NoiseFloor]],
    stratify: bool,
) -> tuple[list[Comparison], list[str]]:
    """Compare all pairs over the seeds they share, Holm-adjusted, and note the pairs that share not all.

    Backbones are resampled again, once for each set of seeds, only where sets differ.
    """
    notes: list[str] = []
    paired: list[tuple[Analysis, Analysis, tuple[int, ...]]] = []
    by_seeds = {(one.pooled.name, one.pooled.seeds): one for one in analyses}
    missing: dict[tuple[int, ...], dict[str, Pooled]] = {}
    for a, b in combinations(analyses, 2):
        seeds = shared_seeds(a.pooled, b.pooled)
        both = f"{a.pooled.name} and {b.pooled.name}"
        if not seeds:
            notes.append(f"{both} are not compared: no seed has the same cases in the same folds for both.")
            continue
        paired.append((a, b, seeds))
        if not a.pooled.seeds == seeds == b.pooled.seeds:
            notes.append(f"{both} are compared over the seeds that they share ({len(seeds)}).")
        for one in (a.pooled, b.pooled):
            if one.seeds != seeds:
                missing.setdefault(seeds, {})[one.name] = one.of_seeds(seeds)
    for seeds, rows in missing.items():
        bootstrap = choice.interval != "jackknife-t"
        of_seeds = list(rows.values())
        for restricted in analyse(of_seeds, analyses[0].classes, pairs, draws, stratify=stratify, bootstrap=bootstrap):
            by_seeds[restricted.pooled.name, seeds] = restricted
    comparisons = [
        _flag(
            compare(by_seeds[a.pooled.name, seeds], by_seeds[b.pooled.name, seeds], endpoint, choice),
            endpoint,
            floors,
        )
        for a, b, seeds in paired
        for endpoint in endpoints_of([site for site in a.sites if site in b.sites])
    ]
    return adjust(comparisons), notes


def endpoints_of(sites: Sequence[str]) -> list[Endpoint]:
    """The endpoints on which backbones are compared, the primary one first."""
    places = [(INTERNAL, False), *((site, gap) for site in sites for gap in (False, True))]
    return [Endpoint(metric, side, gap) for side, gap in places for metric in compared()]


def _flag(one: Comparison, endpoint: Endpoint, floors: Mapping[str, Mapping[str, NoiseFloor]]) -> Comparison:
    """Say whether other seeds alone would make the difference; internal only."""
    if not endpoint.is_internal or not {one.a, one.b} <= floors.keys() or one.difference.value is None:
        return one
    floor = floor_between(one, floors)
    return replace(one, below_noise_floor=abs(one.difference.value) <= floor + TIE)


def floor_between(one: Comparison, floors: Mapping[str, Mapping[str, NoiseFloor]]) -> float:
    """The larger noise floor of both, of means of the seeds that they share."""
    return max(floors[name][one.metric.name].floor_1 for name in (one.a, one.b)) / math.sqrt(one.seeds)
