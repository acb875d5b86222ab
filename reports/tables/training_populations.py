"""The headline metrics over training populations: what else comes out with other patients to train on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from reports.statistics.analyse import analyse
from reports.statistics.analysis import Analysis
from reports.statistics.bootstrap import Draws
from reports.statistics.cases import INTERNAL, Cases
from reports.statistics.cell import Cell
from reports.statistics.confusion_counts import Floats, Integers
from reports.statistics.estimate import IntervalChoice, Quantity, estimate
from reports.statistics.jackknife import Part
from reports.statistics.metrics import headline
from reports.statistics.pooling import pool_predictions
from reports.statistics.training_draws import OfDraws, between_draws, with_cases

AT_A_LIMIT = "at its limit, where nothing is known of other training cases"


@dataclass(frozen=True)
class TrainingDraws:
    """What models of training cases that were drawn anew predict.

    predictions: as those of an `Entry`, with the place of a draw in `drawn` instead of the seed. drawn: (seed, number
    of the draw). times: of each draw, how often it has a case, by the case's id; 0 where that is not there.
    """

    predictions: pd.DataFrame
    drawn: tuple[tuple[int, int], ...]
    times: tuple[Mapping[str, int], ...]


@dataclass(frozen=True)
class OverTraining:
    """One quantity. these, any: with the interval for these training cases, and for others of the same patients.

    deviations: the standard deviation that each source gives the value; together: what internal patients add since they
    are tested and train. df: degrees of freedom of what training cases add. None where the quantity is undefined.
    """

    these: Cell
    any: Cell
    deviations: Mapping[str, float] | None = None
    together: float | None = None
    df: int | None = None

    def to_dict(self) -> dict[str, object]:
        return {
            "these_training_cases": self.these.to_dict(),
            "over_training_cases": self.any.to_dict(),
            "deviations": None if self.deviations is None else dict(self.deviations),
            "tested_and_training": self.together,
            "df": self.df,
        }


@dataclass(frozen=True)
class TrainingPopulations:
    """Of one row. draws: seed → how many of its draws count; internal[METRIC], external[SITE][METRIC], gap likewise."""

    draws: Mapping[int, int]
    internal: Mapping[str, OverTraining]
    external: Mapping[str, Mapping[str, OverTraining]]
    gap: Mapping[str, Mapping[str, OverTraining]]

    def to_dict(self) -> dict[str, object]:
        return {
            "draws": {str(seed): number for seed, number in self.draws.items()},
            "internal": _plain(self.internal),
            "external": {site: _plain(of_site) for site, of_site in self.external.items()},
            "gap": {site: _plain(of_site) for site, of_site in self.gap.items()},
        }


def over_training_populations(
    analysis: Analysis, draws: TrainingDraws, cases: Cases, folds: int, resampling: Draws
) -> TrainingPopulations | None:
    """Of one row, whose seeds are those of `analysis`; None where no seed has two complete draws."""
    name, seeds = analysis.pooled.name, analysis.pooled.seeds
    wanted = [place for place, (seed, _) in enumerate(draws.drawn) if seed in seeds]
    kept = draws.predictions[draws.predictions["seed"].isin(wanted)]
    pooled, _ = pool_predictions(kept, cases, name=name, folds=folds) if len(kept) else (None, [])
    if pooled is None:
        return None
    drawn = analyse([pooled], cases.classes, (), resampling, bootstrap=False)[0]
    of_seed = np.array([draws.drawn[place][0] for place in pooled.seeds])
    numbers = {seed: int((of_seed == seed).sum()) for seed in seeds}
    if max(numbers.values()) < 2:
        return None
    clusters = analysis.pooled.sides[INTERNAL].clusters
    times = _times([draws.times[place] for place in pooled.seeds], cases)[clusters]
    made = _Made(analysis, drawn, of_seed, times)
    return TrainingPopulations(
        {seed: number for seed, number in numbers.items() if number > 1},
        made.on(INTERNAL),
        {site: made.on(site) for site in analysis.sites if site in drawn.sites},
        {site: made.gap(site) for site in analysis.sites if site in drawn.sites},
    )


def _times(drawn: Sequence[Mapping[str, int]], cases: Cases) -> Floats:
    """(n_clusters, n_draws): how often each cluster of the case table was drawn."""
    ids = [str(name) for name in cases.ids]
    found = np.zeros((len(cases.stratum), len(drawn)))
    for place, times in enumerate(drawn):
        found[cases.cluster, place] = [times.get(name, 0) for name in ids]
    return found


@dataclass(frozen=True)
class _Made:
    """The analyses of a row as it is and of its draws, the seed of each draw, and how often it has each cluster."""

    row: Analysis
    draws: Analysis
    seed: Integers
    times: Floats

    def on(self, side: str) -> dict[str, OverTraining]:
        return {
            metric.name: self._over(self.row.on_side(metric, side), self.draws.on_side(metric, side))
            for metric in headline()
        }

    def gap(self, site: str) -> dict[str, OverTraining]:
        return {
            metric.name: self._over(self.row.gap(metric, site), self.draws.gap(metric, site)) for metric in headline()
        }

    def _over(self, found: Quantity, drawn: Quantity) -> OverTraining:
        these = estimate(found, IntervalChoice())
        if found.replicates is None or drawn.replicates is None or these.low is None:
            return OverTraining(these, these)
        if any(one.at_a_limit for one in found.sides or (found,)):
            return OverTraining(these, Cell(these.value, reason=AT_A_LIMIT))
        part, together = self._part(found, drawn)
        over = self._with_part(found, drawn)
        deviations = {source: over.test.deviation(source) for source in ("clusters", "seeds")}
        deviations["training_cases"] = part.variance**0.5
        other = _holding(estimate(over, IntervalChoice()), these)
        return OverTraining(these, other, deviations, together**0.5, int(part.df))

    def _with_part(self, found: Quantity, drawn: Quantity) -> Quantity:
        """The quantity with what training cases add to its variance; a difference takes its interval from its sides."""
        part, together = self._part(found, drawn)
        further = (Part(part.variance + together, part.df, "training cases"),)
        if found.sides is None or drawn.sides is None:
            return replace(found, further=further)
        a, b = (self._with_part(*both) for both in zip(found.sides, drawn.sides, strict=True))
        return replace(found, further=further, sides=(a, b))

    def _part(self, found: Quantity, drawn: Quantity) -> tuple[Part, float]:
        """The variance between draws, and what is added since internal patients train as well."""
        known = drawn.known
        of_draws = OfDraws(known.per_seed, known.changes, self.seed)
        part, inside = between_draws(of_draws), found.known.changes.get(INTERNAL)
        return part, 0.0 if inside is None else with_cases(of_draws, self.times, inside)


def _holding(over: Cell, these: Cell) -> Cell:
    """The wider interval, never without a part of the narrower one: the ends of a gap are not those of its variance."""
    if over.low is None or over.high is None or these.low is None or these.high is None:
        return over
    return replace(over, low=min(over.low, these.low), high=max(over.high, these.high))


def _plain(found: Mapping[str, OverTraining]) -> dict[str, object]:
    return {metric: one.to_dict() for metric, one in found.items()}
