"""What the charts of nondeterminism show, before they are drawn. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reports.nondeterminism.components import deviation
from reports.nondeterminism.summary import TITLES, Study
from reports.statistics.cell import Cell
from reports.statistics.metrics import primary


@dataclass(frozen=True)
class SpreadBars:
    """The standard deviation of a metric by source, at one site."""

    site: str
    names: tuple[str, ...]
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class NondeterminismCharts:
    """The sheet of one backbone: sd of the primary metric, and churn, by source and site, and relative L2 by step."""

    backbone: str
    spread: tuple[SpreadBars, ...]
    churn: Mapping[str, Mapping[str, float]]
    curves: Mapping[str, Sequence[tuple[int, float]]]


def nondeterminism_charts(study: Study) -> NondeterminismCharts:
    """Of all designs of two runs or more, and of numerics in the curves; curves keep the steps at which runs differ."""
    designs = [design for design in study.designs if design.runs > 1]
    spread = tuple(
        SpreadBars(
            site,
            tuple(_title(design.name) for design in designs),
            tuple(deviation(design.mean_squares(site)[primary().name]) for design in designs),
        )
        for site in study.sites
    )
    churn = {site: {_title(one.name): one.churn(site) or 0.0 for one in designs} for site in study.sites}
    curves = {
        _title(name): [(step, value) for step, value in curve if value > 0] for name, curve in study.curves.items()
    }
    return NondeterminismCharts(study.backbone, spread, churn, {name: curve for name, curve in curves.items() if curve})


def _title(name: str) -> str:
    return TITLES.get(name, name)
