"""Variance components of independent sources, by the method of moments, with intervals.

Each design repeats a run n times and varies some sources: its mean square estimates the sum of their components and of
the rest, which the control shows (0 where runs repeat bit for bit). So, with MS₀ that of the control,

    σ²_k = MS_k − MS₀,    interaction = MS_all − Σ_k MS_k + (K − 1) MS₀.

Intervals of such sums are those of Ting, Burdick, Graybill, Jeyaratnam & Lu (1990, J. Stat. Comput. Simul. 35), which
for a single mean square are those of χ².
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtri, fdtri

from reports.statistics.cell import Cell
from reports.statistics.confusion_counts import TIE, Floats

CONFIDENCE = 0.95


@dataclass(frozen=True)
class MeanSquare:
    """The variance of the runs of a design, and its degrees of freedom."""

    value: float
    df: int

    @classmethod
    def of(cls, values: Floats) -> MeanSquare:
        """From one value a run, (n_runs,), two or more; differences by rounding alone count as none."""
        if len(values) < 2:
            raise ValueError("A mean square needs at least two runs.")
        return cls(float(np.var(values, ddof=1)) if np.ptp(values) > TIE else 0.0, len(values) - 1)


def deviation(square: MeanSquare) -> Cell:
    """The standard deviation with its χ² interval."""
    tails = ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2)
    low, high = (math.sqrt(square.value * square.df / chdtri(square.df, tail)) for tail in tails)
    return Cell(math.sqrt(square.value), low, high, "chi-squared")


def combination(terms: Sequence[tuple[float, MeanSquare]]) -> Cell:
    """Σ c·MS with its interval (Ting et al. 1990); a negative estimate or bound is 0, as a variance is none."""
    terms = [(factor, square) for factor, square in terms if square.value > 0]
    estimate = sum(factor * square.value for factor, square in terms)
    alpha = (1 - CONFIDENCE) / 2
    low = estimate - math.sqrt(max(0.0, _spread(terms, alpha)))
    high = estimate + math.sqrt(max(0.0, _spread([(-factor, square) for factor, square in terms], alpha)))
    return Cell(max(0.0, estimate), max(0.0, low), max(0.0, high), "ting")


def _spread(terms: Sequence[tuple[float, MeanSquare]], alpha: float) -> float:
    """V of the lower bound of Σ c·MS; of the upper one where signs are turned.

    A positive term p falls to its mean square over F(df_p, ∞) at most, a negative one n rises to it over
    F(df_n, ∞) of the other tail; cross terms make two terms exact.
    """
    positive = [(factor, square) for factor, square in terms if factor > 0]
    negative = [(-factor, square) for factor, square in terms if factor < 0]
    total = sum((_fall(square, alpha) * factor * square.value) ** 2 for factor, square in positive)
    total += sum((_rise(square, alpha) * factor * square.value) ** 2 for factor, square in negative)
    for factor, square in positive:
        for other_factor, other in negative:
            upper = _f(square.df, other.df, alpha)
            fall, rise = _fall(square, alpha), _rise(other, alpha)
            cross = ((upper - 1) ** 2 - (fall * upper) ** 2 - rise**2) / upper
            total += cross * factor * other_factor * square.value * other.value
    if len(positive) > 1:
        for place, (factor, square) in enumerate(positive):
            for other_factor, other in positive[place + 1 :]:
                total += (
                    _together(square, other, alpha, len(positive)) * factor * other_factor * square.value * other.value
                )
    return total


def _together(a: MeanSquare, b: MeanSquare, alpha: float, positive: int) -> float:
    df = a.df + b.df
    fall = 1 - 1 / _f(df, math.inf, alpha)
    one, two = _fall(a, alpha), _fall(b, alpha)
    cross = fall**2 * df**2 / (a.df * b.df) - one**2 * a.df / b.df - two**2 * b.df / a.df
    return cross / (positive - 1)


def _fall(square: MeanSquare, alpha: float) -> float:
    return 1 - 1 / _f(square.df, math.inf, alpha)


def _rise(square: MeanSquare, alpha: float) -> float:
    return 1 / _f(square.df, math.inf, 1 - alpha) - 1


def _f(df_a: float, df_b: float, upper_tail: float) -> float:
    """The point that F(df_a, df_b) exceeds with this probability."""
    if math.isinf(df_b):
        return float(chdtri(df_a, upper_tail) / df_a)
    return float(fdtri(df_a, df_b, 1 - upper_tail))


def ratio(part: MeanSquare, whole: MeanSquare) -> Cell:
    """MS_part / MS_whole of independent designs, with the interval of F; at most 1, which chance alone exceeds."""
    if whole.value == 0:
        return Cell(None, reason="nothing varies")
    estimate, alpha = part.value / whole.value, (1 - CONFIDENCE) / 2
    low, high = (min(1.0, estimate / _f(part.df, whole.df, tail)) for tail in (alpha, 1 - alpha))
    return Cell(min(1.0, estimate), low, high, "F")


@dataclass(frozen=True)
class Components:
    """Of one metric: each source's variance, its share of the variance when all vary, and what is left over."""

    variances: Mapping[str, Cell]
    shares: Mapping[str, Cell]


CONTROL, ALL, REST = "none", "all", "interaction"


def components(squares: Mapping[str, MeanSquare], sources: Sequence[str]) -> Components:
    """From the mean squares of designs by name; `sources` are the designs that vary one source each.

    Where no design varies all sources, the shares are of the sum of components and have no interval.
    """
    control = squares.get(CONTROL, MeanSquare(0.0, 1))
    variances = {name: combination([(1, squares[name]), (-1, control)]) for name in sources}
    if ALL in squares:
        everything = [(-1.0, squares[name]) for name in sources]
        variances[REST] = combination([(1, squares[ALL]), *everything, (len(sources) - 1, control)])
        return Components(variances, {name: ratio(squares[name], squares[ALL]) for name in sources})
    total = sum(cell.value or 0.0 for cell in variances.values())
    shares = {
        name: Cell((cell.value or 0.0) / total, reason="of the sum of the sources that were varied")
        if total
        else Cell(None, reason="nothing varies")
        for name, cell in variances.items()
    }
    return Components(variances, shares)
