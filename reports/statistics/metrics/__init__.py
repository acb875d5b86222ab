"""All metrics. To add one, write its function and its entry in `of_counts` or `of_probabilities`, and a test.

Intervals, gaps, tables, charts, JSON and the choices of `bench search --metric` follow from the entry.
"""

from collections.abc import Mapping
from typing import TypeVar

from reports.statistics.metrics.calibration import CALIBRATION_ERROR
from reports.statistics.metrics.metric import ClassMetric, CountMetric, Metric, ProbabilityMetric, ReferencedMetric
from reports.statistics.metrics.of_counts import CLASS_METRICS, CONFUSED, COUNT_METRICS
from reports.statistics.metrics.of_probabilities import PROBABILITY_METRICS

METRICS: dict[str, Metric] = {
    one.name: one for one in (*COUNT_METRICS, *PROBABILITY_METRICS, CALIBRATION_ERROR, *CLASS_METRICS, CONFUSED)
}
"""By name, in the order in which tables have them."""

SomeMetric = TypeVar("SomeMetric", bound=Metric)


def metrics_of(what: type[SomeMetric]) -> Mapping[str, SomeMetric]:
    """The metrics of one type, by name and in order."""
    return {name: one for name, one in METRICS.items() if isinstance(one, what)}


def primary() -> CountMetric:
    """The metric by which backbones are ranked, internally."""
    return next(one for one in metrics_of(CountMetric).values() if one.primary)


def headline() -> tuple[CountMetric, ...]:
    """The metrics that stand in the leaderboard and by which backbones are compared."""
    return tuple(one for one in metrics_of(CountMetric).values() if one.headline)


def compared() -> tuple[CountMetric, ...]:
    """The headline metrics, the primary one first."""
    return tuple(sorted(headline(), key=lambda one: not one.primary))


def share_right() -> CountMetric:
    """The share of cases that are predicted right."""
    return next(one for one in metrics_of(CountMetric).values() if one.share_right)


def of_each_class() -> ClassMetric:
    """The metric that stands for a class where there is place for one."""
    return next(one for one in metrics_of(ClassMetric).values() if one.headline)


def of_calibration() -> tuple[ReferencedMetric | ProbabilityMetric, ...]:
    """The metrics that the section on calibration shows."""
    known: tuple[ReferencedMetric | ProbabilityMetric, ...] = (
        *metrics_of(ReferencedMetric).values(),
        *metrics_of(ProbabilityMetric).values(),
    )
    return tuple(one for one in known if one.calibration is not None)


def searchable() -> Mapping[str, CountMetric | ProbabilityMetric]:
    """The metrics that can be computed of one model, and so be searched by."""
    return {**metrics_of(CountMetric), **metrics_of(ProbabilityMetric)}
