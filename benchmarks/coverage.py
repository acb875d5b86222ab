"""How often 95 % intervals hold the truth: the one that the leaderboard prints, beside other rules.

    python -m benchmarks.coverage [--studies 300] [--resamples 1000]

A cell that the leaderboard shows without an interval counts as refused, not as covered; the other rules then have no
say either. Needs about 20 minutes on two cores.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from multiprocessing import get_context

import numpy as np
from tabulate import tabulate

from benchmarks.simulated_studies import CLASSES, N_FOLDS, Difficulty, Setting
from benchmarks.timing import options
from reports.statistics.analyse import analyse
from reports.statistics.analysis import Analysis
from reports.statistics.bootstrap import Draws
from reports.statistics.cases import index_cases
from reports.statistics.estimate import IntervalChoice, Quantity, estimate
from reports.statistics.intervals import acceleration, bca, bias_corrected, percentile
from reports.statistics.jackknife import JackknifeT
from reports.statistics.metrics import metrics_of
from reports.statistics.metrics.metric import CountMetric
from reports.statistics.pooling import pool_predictions
from reports.statistics.replicates import Replicates

METRICS = ("accuracy", "macro_f1")
SIDES = ("internal", "x", "gap")
NEEDED = (0.93, 0.98)
FEWEST_SEEDS, FEWEST_PATIENTS = 5, 20

SETTINGS = (
    Setting(600, 250, 3),
    Setting(600, 250, 5),
    Setting(600, 250, 10),
    Setting(600, 60, 5),
    Setting(600, 60, 5, imbalance=10),
    Setting(600, 250, 5, patients=True),
    Setting(600, 250, 10, 0.05, 10, patients=True),
    Setting(1500, 600, 3, 0.1, patients=True),
    Setting(1500, 600, 5, 0.1, patients=True),
    Setting(1500, 600, 10, 0.1, patients=True),
    Setting(3000, 1500, 5, 0.1, patients=True),
    Setting(600, 60, 5, 0.05, patients=True),
)


def _bca(one: Replicates) -> tuple[float, float]:
    samples = [*one.jackknife_over_clusters(), one.jackknife_over_seeds()]
    return bca(one.resampled, one.value, acceleration(samples), 0.95)


def _around(one: Replicates, test: JackknifeT) -> tuple[float, float]:
    half = test.half_width(0.95)
    return one.value - half, one.value + half


RULES: Mapping[str, Callable[[Replicates], tuple[float, float]]] = {
    "percentile": lambda one: percentile(one.resampled, 0.95),
    "bias-corrected": lambda one: bias_corrected(one.resampled, one.value, 0.95),
    "BCa": _bca,
    "jackknife t": lambda one: _around(one, JackknifeT.of(one.per_seed, one.changes)),
    "t over seeds": lambda one: _around(one, JackknifeT.of(one.per_seed, {})),
}
PRINTED = "as printed"


def quantity(one: Analysis, side: str, metric: str) -> Quantity:
    known = metrics_of(CountMetric)[metric]
    return one.gap(known, "x") if side == "gap" else one.on_side(known, side)


def measure(job: tuple[Setting, int, int]) -> dict[str, list[float]]:
    """Rule, side and metric → for each study whether the interval holds the truth, NaN where refused."""
    setting, studies, resamples = job
    rng = np.random.default_rng([17, *setting.name.encode()])
    world = Difficulty()
    true, found = world.truth(setting, rng), defaultdict(list)
    for _ in range(studies):
        cases, predictions = world.study(setting, rng)
        pooled, _ = pool_predictions(predictions, index_cases(cases, CLASSES), name="A", folds=N_FOLDS)
        if pooled is None:
            raise RuntimeError("A simulated study is not complete.")
        (one,) = analyse([pooled], CLASSES, [], Draws.from_generator(rng, resamples))
        for side in SIDES:
            for metric in METRICS:
                what, aim = quantity(one, side, metric), true[side][metric]
                cell = estimate(what, IntervalChoice())
                bounds = {PRINTED: (cell.low, cell.high)}
                if cell.low is not None and what.replicates is not None:
                    bounds.update((name, rule(what.replicates)) for name, rule in RULES.items())
                for name in (PRINTED, *RULES):
                    low, high = bounds.get(name, (None, None))
                    hit = float(low <= aim <= high) if low is not None and high is not None else np.nan
                    found[f"{name}/{side}/{metric}"].append(hit)
    return dict(found)


def main() -> None:
    asked = options(__doc__, studies=300, resamples=1000).parse_args()
    studies, resamples = asked.studies, asked.resamples
    with get_context("spawn").Pool(2) as pool:
        results = pool.map(measure, [(setting, studies, resamples) for setting in SETTINGS], chunksize=1)
    error = np.sqrt(0.95 * 0.05 / studies)
    print(
        f"{studies} simulated studies a row, {resamples} resamples; the Monte-Carlo standard error of a share of .95 "
        f"is {error:.3f}. Shares are accuracy / macro-F1; in brackets the share of refused cells, which "
        f"count on neither side.\n"
    )
    for side, title in zip(SIDES, ("Internal", "External", "Gap"), strict=True):
        print(f"**{title}**\n")
        headers = ["cases internal, external, seeds, sd of seeds, imbalance, clusters", PRINTED, *RULES]
        rows = [
            [setting.name, *(_shares(found, rule, side) for rule in (PRINTED, *RULES))]
            for setting, found in zip(SETTINGS, results, strict=True)
        ]
        print(tabulate(rows, headers, tablefmt="github", disable_numparse=True), "\n")
    outside = list(_outside(results, error))
    print(
        f"Printed intervals outside {NEEDED[0]:.0%}–{NEEDED[1]:.0%} by over two Monte-Carlo errors, of rows with at "
        f"least {FEWEST_SEEDS} seeds and {FEWEST_PATIENTS} patients a site: {'; '.join(outside) or 'none'}."
    )


def _outside(results: list[dict[str, list[float]]], error: float) -> list[str]:
    found = []
    for setting, hits in zip(SETTINGS, results, strict=True):
        few = setting.patients and setting.about_patients(setting.external) < FEWEST_PATIENTS
        if few or setting.seeds < FEWEST_SEEDS:
            continue
        for side in SIDES:
            for metric in METRICS:
                printed = hits[f"{PRINTED}/{side}/{metric}"]
                share = np.nanmean(printed) if not np.isnan(printed).all() else NEEDED[0]
                if not NEEDED[0] - 2 * error <= share <= NEEDED[1] + 2 * error:
                    found.append(f"{setting.name}: {side} {metric} {share:.3f} (± {error:.3f})")
    return found


def _shares(found: dict[str, list[float]], rule: str, side: str) -> str:
    texts = []
    for metric in METRICS:
        hits = np.array(found[f"{rule}/{side}/{metric}"])
        known = hits[~np.isnan(hits)]
        refused = f" [{1 - len(known) / len(hits):.2f}]" if rule == PRINTED and len(known) < len(hits) else ""
        texts.append(f"{known.mean():.3f}{refused}" if len(known) else f"-{refused}")
    return " / ".join(texts)


if __name__ == "__main__":
    main()
