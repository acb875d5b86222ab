"""The next hospital once more, by a second simulator that shares no code with the product or with the first.

Here patients have three slices each and a skill of their own, models of three seeds differ, and the interval of the
next hospital is drawn (Nagashima, Noma & Furukawa 2019) instead of summed.

    python -m benchmarks.hospitals_again [studies]
"""

import sys
from collections.abc import Iterator

import numpy as np

STUDIES, DRAWS, SEEDS, SLICES = 1000, 1000, 3, 3
OF_PATIENTS, OF_SEEDS, ACCURACY = 1.0, 0.1, 0.75
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(40)


def right(effect: np.ndarray) -> np.ndarray:
    """The share of slices that are right at a hospital of this effect, over all its patients and seeds."""
    spread = np.hypot(OF_PATIENTS, OF_SEEDS)
    return (sigmoid(effect[..., None] + spread * NODES) * WEIGHTS).sum(-1) / WEIGHTS.sum()


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def measured(effects: np.ndarray, patients: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Of one hospital in each study: the logit of its share and the variance of that, both (studies,)."""
    skill = effects[:, None, None] + rng.normal(0, OF_PATIENTS, (len(effects), patients, 1))
    skill = skill + rng.normal(0, OF_SEEDS, (len(effects), 1, SEEDS))
    of_each = rng.binomial(SLICES, sigmoid(skill)) / SLICES
    share, of_patient, of_seed = of_each.mean((1, 2)), of_each.mean(2), of_each.mean(1)
    between = of_patient.var(1, ddof=1) / patients
    rest = of_each - of_patient[:, :, None] - of_seed[:, None, :] + share[:, None, None]
    both = (rest**2).sum((1, 2)) / (patients * SEEDS * (patients - 1) * (SEEDS - 1))
    variance = between + np.maximum(of_seed.var(1, ddof=1) / SEEDS - both, 0)
    share = np.clip(share, 0.5 / patients, 1 - 0.5 / patients)
    return np.log(share / (1 - share)), variance / (share * (1 - share)) ** 2


def drawn_interval(y: np.ndarray, v: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Of one study: τ² where Q is a drawn χ², a mean, a hospital; the middle 95 % of these."""
    wanted = rng.chisquare(len(y) - 1, DRAWS)
    low, high = np.zeros(DRAWS), np.full(DRAWS, 1e6)
    for _ in range(50):  # bisection on the log beyond a small number
        middle = np.sqrt((low + 1e-9) * (high + 1e-9))
        weights = 1 / (v + middle[:, None])
        mean = (weights * y).sum(1) / weights.sum(1)
        above = (weights * (y - mean[:, None]) ** 2).sum(1) > wanted
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    weights = 1 / (v + high[:, None])
    mean = (weights * y).sum(1) / weights.sum(1)
    following = mean + np.sqrt(high + 1 / weights.sum(1)) * rng.normal(size=DRAWS)
    return np.quantile(following, [0.025, 0.975])


def lines(studies: int) -> Iterator[str]:
    yield f"{studies} studies a line; {SEEDS} seeds, {SLICES} slices a patient, 30 to 200 patients a site."
    yield ""
    yield "sites    sd    next hospital"
    middle = np.log(ACCURACY / (1 - ACCURACY)) * np.hypot(1, OF_PATIENTS * 0.6)  # so that about 75 % are right
    for k in (3, 5, 10, 20):
        for place, spread in enumerate((0.2, 0.4, 0.8)):
            rng = np.random.default_rng([21, k, place])
            effects = rng.normal(middle, spread, (studies, k + 1))
            sizes = np.round(np.geomspace(30, 200, k)).astype(int)
            found = [measured(effects[:, site], int(size), rng) for site, size in enumerate(sizes)]
            y, v = (np.stack(part, axis=1) for part in zip(*found, strict=True))
            share = right(effects[:, k])
            truth = np.log(share / (1 - share))
            ends = np.array([drawn_interval(y[one], v[one], rng) for one in range(studies)])
            yield f"{k:5d}  {spread:4.1f}  {np.mean((ends[:, 0] <= truth) & (truth <= ends[:, 1])):13.3f}"


if __name__ == "__main__":
    for line in lines(int(sys.argv[1]) if len(sys.argv) > 1 else STUDIES):
        print(line, flush=True)
