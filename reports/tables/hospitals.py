"""Sites that were each held out whole: a metric at each of them, and what they say of the next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from reports.statistics.analyse import analyse
from reports.statistics.analysis import FEW_HOLD_MOST, Analysis
from reports.statistics.bootstrap import Draws
from reports.statistics.cases import INTERNAL, index_cases
from reports.statistics.cell import Cell
from reports.statistics.estimate import IntervalChoice, Quantity, estimate, refusal, too_biased
from reports.statistics.hospitals.synthesis import AtSite, Synthesis, synthesise
from reports.statistics.metrics import metrics_of
from reports.statistics.metrics.metric import CountMetric, ProbabilityMetric
from reports.statistics.pooling import Pooled, pool_predictions

HOSPITAL = "hospital"
"""The column of a case table that says at which site a case is, where sites were held out."""


@dataclass(frozen=True)
class OverSites:
    """A metric of one row. sites: its cell at each; left_out: why a site does not enter the synthesis."""

    sites: Mapping[str, Cell]
    left_out: Mapping[str, str]
    synthesis: Synthesis

    def to_dict(self) -> dict[str, object]:
        return {
            "sites": {site: cell.to_dict() for site, cell in self.sites.items()},
            "left_out": dict(self.left_out),
            "mean": self.synthesis.mean.to_dict(),
            "tau": self.synthesis.tau.to_dict(),
            "next": self.synthesis.next.to_dict(),
        }


@dataclass(frozen=True)
class Hospitals:
    """All metrics of one row over the sites. clusters: site → (cases, clusters)."""

    metrics: Mapping[str, OverSites]
    clusters: Mapping[str, tuple[int, int]]

    def to_dict(self) -> dict[str, object]:
        return {name: one.to_dict() for name, one in self.metrics.items()}


def over_sites(
    predictions: pd.DataFrame, pooled: Pooled, cases: pd.DataFrame, classes: Sequence[str], draws: Draws
) -> Hospitals:
    """Of one row, from its predictions and the case table with the column `HOSPITAL`; its complete seeds alone."""
    kept = predictions[predictions["seed"].isin(pooled.seeds)]
    metrics: dict[str, CountMetric | ProbabilityMetric] = {**metrics_of(CountMetric)}
    if pooled.probabilities:
        metrics |= metrics_of(ProbabilityMetric)
    at = {
        str(site): _analysis(kept[kept["case_id"].isin(of_site["case_id"])], of_site, classes, draws)
        for site, of_site in cases.groupby(HOSPITAL, sort=False)
    }
    known = {site: one for site, one in at.items() if one is not None}
    return Hospitals(
        {name: _over_sites(known, metric) for name, metric in metrics.items()},
        {
            site: (one.pooled.sides[INTERNAL].n_cases, len(one.pooled.sides[INTERNAL].clusters))
            for site, one in known.items()
        },
    )


def _analysis(predictions: pd.DataFrame, cases: pd.DataFrame, classes: Sequence[str], draws: Draws) -> Analysis | None:
    """Of one site, whose cases are predicted by one fold model a seed."""
    pooled, _ = pool_predictions(predictions, index_cases(cases, classes), name="", folds=1)
    return None if pooled is None else analyse([pooled], classes, (), draws, bootstrap=False)[0]


def _over_sites(at: Mapping[str, Analysis], metric: CountMetric | ProbabilityMetric) -> OverSites:
    cells, left_out, entering = dict[str, Cell](), dict[str, str](), list[AtSite]()
    for site, one in at.items():
        found = _at(site, one, metric)
        cells[site] = estimate(found, IntervalChoice())
        why = found.reason if found.replicates is None else refusal(found.supports, found.kind) or too_biased(found)
        if why:
            left_out[site] = why
        else:
            clusters, variance = found.supports[0].clusters, found.test.standard_error**2
            entering.append(AtSite(site, found.known.value, variance, clusters))
    return OverSites(cells, left_out, synthesise(entering, metric.limits))


def _at(site: str, one: Analysis, metric: CountMetric | ProbabilityMetric) -> Quantity:
    """A metric at one site. An average over fewer classes than elsewhere is another quantity, and is not given."""
    side, found = one.pooled.sides[INTERNAL], one.on_side(metric, INTERNAL)
    absent = [name for code, name in enumerate(one.classes) if code not in side.present]
    if absent and found.kind == "class average":
        return Quantity(None, (), found.kind, f"{site} has no case of {', '.join(absent)}")
    if found.replicates is None:
        return Quantity(None, (), found.kind, f"undefined at {site}, which has cases of {len(side.present)} class(es)")
    few = f"at {site} {FEW_HOLD_MOST}" if side.few_hold_most and found.kind == "class average" else None
    return replace(found, supports=tuple(replace(one, side=site) for one in found.supports), reason=few)
