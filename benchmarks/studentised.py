"""Whether a studentised bootstrap covers better than the jackknife t that the leaderboard prints.

    python -m benchmarks.studentised [--studies 400] [--resamples 400]

Each resample of seeds and clusters has a standard error of its own, from how much each of its clusters moves the
estimate (the infinitesimal jackknife) and how its seeds differ; the interval takes the quantiles of the studentised
deviations (Davison & Hinkley 1997, ch. 5.2) instead of those of Student's t. Needs about 10 minutes on two cores.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np
from tabulate import tabulate

from benchmarks.coverage import METRICS, SIDES, quantity
from benchmarks.simulated_studies import CLASSES, N_FOLDS, Difficulty, Setting
from benchmarks.timing import options
from reports.statistics.analyse import analyse
from reports.statistics.bootstrap import Draws
from reports.statistics.cases import index_cases
from reports.statistics.confusion_counts import ConfusionCounts, Floats
from reports.statistics.estimate import IntervalChoice, estimate
from reports.statistics.pooling import Pooled, pool_predictions

SETTINGS = (
    Setting(600, 250, 5),
    Setting(600, 250, 10),
    Setting(600, 250, 5, patients=True),
    Setting(1500, 600, 5, 0.1, patients=True),
    Setting(3000, 1500, 5, 0.1, patients=True),
)


@dataclass(frozen=True)
class Linearised:
    """A metric in each resample and seed, and how much a cluster's counts move it.

    values: (n_resamples, n_seeds). slopes: for the counts tp, predicted and truth, (n_resamples, n_seeds, n_classes).
    """

    values: Floats
    slopes: tuple[Floats, Floats, Floats]


def accuracy(tp: Floats, predicted: Floats, truth: Floats) -> Linearised:
    total = truth.sum(-1)
    value = tp.sum(-1) / total
    even = np.ones_like(tp)
    return Linearised(value, (even / total[..., None], 0 * even, -even * (value / total)[..., None]))


def macro_f1(tp: Floats, predicted: Floats, truth: Floats) -> Linearised:
    both = predicted + truth
    f1 = np.divide(2 * tp, both, out=np.zeros_like(tp), where=both > 0)
    each = np.divide(1 / tp.shape[-1], both, out=np.zeros_like(tp), where=both > 0)
    return Linearised(f1.mean(-1), (2 * each, -f1 * each, -f1 * each))


METRIC: Mapping[str, Callable[[Floats, Floats, Floats], Linearised]] = {"accuracy": accuracy, "macro_f1": macro_f1}


def of_side(
    counts: ConfusionCounts, metric: str, seed_weights: Floats, cluster_weights: Floats
) -> tuple[Floats, Floats]:
    """Values (n_resamples, n_seeds), and the clusters' part of the variance of their weighted mean (n_resamples,)."""
    parts = [np.asarray(part, dtype=float) for part in (counts.tp, counts.predicted, counts.truth)]
    parts = [np.broadcast_to(part, parts[0].shape) for part in parts]
    found = METRIC[metric](*(np.einsum("bg,gsk->bsk", cluster_weights, part, optimize=True) for part in parts))
    moved = sum(
        np.einsum("bsk,gsk->bg", slope * seed_weights[..., None], part, optimize=True)
        for slope, part in zip(found.slopes, parts, strict=True)
    )
    n = cluster_weights.shape[1]
    return found.values, n / (n - 1) * (cluster_weights * moved**2).sum(-1)


def studentised(row: Pooled, side: str, metric: str, draws: Draws) -> tuple[float, float]:
    """The central 95 %. The first resample is the sample itself."""
    n_seeds = len(row.seeds)
    seeds = np.vstack([np.full((1, n_seeds), 1 / n_seeds), draws.seed_weights(row.seeds)])
    value: Floats | float = 0.0
    variance: Floats | float = 0.0
    for sign, name in ((1, "internal"), (-1, "x")) if side == "gap" else ((1, side),):
        counts = row.sides[name].counts
        drawn = np.vstack(list(draws.cluster_weights(name, np.zeros_like(row.sides[name].strata))))
        values, part = of_side(counts, metric, seeds, np.vstack([np.ones((1, drawn.shape[1])), drawn]))
        value, variance = value + sign * values, variance + part
    mean = (seeds * value).sum(-1)
    variance = variance + (seeds * (value - mean[:, None]) ** 2).sum(-1) / (n_seeds - 1)
    error = np.sqrt(variance)
    low, high = np.quantile((mean[1:] - mean[0]) / error[1:], [0.025, 0.975])
    return mean[0] - high * error[0], mean[0] - low * error[0]


def measure(job: tuple[Setting, int, int]) -> dict[tuple[str, str, str], list[bool]]:
    """Rule, side and metric → whether the interval holds the truth, of the studies in which one is printed."""
    setting, studies, resamples = job
    rng = np.random.default_rng([17, *setting.name.encode()])
    world = Difficulty()
    true, found = world.truth(setting, rng), defaultdict(list)
    for _ in range(studies):
        cases, predictions = world.study(setting, rng)
        row, _ = pool_predictions(predictions, index_cases(cases, CLASSES), name="A", folds=N_FOLDS)
        if row is None:
            raise RuntimeError("A simulated study is not complete.")
        draws = Draws.from_generator(rng, resamples)
        (one,) = analyse([row], CLASSES, [], draws, bootstrap=False)
        for side in SIDES:
            for metric in METRICS:
                cell = estimate(quantity(one, side, metric), IntervalChoice())
                if cell.low is None or cell.high is None:
                    continue
                printed = (cell.low, cell.high)
                for rule, (low, high) in (("printed", printed), ("studentised", studentised(row, side, metric, draws))):
                    found[rule, side, metric].append(bool(low <= true[side][metric] <= high))
    return dict(found)


def main() -> None:
    asked = options(__doc__, studies=400, resamples=400).parse_args()
    studies, resamples = asked.studies, asked.resamples
    with get_context("spawn").Pool(2) as pool:
        results = pool.map(measure, [(setting, studies, resamples) for setting in SETTINGS], chunksize=1)
    print(
        f"{studies} simulated studies a row, {resamples} resamples; the Monte-Carlo standard error of a share of .95 "
        f"is {np.sqrt(0.95 * 0.05 / studies):.3f}. Accuracy / macro-F1, where an interval is printed.\n"
    )
    rows = [
        [setting.name, side, *(_shares(found, rule, side) for rule in ("printed", "studentised"))]
        for setting, found in zip(SETTINGS, results, strict=True)
        for side in SIDES
    ]
    headers = ["cases internal, external, seeds, sd of seeds, imbalance, clusters", "side", "as printed", "studentised"]
    print(tabulate(rows, headers, tablefmt="github", disable_numparse=True))


def _shares(found: dict[tuple[str, str, str], list[bool]], rule: str, side: str) -> str:
    return " / ".join(f"{np.mean(found[rule, side, metric]):.3f}" for metric in METRICS)


if __name__ == "__main__":
    main()
