"""How much sites differ beyond what sampling makes: τ² by Paule and Mandel, its Q-profile interval and distribution.

Of k sites, y are the estimates and v the variances with which each is known, both (k,). At the true τ² the generalised
Q(τ²) = Σ (y − μ(τ²))² / (v + τ²), with μ(τ²) the mean by these weights, is χ² with k − 1 degrees; it falls as τ² rises
(DerSimonian & Kacker 2007; Viechtbauer 2007).
"""

import numpy as np
from scipy.special import chdtr, chdtri, gammaincinv

from reports.statistics.confusion_counts import Floats

_MOST_STEPS = 100
_CLOSE = 1e-12  # relative
_NO_DIFFERENCE = 1e-12
LEAST_SITES = 3


def weighted_mean(effects: Floats, variances: Floats, tau2: Floats) -> tuple[Floats, Floats]:
    """μ(τ²) and its variance 1 / Σ 1/(v + τ²), of the shape of `tau2`."""
    weights = 1 / (variances + tau2[..., None])
    total = weights.sum(-1)
    return (weights * effects).sum(-1) / total, 1 / total


def generalised_q(effects: Floats, variances: Floats, tau2: Floats) -> Floats:
    """Q(τ²), of the shape of `tau2`."""
    mean, _ = weighted_mean(effects, variances, tau2)
    squares: Floats = (np.square(effects - mean[..., None]) / (variances + tau2[..., None])).sum(-1)
    return squares


def tau2_where_q_is(effects: Floats, variances: Floats, wanted: Floats) -> Floats:
    """The τ² at which Q has each of these values, 0 where it is below them already at 0; of the shape of `wanted`.

    Q is convex, and lies above S/(τ² + the largest v), S the sum of squares around the plain mean. So Newton's steps
    from where that is the wanted value rise to the root without going beyond.
    """
    squares = float(np.square(effects - effects.mean()).sum())
    tau2: Floats = np.maximum(squares / wanted - variances.max(), 0.0)
    for _ in range(_MOST_STEPS):
        mean, _ = weighted_mean(effects, variances, tau2)
        terms = np.square(effects - mean[..., None]) / (variances + tau2[..., None])
        slope = (terms / (variances + tau2[..., None])).sum(-1)
        excess = np.maximum(terms.sum(-1) - wanted, 0.0)
        step = np.divide(excess, slope, out=np.zeros_like(excess), where=slope > 0)
        tau2 = tau2 + step
        if (step <= _CLOSE * tau2).all():
            break
    return tau2


def paule_mandel(effects: Floats, variances: Floats) -> float:
    """τ² at which Q is what it is on average, k − 1 (Paule & Mandel 1982)."""
    return float(tau2_where_q_is(effects, variances, np.array(len(effects) - 1.0)))


def q_profile(effects: Floats, variances: Floats, confidence: float) -> tuple[float, float]:
    """The interval of τ² whose ends make Q the upper and the lower quantile of χ² (Viechtbauer 2007)."""
    tail = (1 - confidence) / 2
    low, high = tau2_where_q_is(effects, variances, chdtri(len(effects) - 1, np.array([tail, 1 - tail])))
    return float(low), float(high)


def confidence_distribution(effects: Floats, variances: Floats, nodes: int) -> tuple[Floats, Floats]:
    """Values of τ² and their shares: the distribution whose quantiles are the one-sided Q-profile bounds.

    P(τ² ≤ x) = P(χ² > Q(x)), with k − 1 degrees, so that 0 has the share that is the p-value of the test of
    homogeneity. It comes first; the others, (nodes,), are Gauss–Legendre nodes of the rest.
    """
    df = len(effects) - 1
    below = float(chdtr(df, generalised_q(effects, variances, np.array(0.0))))
    if below < _NO_DIFFERENCE:  # all sites alike
        return np.zeros(1), np.ones(1)
    places, shares = np.polynomial.legendre.leggauss(nodes)
    targets = 2 * gammaincinv(df / 2, below * (places + 1) / 2)  # quantiles of χ²
    tau2 = tau2_where_q_is(effects, variances, targets)
    return np.concatenate([[0.0], tau2]), np.concatenate([[1 - below], below * shares / 2])
