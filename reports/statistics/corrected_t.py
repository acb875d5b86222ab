"""The t-test over fold scores, corrected for the training cases that fold models share.

Fold models are trained on mostly the same cases, so their n = S·F scores are no independent sample: with correlation
ρ the variance of their mean is (1/n + ρ/(1 − ρ)) s². Nadeau & Bengio (2003) take for ρ the share of cases held out,
1/F, which gives (1/n + 1/(F − 1)) s²; Corani & Benavoli (2015) read the same t as a posterior. Differences are a − b
of scores up to 1, (n_seeds, n_folds), a and b under the same seeds and folds.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit

from reports.statistics.confusion_counts import TIE, Floats

ROPE = 0.01

ONE_FOLD = "one fold: how far training sets overlap is not known"
ALL_EQUAL = "all differences are equal"


@dataclass(frozen=True)
class CorrectedT:
    """The corrected resampled t-test of a mean difference of 0, two-sided.

    With one fold t, df and p are None; where all differences equal a number other than 0, t and p. `reason` says so.
    """

    mean: float
    t: float | None
    df: int | None
    p: float | None
    reason: str | None = None


@dataclass(frozen=True)
class RopeProbabilities:
    """Probabilities, summing to 1, that a is better than b, practically equivalent to it, or worse.

    Equivalent: the difference lies in the region of practical equivalence, [−rope, rope]. With one fold all three are
    None; where all differences are equal, one of them is 1. `reason` says so.
    """

    mean: float
    rope: float
    better: float | None
    equivalent: float | None
    worse: float | None
    reason: str | None = None


def corrected_resampled_t(differences: Floats) -> CorrectedT:
    """t = d̄ / √[(1/(SF) + 1/(F − 1)) s²_d] with df = SF − 1 (Nadeau & Bengio 2003; Bouckaert & Frank 2004).

    p is 1 where all differences are 0. Raises ValueError unless differences are finite and (n_seeds, n_folds).
    """
    mean, scale = _mean_and_scale(differences)
    if scale is None:
        return CorrectedT(mean, None, None, None, ONE_FOLD)
    df = differences.size - 1
    if scale == 0:
        return CorrectedT(mean, 0.0, df, 1.0) if mean == 0 else CorrectedT(mean, None, df, None, ALL_EQUAL)
    t = mean / scale
    return CorrectedT(mean, t, df, float(2 * stdtr(df, -abs(t))))


def corrected_interval(differences: Floats, confidence: float = 0.95) -> tuple[float, float] | None:
    """The mean difference ± t · its corrected standard error, df = SF − 1; None where that is not known.

    That is with one fold, with a single difference, and where all are equal. Raises ValueError as the test.
    """
    mean, scale = _mean_and_scale(differences)
    if not scale or differences.size < 2:
        return None
    half = float(stdtrit(differences.size - 1, (1 + confidence) / 2)) * scale
    return mean - half, mean + half


def correlated_t(differences: Floats, rope: float = ROPE) -> RopeProbabilities:
    """The Bayesian correlated t-test (Corani & Benavoli 2015; Benavoli et al. 2017).

    The posterior of the mean difference is a Student t around d̄ with the scale and df of `corrected_resampled_t`.
    Where all differences are equal, all of it lies at that number. Raises ValueError as there, and unless the rope
    is 0 or more.
    """
    if not (rope >= 0 and math.isfinite(rope)):
        raise ValueError(f"A region of practical equivalence is 0 or more, not {rope}.")
    mean, scale = _mean_and_scale(differences)
    if scale is None:
        return RopeProbabilities(mean, rope, None, None, None, ONE_FOLD)
    if scale == 0:
        better, worse = float(mean > rope + TIE), float(mean < -rope - TIE)
        return RopeProbabilities(mean, rope, better, 1 - better - worse, worse, ALL_EQUAL)
    df = differences.size - 1
    better, worse = float(stdtr(df, (mean - rope) / scale)), float(stdtr(df, (-rope - mean) / scale))
    return RopeProbabilities(mean, rope, better, max(0.0, 1 - better - worse), worse)


def _mean_and_scale(differences: Floats) -> tuple[float, float | None]:
    """The mean difference and its corrected standard error, None for one fold and exactly 0 where nothing varies."""
    if differences.ndim != 2 or not differences.size:
        raise ValueError(f"Differences are (n_seeds, n_folds), not {differences.shape}.")
    if not np.isfinite(differences).all():
        raise ValueError("Differences are finite numbers.")
    n, n_folds = differences.size, differences.shape[1]
    mean = float(differences.mean())
    if n_folds == 1:
        return mean, None
    if np.ptp(differences) < TIE:
        return (0.0 if abs(mean) < TIE else mean), 0.0
    variance = (1 / n + 1 / (n_folds - 1)) * float(differences.var(ddof=1))
    return mean, math.sqrt(variance)
