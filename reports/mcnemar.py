"""McNemar's exact test of two backbones on the same cases under one seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import bdtr

from reports.margins import Flags


@dataclass(frozen=True)
class McNemar:
    """Discordant cases, b: only the first backbone is right, c: only the second one; p: two-sided."""

    b: int
    c: int
    p: float


def mcnemar(correct_a: Flags, correct_b: Flags) -> McNemar:
    """p = min(1, 2 P(X ≤ min(b, c))) with X ~ Binomial(b + c, ½) (McNemar 1947, exact); 1 where b + c = 0.

    correct_a, correct_b: (n_cases,), whether each backbone is right on a case. Only for one seed, and cases that
    are independent: pooled over seeds the test rejects far too often. Raises ValueError on anything but two
    boolean vectors of one length.
    """
    if correct_a.shape != correct_b.shape or correct_a.ndim != 1:
        raise ValueError(f"Two vectors (n_cases,) are needed, not {correct_a.shape} and {correct_b.shape}.")
    if correct_a.dtype != np.bool_ or correct_b.dtype != np.bool_:
        raise ValueError(f"Correctness is boolean, not {correct_a.dtype} and {correct_b.dtype}.")
    b = int(np.count_nonzero(correct_a & ~correct_b))
    c = int(np.count_nonzero(~correct_a & correct_b))
    return McNemar(b, c, min(1.0, float(2 * bdtr(min(b, c), b + c, 0.5))))
