"""The tables of docs/metrics.md, from the declarations of metrics. Prints them: `make page NAME=metrics`."""

import inspect
import re
from collections.abc import Iterable

import numpy as np

from docs.command_line import code, markdown
from reports.statistics.metrics import METRICS, metrics_of, searchable
from reports.statistics.metrics.metric import (
    ClassMetric,
    CountMetric,
    Metric,
    PairMetric,
    ProbabilityMetric,
    ReferencedMetric,
)

GUESSED = (2, 6)  # so many classes, all of them equally frequent
FOR_PROGRAMMERS = re.compile(r"(: \(….*|; arguments as of .*)$")  # shapes and arguments at the end of a docstring
Scored = (CountMetric, ProbabilityMetric, ReferencedMetric)


def tables_text() -> str:
    """A table of the metrics of a backbone at a site, one of those of a class, one of those of two classes."""
    parts = {
        "Of a backbone at a site": _scores(one for one in METRICS.values() if isinstance(one, Scored)),
        "Of one class": _plain(metrics_of(ClassMetric).values()),
        "Of two classes": _plain(metrics_of(PairMetric).values()),
    }
    return "\n\n".join(f"### {title}\n\n{table}" for title, table in parts.items())


def _scores(metrics: Iterable[Metric]) -> str:
    heads = ("Name", "In tables", "What it is", "Range", f"Guessing, {' or '.join(map(str, GUESSED))} classes", "Used")
    rows = [[code(one.name), one.title, about(one), _range(one), guessing(one), _used(one)] for one in metrics]
    return markdown(heads, rows)


def _plain(metrics: Iterable[Metric]) -> str:
    rows = [[code(one.name), one.title, about(one), _range(one)] for one in metrics]
    return markdown(("Name", "In tables", "What it is", "Range"), rows)


def about(metric: Metric) -> str:
    """What its function says of itself; of one without an interval also why."""
    assert isinstance(metric, CountMetric | ClassMetric | PairMetric | ProbabilityMetric | ReferencedMetric)
    said = inspect.getdoc(metric.compute) or ""
    first = FOR_PROGRAMMERS.sub("", " ".join(said.split("\n\n")[0].split())).rstrip(".") + "."
    return f"{first} {metric.calibration}" if isinstance(metric, ReferencedMetric) else first


def guessing(metric: Metric) -> str:
    """What guessing reaches where all classes are equally frequent."""
    if metric.chance is None:
        return "–"
    equal = (np.full(n_classes, 1 / n_classes) for n_classes in GUESSED)
    return " or ".join(f"{metric.chance(shares, shares):.2f}" for shares in equal)


def _range(metric: Metric) -> str:
    low, high = (f"{limit:g}".replace("-", "−") for limit in metric.limits)
    return f"{low} to {high}" + ("" if metric.higher_is_better else ", less is better")


def _used(metric: Metric) -> str:
    uses = {
        "decides the rank": getattr(metric, "primary", False),
        "compared between backbones": getattr(metric, "headline", False),
        "`bench search --metric`": metric.name in searchable(),
        "the section on calibration": getattr(metric, "calibration", None) is not None,
    }
    return ", ".join(use for use, holds in uses.items() if holds)


if __name__ == "__main__":
    print(tables_text())
