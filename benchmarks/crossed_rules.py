"""Which rule for few seeds keeps its level, and what that costs in power: cases and seeds as crossed normal samples.

    python -m benchmarks.crossed_rules [--samples 20000]

The mean over G clusters and S seeds varies by clusters, by seeds and by cluster × seed; their shares of its variance
make a world. Mean squares are drawn from their χ² distributions, so nothing of `reports` is used but the number of
seeds from which it takes V_CS out of V_S. Power is that against a difference of 3.12 standard errors, which a test that
knew the standard error would find in 88 %. Needs a few seconds.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit
from tabulate import tabulate

from benchmarks.timing import options
from reports.statistics.jackknife import FEW_SEEDS

Floats = npt.NDArray[np.float64]

CLUSTERS, SHIFT, TAIL = 300, 3.12, 0.025
WORLDS: Mapping[str, tuple[float, float, float]] = {
    "cases alone": (1, 0, 0),
    "cases, some churn": (1, 0, 0.3),
    "cases and seeds": (1, 1, 0.1),
    "churn": (0.1, 0, 1),
    "seeds, some churn": (0.1, 1, 0.1),
    "seeds and churn": (0.1, 1, 0.5),
}
"""Variances of the mean by clusters, by seeds and by both."""


def squared_half_widths(clusters: Floats, seeds: Floats, both: Floats, n_seeds: int) -> dict[str, Floats]:
    """By rule, from V_C, V_S and V_CS, (n_samples,) each; V_C and V_S both hold V_CS."""
    of_clusters, of_seeds = CLUSTERS - 1, n_seeds - 1
    t_clusters, t_seeds = (stdtrit(df, TAIL) ** 2 for df in (of_clusters, of_seeds))

    def satterthwaite(of_seed: Floats) -> Floats:
        total = clusters + of_seed
        df = total**2 / (clusters**2 / of_clusters + of_seed**2 / of_seeds)
        return np.asarray(stdtrit(np.maximum(df, 1), TAIL) ** 2 * total)

    left = np.maximum(0, seeds - both)
    out_of_seeds = t_clusters * np.maximum(clusters, both) + t_seeds * left
    unseen = np.maximum(0, both - seeds)
    out_of_clusters = t_clusters * np.maximum(clusters - both, unseen) + t_seeds * seeds
    return {
        "counted twice, one t": satterthwaite(seeds),
        "counted once, one t": satterthwaite(left),
        "out of V_S, a t each": out_of_seeds,
        "out of V_C, a t each": out_of_clusters,
        "printed": out_of_seeds if n_seeds >= FEW_SEEDS else out_of_clusters,
    }


def found(world: tuple[float, float, float], n_seeds: int, shift: float, samples: int) -> dict[str, float]:
    """By rule, the share of samples whose interval leaves out 0."""
    rng = np.random.default_rng([n_seeds, *(int(100 * part) for part in world), int(shift)])
    by_clusters, by_seeds, by_both = world

    def mean_square(variance: float, df: int) -> Floats:
        return np.asarray(variance * rng.chisquare(df, samples) / df)

    clusters = mean_square(by_clusters + by_both, CLUSTERS - 1)
    seeds = mean_square(by_seeds + by_both, n_seeds - 1)
    both = mean_square(by_both, (CLUSTERS - 1) * (n_seeds - 1))
    value = np.sqrt(sum(world)) * (rng.standard_normal(samples) + shift)
    rules = squared_half_widths(clusters, seeds, both, n_seeds)
    return {rule: float((value**2 > half).mean()) for rule, half in rules.items()}


def main() -> None:
    samples = options(__doc__, samples=20_000).parse_args().samples
    lines = []
    for n_seeds in (2, 3, 5, 10):
        for name, world in WORLDS.items():
            errors, powers = (found(world, n_seeds, shift, samples) for shift in (0.0, SHIFT))
            lines.append([name, n_seeds, *(f"{errors[rule]:.3f} / {powers[rule]:.2f}" for rule in errors)])
    what = "error rate at .05 / power where a test that knew the standard error would have .88"
    print(f"{CLUSTERS} clusters, {samples} samples a row; {what}.\n")
    print(tabulate(lines, ["what varies", "seeds", *errors], "github", disable_numparse=True))


if __name__ == "__main__":
    main()
