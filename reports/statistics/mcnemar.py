"""McNemar's test of two backbones on the same cases under one seed, and its form for patients of several cases."""

from dataclasses import dataclass

import numpy as np
from scipy.special import bdtr, chdtrc

from reports.statistics.confusion_counts import Flags, Integers


@dataclass(frozen=True)
class McNemar:
    """Discordant cases, b: only the first backbone is right, c: only the second one; p: two-sided.

    clustered: whether p is that of Durkalski et al. (2003).
    """

    b: int
    c: int
    p: float
    clustered: bool = False


def mcnemar(correct_a: Flags, correct_b: Flags, cluster: Integers) -> McNemar:
    """The exact test of cases that are clusters of their own, else that of Durkalski et al.; under one seed only.

    Exact (McNemar 1947): p = min(1, 2 P(X ≤ min(b, c))) with X ~ Binomial(b + c, ½); 1 where b + c = 0. Clustered
    (Durkalski, Palesch, Lipsitz & Rust 2003, Statistics in Medicine 22:2417): with d_k = (b_k − c_k)/n_k of cluster k,
    (Σ d_k)² / Σ d_k² is χ² with one degree of freedom. correct_a, correct_b: (n_cases,), whether each backbone is right
    on a case; cluster: (n_cases,), codes. It is about these two trained models, not about other seeds. Raises
    ValueError on anything but boolean vectors and codes of one length.
    """
    if not correct_a.shape == correct_b.shape == cluster.shape or correct_a.ndim != 1:
        shapes = f"{correct_a.shape}, {correct_b.shape} and {cluster.shape}"
        raise ValueError(f"Three vectors (n_cases,) are needed, not {shapes}.")
    if correct_a.dtype != np.bool_ or correct_b.dtype != np.bool_:
        raise ValueError(f"Correctness is boolean, not {correct_a.dtype} and {correct_b.dtype}.")
    first, second = correct_a & ~correct_b, correct_b & ~correct_a
    b, c = int(np.count_nonzero(first)), int(np.count_nonzero(second))
    codes, place, sizes = np.unique(cluster, return_inverse=True, return_counts=True)
    if len(codes) == len(cluster):
        return McNemar(b, c, min(1.0, float(2 * bdtr(min(b, c), b + c, 0.5))))
    ahead = np.bincount(place, weights=first.astype(np.float64) - second) / sizes
    squares = float(np.square(ahead).sum())
    statistic = float(ahead.sum()) ** 2 / squares if squares else 0.0
    return McNemar(b, c, float(chdtrc(1, statistic)), clustered=True)
