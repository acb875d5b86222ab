"""The noise floor: differences that another seed alone would make."""

import math
from dataclasses import asdict, dataclass

import numpy as np
from scipy.special import chdtri, ndtri, stdtrit

from reports.statistics.confusion_counts import TIE, Floats


@dataclass(frozen=True)
class NoiseFloor:
    """How much a metric moves when only the seed changes, in the metric's own unit.

    sigma: standard deviation over seeds. floor_1 bounds 95 % of the differences between two further results of one
    seed each, floor_s of those between means of as many seeds as there are. low, high: interval of the number that
    floor_1 would be if sigma were known exactly.
    """

    sigma: float
    floor_1: float
    floor_s: float
    low: float
    high: float

    def to_dict(self) -> dict[str, float]:
        return asdict(self)


def floor_factor(df: int, confidence: float = 0.95) -> float:
    """t·√2: times a standard deviation of so many degrees it bounds this share of the differences of two further runs.

    The difference of two runs over √2·σ is Student's t, since σ is estimated.
    """
    return -float(stdtrit(df, (1 - confidence) / 2)) * math.sqrt(2)


def known_factor(confidence: float = 0.95) -> float:
    """What `floor_factor` would be if the standard deviation were known: 1.96·√2."""
    return -float(ndtri((1 - confidence) / 2)) * math.sqrt(2)


def noise_floor(per_seed: Floats, confidence: float = 0.95) -> NoiseFloor:
    """The floor from one pooled value a seed, (n_seeds,): t·√2·σ with n − 1 degrees of freedom.

    The interval is that of 1.96·√2·σ by χ². Raises ValueError below two seeds.
    """
    n = len(per_seed)
    if n < 2:
        raise ValueError("A noise floor needs at least two seeds.")
    sigma = float(np.std(per_seed, ddof=1)) if np.ptp(per_seed) > TIE else 0.0
    floor, known = (factor * sigma for factor in (floor_factor(n - 1, confidence), known_factor(confidence)))
    # chdtri takes the upper tail.
    low, high = (
        known * math.sqrt((n - 1) / chdtri(n - 1, tail)) for tail in ((1 - confidence) / 2, (1 + confidence) / 2)
    )
    return NoiseFloor(sigma, floor, floor / math.sqrt(n), low, high)
