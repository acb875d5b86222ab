"""How often the intervals over sites hold what they are to hold, in simulated hospitals.

Each study has k sites. The logit of a site's true accuracy is drawn from a normal distribution around 75 %; of its
patients so many are predicted right as a binomial draw gives. The next hospital is one more draw of the same. Beside
our interval of the next hospital stands the usual one, μ ± t √(τ² + SE²) with k − 1 degrees and SE of Hartung, Knapp,
Sidik and Jonkman (IntHout et al. 2016), from the same studies.

    python -m benchmarks.hospitals [studies]
"""

import platform
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray
from scipy.special import expit, logit
from scipy.stats import t

from reports.statistics.hospitals.random_effects import RandomEffects, random_effects

STUDIES = 1000
SITES = (3, 5, 10, 20)
SPREADS = (0.0, 0.15, 0.3, 0.6)
ACCURACY = 0.75
PATIENTS = {"100 each": (100.0, 100.0), "30 to 400": (30.0, 400.0)}

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Held:
    """Of one study, whether each interval held its truth, and how long that of the next hospital is on its scale."""

    next: bool
    usual: bool
    mean: bool
    tau: bool
    width: float


def study(sizes: Floats, spread: float, rng: np.random.Generator) -> Held:
    """One study and one more hospital."""
    truth = float(logit(ACCURACY))
    right = rng.binomial(sizes.astype(np.int64), expit(rng.normal(truth, spread, len(sizes))))
    share = np.where((right == 0) | (right == sizes), (right + 0.5) / (sizes + 1), right / sizes)
    one = random_effects(logit(share), 1 / ((sizes - 1) * share * (1 - share)))
    following = rng.normal(truth, spread)
    low, high = usual(one)
    return Held(
        one.next_low <= following <= one.next_high,
        low <= following <= high,
        one.low <= truth <= one.high,
        one.tau_low <= spread <= one.tau_high,
        float(expit(one.next_high) - expit(one.next_low)),
    )


def usual(one: RandomEffects) -> tuple[float, float]:
    """The interval of the next site by a t with k − 1 degrees."""
    quantile = float(t.ppf(0.975, one.sites - 1))
    half = quantile * float(np.hypot(one.tau, (one.high - one.mean) / quantile))
    return one.mean - half, one.mean + half


def lines(studies: int) -> Iterator[str]:
    """The table, a line for each number of sites, their sizes and their spread; sd and I² are the true ones."""
    yield f"{platform.machine()}, numpy {np.__version__}, scipy {scipy.__version__}; {studies} studies a line,"
    error = 100 * (0.95 * 0.05 / studies) ** 0.5
    yield f"Monte-Carlo error {error:.1f} points at 95 %; accuracy around {ACCURACY:.0%}."
    yield ""
    yield "sites  patients   sd     I²    next hospital  usual t(k-1)   mean    tau   median length of next"
    for k in SITES:
        for called, (fewest, most) in PATIENTS.items():
            sizes = np.round(np.geomspace(fewest, most, k))
            for place, spread in enumerate(SPREADS):
                rng = np.random.default_rng([20, k, int(most), place])
                held = [study(sizes, spread, rng) for _ in range(studies)]
                yield f"{k:5d}  {called:9s}  {spread:.2f}  {_line(held, sizes, spread)}"


def _line(held: Sequence[Held], sizes: Floats, spread: float) -> str:
    sampling = float(np.mean(1 / (sizes * ACCURACY * (1 - ACCURACY))))
    following, usual, mean, tau, width = np.array([tuple(vars(one).values()) for one in held], dtype=np.float64).T
    return (
        f"{spread**2 / (spread**2 + sampling):5.0%}  {following.mean():13.3f}  {usual.mean():12.3f}  "
        f"{mean.mean():6.3f}  {tau.mean():.3f}  {100 * np.median(width):10.0f} points"
    )


if __name__ == "__main__":
    for line in lines(int(sys.argv[1]) if len(sys.argv) > 1 else STUDIES):
        print(line, flush=True)
