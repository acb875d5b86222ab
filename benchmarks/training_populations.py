"""How often both intervals of --training-draws hold both truths: of this training set, and of the mean over all.

    python -m benchmarks.training_populations [studies]

The mean over training sets is that of the studies themselves.
"""

import sys
from collections.abc import Iterator

import numpy as np

from benchmarks.timing import versions
from benchmarks.training_worlds import CLASSES, METRICS, SITE, Study, World, everyone, study
from reports.statistics.analyse import analyse
from reports.statistics.bootstrap import Draws
from reports.statistics.cases import index_cases
from reports.statistics.pooling import pool_predictions
from reports.tables.training_populations import OverTraining, over_training_populations

STUDIES = 300
WORLDS = (
    World("few patients, many features", 60, 20, ridge=0.1),
    World("more patients", 200, 20),
    World("patients of 3 slices", 60, 20, slices=3, ridge=0.1),
    World("models that differ by chance", 100, 10, units=40),
    World("2 draws, 3 seeds", 60, 20, ridge=0.1, seeds=3, draws=2),
    World("10 draws", 60, 20, ridge=0.1, draws=10),
    World("1 seed, 5 draws", 60, 20, ridge=0.1, seeds=1, draws=5),
)
SIDES = ("internal", SITE, "gap")


def quantities(world: World, one: Study) -> dict[tuple[str, str], OverTraining]:
    """By side and metric, as the leaderboard has them."""
    cases, draws = index_cases(one.cases, CLASSES), Draws(0, 1)
    pooled, _ = pool_predictions(one.predictions, cases, name="net", folds=world.folds)
    assert pooled is not None
    analysis = analyse([pooled], CLASSES, (), draws, bootstrap=False)[0]
    found = over_training_populations(analysis, one.draws, cases, world.folds, draws)
    assert found is not None
    by_side = {"internal": found.internal, SITE: found.external[SITE], "gap": found.gap[SITE]}
    return {(side, metric): cell for side, cells in by_side.items() for metric, cell in cells.items()}


def outcomes(world: World, studies: int, place: int) -> Iterator[str]:
    rng, all_cases = np.random.default_rng([13, place]), everyone(world)
    truths, cells = [], []
    for _ in range(studies):
        one = study(world, all_cases, rng)
        truths.append(one.truth)
        cells.append(quantities(world, one))
    yield f"{world.name}: {world.patients} patients, {world.seeds} seeds, {world.draws} draws"
    for side, metric in ((side, metric) for side in SIDES for metric in METRICS):
        found = [one[side, metric] for one in cells]
        yield f"  {side:<8} {metric:<8}{_line(found, np.array([one[side, metric] for one in truths]))}"


def _line(cells: list[OverTraining], truth: np.ndarray) -> str:
    values = np.array([one.these.value for one in cells])
    mean = truth.mean()
    shares, lengths = [], []
    for found in ([one.these for one in cells], [one.any for one in cells]):
        low, high = (np.array([getattr(one, end) for one in found]) for end in ("low", "high"))
        shares += [np.mean((low <= mean) & (mean <= high)), np.mean((low <= truth) & (truth <= high))]
        lengths.append(np.median(high - low))
    estimated = np.sqrt(np.mean([(one.deviations or {})["training_cases"] ** 2 for one in cells]))
    return (
        f" {shares[0]:>9.3f} {shares[2]:>7.3f} {shares[1]:>12.3f} {shares[3]:>7.3f} {lengths[0]:>10.3f}"
        f" {lengths[1]:>6.3f} {truth.std(ddof=1):>8.4f} {estimated:>9.4f} {values.std(ddof=1):>9.4f}"
    )


def lines(studies: int) -> Iterator[str]:
    yield f"{versions('numpy', 'scipy')}; {studies} studies a world,"
    yield f"Monte-Carlo error {100 * np.sqrt(0.05 * 0.95 / studies):.1f} points at 95 %."
    yield ""
    yield "                      mean over training    this training set  median length    sd by training sets   sd of"
    yield "                      sets held by          held by            of intervals     truth     estimated  value"
    yield "  side     metric       these   other       these   other      these  other"
    for place, world in enumerate(WORLDS):
        yield from outcomes(world, studies, place)


if __name__ == "__main__":
    for line in lines(int(sys.argv[1]) if len(sys.argv) > 1 else STUDIES):
        print(line, flush=True)
