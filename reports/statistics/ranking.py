"""Ranks that the data resolve, and how probable it is that each backbone is the best."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from reports.statistics.comparison import PRIMARY, Comparison
from reports.statistics.confusion_counts import AnyFloats, Floats
from reports.statistics.jackknife import between_clusters


@dataclass(frozen=True)
class Standing:
    """A row's rank (None where it is not ranked) and the ranked rows it is not resolved from."""

    rank: int | None
    ties: tuple[str, ...]


def rank(names: Sequence[str], comparisons: Sequence[Comparison], eligible: Sequence[str]) -> Mapping[str, Standing]:
    """Rank by the primary endpoint: 1 + the number of rows resolved better.

    Eligible are rows of two seeds or more, as one seed cannot say how its backbone ranks. Only those that were compared
    with every other ranked row are ranked (a difference that could not be tested is no comparison, unless it is exactly
    0); where some pairs could not be compared, the rows with the most missing comparisons are left unranked until all
    others have been compared with each other. A row of several that was compared with none is not ranked.
    """
    primary = {(one.a, one.b): one for one in comparisons if one.endpoint == PRIMARY.name}
    compared = {frozenset(pair) for pair, one in primary.items() if one.p is not None or one.difference.value == 0}
    ranked = list(eligible)
    while True:
        missing = {
            name: sum(frozenset((name, other)) not in compared for other in ranked if other != name) for name in ranked
        }
        worst = max(missing.values(), default=0)
        if worst == 0:
            break
        ranked = [name for name in ranked if missing[name] < worst]
    if len(ranked) == 1 < len(eligible):
        ranked = []

    standings = dict.fromkeys(names, Standing(None, ()))
    for name in ranked:
        better, ties = 0, []
        for other in ranked:
            if other == name:
                continue
            one = primary.get((name, other)) or primary[other, name]
            advantage = (one.difference.value or 0.0) * (1 if one.a == name else -1)
            if not one.resolved:
                ties.append(other)
            elif advantage < 0:
                better += 1
        standings[name] = Standing(1 + better, tuple(ties))
    return standings


DRAWS = 20_000
_SAME = 1e-6  # rounding of the axes of equal backbones


def probability_of_best(per_seed: Sequence[Floats], changes: Sequence[AnyFloats], rng: np.random.Generator) -> Floats:
    """The probability that each backbone has the highest value: (n_backbones,), summing to 1.

    per_seed: (n_seeds,) of each; changes: what leaving out each cluster changes, (n_clusters, n_seeds) of each; all
    over the same seeds and clusters, two or more of both.

    Values are drawn around the estimates: a multivariate t of what clusters change plus one of what seeds change, with
    the degrees of freedom of the jackknife t. Of two backbones that is the fiducial solution of Behrens and Fisher,
    which claims less than it could, so that an equal one exceeds .99 in no more than 2 % of studies. Backbones that
    share the highest value share the draw.
    """
    values = np.stack(per_seed)
    if values.ndim != 2 or values.shape[1] < 2 or not np.isfinite(values).all():
        raise ValueError(f"Values are finite and (n_backbones, two seeds or more), not {values.shape}.")
    n_seeds = values.shape[1]
    of_cluster = np.stack([one.mean(1, dtype=np.float64) for one in changes])
    of_cluster -= of_cluster.mean(1, keepdims=True)
    n_clusters = of_cluster.shape[1]
    df = min((between_clusters(a - b).df for i, a in enumerate(changes) for b in changes[:i]), default=n_clusters - 1)
    of_seed = (values - values.mean(1, keepdims=True)) / np.sqrt(n_seeds * (n_seeds - 1))
    drawn = values.mean(1) + (
        _multivariate_t(of_cluster * np.sqrt((n_clusters - 1) / n_clusters), df, rng)
        + _multivariate_t(of_seed, n_seeds - 1, rng)
    )
    highest = drawn >= drawn.max(1, keepdims=True) - _SAME
    return np.asarray((highest / highest.sum(1, keepdims=True)).mean(0), dtype=np.float64)


def _multivariate_t(root: Floats, df: float, rng: np.random.Generator) -> Floats:
    """Draws (DRAWS, n_backbones) with the scale matrix root·rootᵀ, root (n_backbones, n_units)."""
    scales, axes = np.linalg.eigh(root @ root.T)
    normal = rng.standard_normal((DRAWS, len(root))) * np.sqrt(np.maximum(scales, 0.0))
    return np.asarray(normal @ axes.T * np.sqrt(df / rng.chisquare(df, (DRAWS, 1))))
