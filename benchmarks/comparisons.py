"""How often the tests between two backbones give false alarms, and how often they find a true difference.

    python -m benchmarks.comparisons alike|retrained|power [--studies 1000] [--resamples 500]

alike: two backbones that are equally good on the population of cases, so that every difference found is a false alarm.
retrained: linear classifiers really trained in each fold, exchangeable over all training samples; what one training
sample favours counts as a false alarm. power: the same, the features of one being noisier. Each p is computed as for
the leaderboard; the paired bootstrap of cases alone, which keeps seeds as they are, is the peer that papers use. Needs
some 10 to 20 minutes each on two cores.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np
import pandas as pd
from tabulate import tabulate

from benchmarks.simulated_studies import CLASSES, N_FOLDS, Difficulty, Retrained, Setting
from benchmarks.timing import options
from reports import Entry
from reports.statistics.analyse import analyse
from reports.statistics.bootstrap import Draws, resample
from reports.statistics.cases import INTERNAL, index_cases
from reports.statistics.comparison import Comparison, compare_all
from reports.statistics.confusion_counts import ConfusionCounts, Floats
from reports.statistics.estimate import IntervalChoice
from reports.statistics.metrics import metrics_of
from reports.statistics.metrics.metric import CountMetric
from reports.statistics.pooling import Pooled, pool_predictions

METRICS = ("accuracy", "macro_f1")
PEER, DEFAULT = "paired bootstrap of cases", "paired jackknife t"
TESTS = (
    DEFAULT,
    "bias-corrected interval without 0",
    "Nadeau–Bengio t",
    "correlated t, P > .975",
    "McNemar",
    PEER,
)
FIVE_SEEDS = (
    Setting(600, 250, 5),
    Setting(600, 250, 5, patients=True),
    Setting(250, 250, 5, patients=True),
    Setting(600, 600, 5, patients=True),
)


@dataclass(frozen=True)
class World:
    """How pairs of backbones come about: `study` draws the case table and the entries of A and B."""

    title: str
    study: Callable[[Setting, np.random.Generator], tuple[pd.DataFrame, list[Entry]]]
    one_seed: tuple[Setting, ...] = (Setting(600, 250, 1),)
    shows_sd: bool = False

    @property
    def settings(self) -> tuple[Setting, ...]:
        return FIVE_SEEDS + self.one_seed

    def name(self, setting: Setting) -> str:
        """Cases internally and externally, seeds, how much these matter where it is chosen, and what clusters are."""
        seeds = f"{setting.seeds} (sd {setting.sd_seed:g})" if self.shows_sd else str(setting.seeds)
        return f"{setting.internal}, {setting.external}, {seeds}, {setting.clusters}"


WORLDS = {
    "alike": World(
        "Share of false alarms at .05, both backbones being equally good",
        Difficulty().pair,
        (Setting(600, 250, 1, sd_seed=0), Setting(600, 250, 1, sd_seed=0.1)),
        shows_sd=True,
    ),
    "retrained": World(
        "Share of false alarms at .05, the backbones being exchangeable and their training cases drawn anew",
        Retrained().study,
    ),
    "power": World("Share of true differences found (power)", Retrained(handicap=0.45).study),
}


def of_comparison(one: Comparison) -> Iterator[tuple[str, bool]]:
    """Test → whether it finds a difference, for all tests that the leaderboard prints of this pair."""
    if one.p is not None:
        yield DEFAULT, one.p <= 0.05
    if one.difference.low is not None and one.difference.high is not None:
        yield TESTS[1], not one.difference.low <= 0 <= one.difference.high
    if tests := one.fold_tests:
        if tests.corrected.p is not None:
            yield TESTS[2], tests.corrected.p <= 0.05
        if tests.rope.better is not None and tests.rope.worse is not None:
            yield TESTS[3], max(tests.rope.better, tests.rope.worse) > 0.975
        if tests.mcnemar:
            yield TESTS[4], tests.mcnemar.p <= 0.05


def of_cases_alone(rows: list[Pooled], draws: Draws) -> dict[str, bool]:
    """Endpoint → whether the central 95 % of the paired difference, only cases (patients) drawn, leave out 0."""
    internal, external = (_differences(rows, side, draws) for side in (INTERNAL, "x"))
    found = {}
    for metric in METRICS:
        gap = internal[metric] - external[metric]
        named = {f"internal.{metric}": internal[metric], f"external.x.{metric}": external[metric]}
        for endpoint, values in {**named, f"gap.x.{metric}": gap}.items():
            low, high = np.quantile(values, [0.025, 0.975])
            found[endpoint] = not low <= 0 <= high
    return found


def _differences(rows: list[Pooled], side: str, draws: Draws) -> dict[str, Floats]:
    sides, n_seeds = [row.sides[side] for row in rows], len(rows[0].seeds)
    as_they_are = np.full((draws.n_resamples, n_seeds), 1 / n_seeds)
    weights = draws.cluster_weights(side, np.zeros_like(sides[0].strata))

    def statistic(counts: ConfusionCounts) -> dict[str, Floats]:
        return {metric: metrics_of(CountMetric)[metric].compute(counts) for metric in METRICS}

    a, b = resample([one.counts for one in sides], [statistic, statistic], as_they_are, weights)
    return {metric: a[metric] - b[metric] for metric in METRICS}


def measure(job: tuple[str, Setting, int, int]) -> dict[tuple[str, str], list[bool]]:
    """(endpoint, test) → whether the test finds a difference, for each study of a world in which it could be made."""
    world, setting, studies, resamples = job
    rng = np.random.default_rng([19, *setting.name.encode()])
    found = defaultdict(list)
    for _ in range(studies):
        cases, entries = WORLDS[world].study(setting, rng)
        draws, table = Draws.from_generator(rng, resamples), index_cases(cases, CLASSES)
        pooled = [pool_predictions(one.predictions, table, name=one.backbone, folds=N_FOLDS)[0] for one in entries]
        rows = [one for one in pooled if one is not None]
        analyses = analyse(rows, CLASSES, [], draws)
        comparisons, _ = compare_all(analyses, [], draws, IntervalChoice("bias-corrected"), {}, False)
        for one in comparisons:
            for test, finds in of_comparison(one):
                found[one.endpoint, test].append(finds)
        for endpoint, finds in of_cases_alone(rows, draws).items():
            found[endpoint, PEER].append(finds)
    return dict(found)


def main() -> None:
    parser = options(__doc__, studies=1000, resamples=500)
    parser.add_argument("world", choices=list(WORLDS))
    asked = parser.parse_args()
    world, studies, resamples = WORLDS[asked.world], asked.studies, asked.resamples
    with get_context("spawn").Pool(2) as pool:
        results = pool.map(measure, [(asked.world, one, studies, resamples) for one in world.settings], chunksize=1)
    error = np.sqrt(0.05 * 0.95 / studies)
    print(
        f"**{world.title}**\n\n{studies} simulated studies a row, {resamples} resamples; the Monte-Carlo standard "
        f"error of a share of .05 is {error:.3f}. Shares are of studies in which the test could be made, in brackets "
        "the share in which it could not.\n"
    )
    rows = [
        [world.name(setting), *line]
        for setting, found in zip(world.settings, results, strict=True)
        for line in _lines(found)
    ]
    headers = ["cases internal, external, seeds, clusters", "endpoint", *TESTS]
    print(tabulate(rows, headers, tablefmt="github", disable_numparse=True), "\n")
    highest = {test: max(_shares(test, results)) for test in TESTS if any(_shares(test, results))}
    print("Highest share: " + "; ".join(f"{test} {share:.3f}" for test, share in highest.items()))


def _shares(test: str, results: list[dict[tuple[str, str], list[bool]]]) -> Iterator[float]:
    return (float(np.mean(hits)) for found in results for (_, name), hits in found.items() if name == test)


def _lines(found: dict[tuple[str, str], list[bool]]) -> Iterator[list[str]]:
    studies = max(len(hits) for hits in found.values())
    for place in ("internal", "external.x", "gap.x"):
        for metric in METRICS:
            cells = []
            for test in TESTS:
                hits = found.get((f"{place}.{metric}", test), [])
                without = f" [{1 - len(hits) / studies:.2f}]" if len(hits) < studies else ""
                cells.append(f"{np.mean(hits):.3f}{without}" if hits else "-")
            yield [f"{place}.{metric}", *cells]


if __name__ == "__main__":
    main()
