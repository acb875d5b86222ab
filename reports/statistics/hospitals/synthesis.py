"""From a metric's values at sites to their mean, spread and the next one, on the logit scale between its limits."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from reports.statistics.cell import Cell
from reports.statistics.confusion_counts import TIE
from reports.statistics.hospitals.heterogeneity import LEAST_SITES
from reports.statistics.hospitals.random_effects import random_effects

FEW_SITES = 5
METHOD, METHOD_OF_TAU, METHOD_OF_NEXT = "hksj", "q-profile", "confidence-distribution"


@dataclass(frozen=True)
class AtSite:
    """A metric at one site. variance: of the value, from its patients and seeds; clusters: how many patients."""

    site: str
    value: float
    variance: float
    clusters: int


@dataclass(frozen=True)
class Synthesis:
    """What sites say together. sites: those that enter.

    mean: random-effects mean with its interval, taken back to the metric's own scale; tau: the standard deviation
    between sites on the logit scale; next: the interval of the value at one more hospital, whose `value` is the mean.
    """

    sites: tuple[str, ...]
    mean: Cell
    tau: Cell
    next: Cell


def synthesise(values: Sequence[AtSite], limits: tuple[float, float], confidence: float = 0.95) -> Synthesis:
    """Of three sites or more; of fewer every cell is empty and says why.

    A value's place p between its limits goes to logit p, with the variance V / (p (1 − p))² (delta method). At a limit,
    where no patient moves the value, p is (G p + ½) / (G + 1) of G patients, and its variance that of a share of G + 1.
    """
    names = tuple(one.site for one in values)
    if len(values) < LEAST_SITES:
        why = f"{len(values)} of the sites have this number with its precision, {LEAST_SITES} needed"
        return Synthesis(names, *(Cell(None, reason=why) for _ in range(3)))
    placed = np.array([_on_logit_scale(one, limits) for one in values])
    found = random_effects(placed[:, 0], placed[:, 1], confidence)

    def back(effect: float) -> float:
        return limits[0] + (limits[1] - limits[0]) * float(expit(effect))

    few = few_sites(len(values), found.tau_low, found.tau_high)
    mean = back(found.mean)
    return Synthesis(
        names,
        Cell(mean, back(found.low), back(found.high), METHOD),
        Cell(found.tau, found.tau_low, found.tau_high, METHOD_OF_TAU, few),
        Cell(mean, back(found.next_low), back(found.next_high), METHOD_OF_NEXT, few),
    )


def few_sites(number: int, low: float, high: float) -> str | None:
    """What to say of τ where sites are few; None where they are not."""
    if number >= FEW_SITES:
        return None
    return f"{number} sites hardly know how much hospitals differ: τ may be {low:.2f} to {high:.2f}"


def _on_logit_scale(one: AtSite, limits: tuple[float, float]) -> tuple[float, float]:
    """Effect and variance."""
    low, high = limits
    place, variance = (one.value - low) / (high - low), one.variance / (high - low) ** 2
    if not TIE < place < 1 - TIE or variance <= 0:
        place = (one.clusters * place + 0.5) / (one.clusters + 1)
        variance = place * (1 - place) / (one.clusters + 1)
    return float(logit(place)), variance / (place * (1 - place)) ** 2
