"""The gap's interval covers where seeds and cases both vary, as those of seeds or cases alone do not."""

import numpy as np
import pytest
from scipy.stats import binom

from reports.statistics.bootstrap import Draws, resample
from reports.statistics.confusion_counts import ConfusionCounts, Floats, Integers, count_confusions
from reports.statistics.intervals import bias_corrected
from reports.statistics.metrics.of_counts import accuracy, macro_f1

N_CLASSES, N_SEEDS, N_FOLDS = 3, 8, 2
SKILL = {"internal": 0.9, "London": 0.4}
N_CASES = {"internal": 200, "London": 100}
REPETITIONS, RESAMPLES = 250, 300


def predict(label: Integers, difficulty: Floats, tilt: Floats, skill: float, rng: np.random.Generator) -> Integers:
    chance = 1 / (1 + np.exp(-(skill + difficulty + tilt)))
    wrong = (label + rng.integers(1, N_CLASSES, chance.shape)) % N_CLASSES
    return np.where(rng.random(chance.shape) < chance, label, wrong)


def true_gaps(sd_seed: float, rng: np.random.Generator) -> Floats:
    """Accuracy and macro-F1 gap of the population, from a million cases a side."""
    n, scores = 1_000_000, []
    for skill in SKILL.values():
        label = rng.integers(0, N_CLASSES, n)
        predicted = predict(label, rng.normal(0, 1, n), rng.normal(0, sd_seed, n), skill, rng)
        confusion = np.bincount(label * N_CLASSES + predicted, minlength=N_CLASSES**2).reshape(N_CLASSES, -1)
        f1 = 2 * np.diag(confusion) / (confusion.sum(0) + confusion.sum(1))
        scores.append([np.trace(confusion) / n, f1.mean()])
    return np.subtract(*scores)


def gaps(counts: ConfusionCounts) -> dict[str, Floats]:
    return {"gap": np.stack([accuracy(counts), macro_f1(counts)], axis=-1)}


def covered(other: str, sd_seed: float, truth: Floats, rng: np.random.Generator) -> dict[str, Floats]:
    """Which intervals of one data set hold the truth: method → (accuracy, macro-F1)."""
    draws = Draws(int(rng.integers(2**31)), RESAMPLES)
    drawn_seeds = draws.seed_weights(range(N_SEEDS))
    values: dict[str, list[Floats]] = {"crossed": [], other: []}
    points = []
    for side, n in N_CASES.items():
        shape = (N_SEEDS, 1 if side == "internal" else N_FOLDS, n)
        label, difficulty = rng.integers(0, N_CLASSES, n), rng.normal(0, 1, n)
        # A seed has its own effect on each side, else it would cancel in the gap.
        tilt = np.broadcast_to(rng.normal(0, sd_seed, (N_SEEDS, 1, 1)), shape)
        counts = count_confusions(
            np.broadcast_to(np.arange(n), shape).ravel(),
            np.broadcast_to(np.arange(N_SEEDS)[:, None, None], shape).ravel(),
            np.broadcast_to(label, shape).ravel(),
            predict(label, difficulty, tilt, SKILL[side], rng).ravel(),
            n_clusters=n,
            n_seeds=N_SEEDS,
            n_classes=N_CLASSES,
        )
        points.append(gaps(counts.total())["gap"].mean(0))
        for name, kept in values.items():
            seeds = np.full_like(drawn_seeds, 1 / N_SEEDS) if name == "cases only" else drawn_seeds
            every_case = iter([np.ones((RESAMPLES, n), dtype=np.int64)])
            one_stratum = np.zeros(n, dtype=np.int64)
            cases = every_case if name == "seeds only" else draws.cluster_weights(side, one_stratum)
            kept.append(resample([counts], [gaps], seeds, cases)[0]["gap"])
    point = points[0] - points[1]
    hits = {}
    for name, (internal, external) in values.items():
        bounds = [bias_corrected((internal - external)[:, i], point[i], 0.95) for i in range(2)]
        hits[name] = np.array([low <= true <= high for (low, high), true in zip(bounds, truth, strict=True)])
    return hits


@pytest.mark.parametrize(("other", "sd_seed"), [("seeds only", 0.1), ("cases only", 0.8)])
def test_the_crossed_interval_covers_where_the_other_does_not(other: str, sd_seed: float) -> None:
    rng = np.random.default_rng(1)
    truth = true_gaps(sd_seed, rng)
    hits = [covered(other, sd_seed, truth, rng) for _ in range(REPETITIONS)]
    crossed, lacking = (np.mean([one[name] for one in hits], axis=0) for name in ("crossed", other))
    # Drawing S = 8 seeds shows (S−1)/S of their variance, so that a nominal .95 covers at least .93. Fewer
    # hits than this happen once in a thousand there, and more than the second bound once in a thousand
    # where the other interval covers .80.
    assert (crossed >= binom.ppf(0.001, REPETITIONS, 0.93) / REPETITIONS).all()
    assert (lacking <= binom.ppf(0.999, REPETITIONS, 0.80) / REPETITIONS).all()
