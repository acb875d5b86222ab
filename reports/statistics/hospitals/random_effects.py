"""The mean over sites, and where the next site's value will lie."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr, stdtrit

from reports.statistics.confusion_counts import Floats
from reports.statistics.hospitals.heterogeneity import (
    LEAST_SITES,
    confidence_distribution,
    paule_mandel,
    q_profile,
    weighted_mean,
)

_NODES = 100


@dataclass(frozen=True)
class RandomEffects:
    """Of k sites: the mean with its interval, τ with its interval, and the interval of the next site's value."""

    sites: int
    mean: float
    low: float
    high: float
    tau: float
    tau_low: float
    tau_high: float
    next_low: float
    next_high: float


def random_effects(effects: Floats, variances: Floats, confidence: float = 0.95) -> RandomEffects:
    """From the estimates of the sites and the variances with which each is known, both (k,).

    The mean is that of Hartung & Knapp (2001) and Sidik & Jonkman (2002) at the τ² of Paule & Mandel: its variance is
    Σ w (y − μ)² / ((k − 1) Σ w), w = 1/(v + τ²), and its interval a t with k − 1 degrees.

    Raises ValueError on fewer than `LEAST_SITES` sites, on numbers that are not finite and on variances that are not
    above 0.
    """
    y, v = np.asarray(effects, dtype=np.float64), np.asarray(variances, dtype=np.float64)
    if y.shape != v.shape or y.ndim != 1 or len(y) < LEAST_SITES:
        raise ValueError(f"{LEAST_SITES} sites or more are needed, each with an estimate and a variance.")
    if not (np.isfinite(y).all() and np.isfinite(v).all() and (v > 0).all()):
        raise ValueError("Estimates must be finite, and variances finite and above 0.")
    tau2 = paule_mandel(y, v)
    mean, variance = (float(one) for one in weighted_mean(y, v, np.array(tau2)))
    df = len(y) - 1
    error = float(np.sqrt(variance * (np.square(y - mean) / (v + tau2)).sum() / df))
    half = -float(stdtrit(df, (1 - confidence) / 2)) * error
    low, high = (float(np.sqrt(bound)) for bound in q_profile(y, v, confidence))
    return RandomEffects(
        len(y), mean, mean - half, mean + half, float(np.sqrt(tau2)), low, high, *of_the_next(y, v, confidence)
    )


def of_the_next(effects: Floats, variances: Floats, confidence: float = 0.95) -> tuple[float, float]:
    """The interval that holds the true value of one more site of the same population with this probability.

    Given τ² the next value is normal around μ(τ²) with the variance τ² + 1/Σ w. τ² itself is known as the Q-profile
    knows it; so the interval has the quantiles of the mixture of these normals over the confidence distribution of τ²
    (after Nagashima, Noma & Furukawa 2019, who draw what is summed here). Where sites are known exactly it is
    μ ± t √(1 + 1/k) s with k − 1 degrees.
    """
    tau2, shares = confidence_distribution(effects, variances, _NODES)
    means, of_means = weighted_mean(effects, variances, tau2)
    spreads = np.sqrt(tau2 + of_means)
    far = 40 * float(spreads.max()) + float(np.ptp(means))

    def beyond(value: float, share: float) -> float:
        return float((shares * ndtr((value - means) / spreads)).sum()) - share

    tail, middle = (1 - confidence) / 2, float(means[0])
    low, high = (brentq(beyond, middle - far, middle + far, args=(share,)) for share in (tail, 1 - tail))
    return float(low), float(high)
