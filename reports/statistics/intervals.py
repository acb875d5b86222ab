"""Intervals from bootstrap values and standard errors, and exact bounds for a proportion at 0 or 1."""

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from scipy.special import expit, logit, ndtr, ndtri

from reports.statistics.confusion_counts import TIE, Floats

Interval = Literal["jackknife-t", "bias-corrected", "percentile", "bca"]


def chosen_interval(interval: Interval | None, *, stratify: bool) -> Interval:
    """The interval asked for; by default the jackknife t, or where draws are stratified bias-corrected percentiles.

    Raises ValueError where a jackknife, which does not draw, is to be stratified.
    """
    if stratify and interval == "jackknife-t":
        raise ValueError("jackknife-t draws nothing to stratify; choose bias-corrected, percentile or bca")
    return interval or ("bias-corrected" if stratify else "jackknife-t")


def percentile(resampled: Floats, confidence: float) -> tuple[float, float]:
    """The central percentiles of bootstrap values (n_resamples,)."""
    return _quantiles(resampled, np.array([(1 - confidence) / 2, (1 + confidence) / 2]))


def bias_corrected(resampled: Floats, value: float, confidence: float) -> tuple[float, float]:
    """Bias-corrected percentiles (Efron 1981): Φ(2 z₀ ± z) with z₀ = Φ⁻¹(share of values below `value`)."""
    return bca(resampled, value, 0.0, confidence)


def bca(resampled: Floats, value: float, acceleration: float, confidence: float) -> tuple[float, float]:
    """Bias-corrected and accelerated percentiles (Efron 1987) of bootstrap values (n_resamples,)."""
    z0 = _median_bias(resampled, value)
    z = z0 + ndtri([(1 - confidence) / 2, (1 + confidence) / 2])
    return _quantiles(resampled, ndtr(z0 + z / (1 - acceleration * z)))


def acceleration(samples: Sequence[Floats]) -> float:
    """The acceleration of several independent samples from their jackknives (Efron & Tibshirani 1993, 14.4).

    samples: for each sample the estimate without each of its units, (n_units,). 0 where nothing varies.
    """
    cubes = squares = 0.0
    for deleted in samples:
        n = len(deleted)
        influence = (n - 1) * (deleted.mean() - deleted)
        cubes += float((influence**3).sum()) / n**3
        squares += float((influence**2).sum()) / n**2
    return cubes / (6 * squares**1.5) if squares > 0 else 0.0


def bound_proportion(value: float, n: int, confidence: float) -> tuple[float, float]:
    """Clopper–Pearson (1934) bounds of a proportion at exactly 0 or 1 among n clusters, in closed form."""
    if value not in (0.0, 1.0):
        raise ValueError(f"Exact bounds here are for a proportion at 0 or 1, not {value}.")
    edge = ((1 - confidence) / 2) ** (1 / n)
    return (edge, 1.0) if value == 1.0 else (0.0, 1 - edge)


def on_logit_scale(value: float, half_width: float, limits: tuple[float, float]) -> tuple[float, float]:
    """The interval whose half-width belongs to the logit of a value's place p between its limits.

    logit p ± half-width / (p (1 − p)) (delta method), taken back: never beyond the limits, and longer away from the
    nearer one. The value lies inside its limits.
    """
    low, high = limits
    place = (value - low) / (high - low)
    middle, half = float(logit(place)), half_width / (high - low) / (place * (1 - place))
    return low + (high - low) * float(expit(middle - half)), low + (high - low) * float(expit(middle + half))


def of_difference(
    values: Sequence[float], bounds: Sequence[tuple[float, float]], halves: Sequence[float], half: float
) -> tuple[float, float]:
    """The interval of a − b from the intervals of a and b (MOVER: Zou & Donner 2008).

    With l, u the distances from a value to its ends, a − b ends at √(l_a² − 2ρ l_a u_b + u_b²) below and
    √(u_a² − 2ρ u_a l_b + l_b²) above. ρ is the correlation by which symmetric half-widths of a and b give `half`, that
    of their difference: 0 for sides that share neither clusters nor seeds.
    """
    (a, b), (half_a, half_b) = values, halves
    both = 2 * half_a * half_b
    shared = min(max((half_a**2 + half_b**2 - half**2) / both, -1.0), 1.0) if both > 0 else 0.0

    def apart(x: float, y: float) -> float:
        return math.sqrt(max(0.0, x**2 + y**2 - 2 * shared * x * y))

    (low_a, high_a), (low_b, high_b) = bounds
    return a - b - apart(a - low_a, high_b - b), a - b + apart(high_a - a, b - low_b)


def is_constant(resampled: Floats) -> bool:
    """Whether every resample gives the same value."""
    return bool(np.ptp(resampled) < TIE)


def _median_bias(resampled: Floats, value: float) -> float:
    """z₀, values equal to the estimate counting half; finite also where all values lie on one side."""
    n = len(resampled)
    below = np.count_nonzero(resampled < value - TIE)
    tied = np.count_nonzero(np.abs(resampled - value) <= TIE)
    return float(ndtri(np.clip((below + tied / 2) / n, 0.5 / n, 1 - 0.5 / n)))


def _quantiles(resampled: Floats, probabilities: Floats) -> tuple[float, float]:
    low, high = np.quantile(resampled, np.clip(probabilities, 0.0, 1.0))
    return float(low), float(high)
