"""The noise floor: differences that another seed alone would make."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import numpy as np
from scipy.special import chdtri

from reports.margins import TIE, Floats


@dataclass(frozen=True)
class NoiseFloor:
    """How much a metric moves when only the seed changes, in the metric's own unit.

    sigma: standard deviation over seeds. floor_1 bounds 95 % of the differences between two results of one
    seed each, floor_s of those between means of all seeds. low, high: interval of floor_1.
    """

    sigma: float
    floor_1: float
    floor_s: float
    low: float
    high: float

    def to_dict(self) -> dict[str, float]:
        return asdict(self)


def noise_floor(per_seed: Floats, confidence: float = 0.95) -> NoiseFloor:
    """The floor from one pooled value a seed, (n_seeds,): 1.96·√2·σ, its interval that of σ by χ².

    Raises ValueError below two seeds.
    """
    n = len(per_seed)
    if n < 2:
        raise ValueError("A noise floor needs at least two seeds.")
    sigma = float(np.std(per_seed, ddof=1)) if np.ptp(per_seed) > TIE else 0.0
    floor = 1.96 * math.sqrt(2) * sigma
    # chdtri takes the upper tail.
    low, high = (
        floor * math.sqrt((n - 1) / chdtri(n - 1, tail)) for tail in ((1 - confidence) / 2, (1 + confidence) / 2)
    )
    return NoiseFloor(sigma, floor, floor / math.sqrt(n), low, high)
