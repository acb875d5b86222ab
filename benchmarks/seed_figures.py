"""Noise floors, sample gains and the reference of the calibration error against what they claim.

python -m benchmarks.seed_figures [--studies 60] [--resamples 200]
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from benchmarks import printed, world_metrics
from benchmarks.listed_worlds import WORLDS
from benchmarks.measured import content_of, in_processes
from benchmarks.timing import options
from benchmarks.world_scores import Floats
from benchmarks.world_studies import Study, draw
from benchmarks.worlds import Population, World

FRESH, SMALL_SITE = 40, Population(10)


def per_seed(study: Study, metric: str) -> Floats:
    """The internal value of each seed of a study of one backbone: (n_seeds,)."""
    label, k = study.inside.label, len(study.world.classes)
    weight = np.ones(len(label))
    cells = [world_metrics.confusion(label, one.argmax(-1), weight, k) for one in study.scores_inside[0]]
    with np.errstate(invalid="ignore"):
        return world_metrics.of_confusion(np.stack(cells), study.world.classes)[metric]


def floor_coverage(world: World, metric: str, studies: int, resamples: int) -> tuple[float, float]:
    """Shares of differences within floor_1 (of two fresh seeds) and floor_s (of two means of fresh seeds)."""
    alone = replace(world, outside=replace(SMALL_SITE, shares=world.inside.shares))
    found = in_processes(partial(_of_floor, alone, metric, resamples), studies)
    one, several = np.nanmean(np.array(found), axis=0)
    return float(one), float(several)


def _of_floor(world: World, metric: str, resamples: int, number: int) -> tuple[float, float]:
    rng = np.random.default_rng([number, 15])
    fresh = max(FRESH, 4 * world.seeds)
    study = draw(world, rng, further_seeds=fresh)
    content = content_of(study, resamples, rng)
    floor = printed.first(content.get("noise_floor")).get(metric, {})
    values = per_seed(study, metric)[world.seeds :]
    means = values[: len(values) // (2 * world.seeds) * 2 * world.seeds].reshape(-1, 2, world.seeds).mean(-1)
    return _within(values.reshape(-1, 2), floor.get("floor_1")), _within(means, floor.get("floor_s"))


def _within(pairs: Floats, floor: float | None) -> float:
    return math.nan if floor is None else float((np.abs(pairs[:, 0] - pairs[:, 1]) <= floor).mean())


@dataclass(frozen=True)
class Gain:
    """Printed sample gain and effective cases (medians over studies; NaN where absent), and true ones.

    True gain: variance over studies of one seed's accuracy over that of the mean of all seeds. True effective cases:
    independent cases whose share of right answers would have the variance of that mean. cases: mean a study.
    """

    printed_gain: float
    printed_cases: float
    true_gain: float
    true_cases: float
    cases: float


def gain(world: World, studies: int, resamples: int) -> Gain:
    alone = replace(world, outside=replace(SMALL_SITE, shares=world.inside.shares))
    found = np.array(in_processes(partial(_of_gain, alone, resamples, min(studies, 200)), studies * 4))
    accuracies, rows = found[:, 3:], found[~np.isnan(found[:, 0])]
    of_mean, mean = accuracies.mean(1).var(ddof=1), accuracies.mean()
    printed_gain, printed_cases = (float(np.median(rows[:, one])) if len(rows) else math.nan for one in (0, 1))
    true = float(accuracies.var(axis=0, ddof=1).mean() / of_mean)
    return Gain(printed_gain, printed_cases, true, float(mean * (1 - mean) / of_mean), float(found[:, 2].mean()))


def _of_gain(world: World, resamples: int, reported: int, number: int) -> tuple[float, ...]:
    """Printed gain and effective cases (of the first studies only), cases, and the accuracy of each seed."""
    rng = np.random.default_rng([number, 16])
    study = draw(world, rng)
    content = content_of(study, resamples, rng) if number < reported else {}
    one = printed.first(content.get("sample_gain"))
    shown = printed.number(one, "gain"), printed.number(one, "effective_cases")
    return (*shown, len(study.inside), *per_seed(study, "accuracy"))


def calibration_above(world: World, studies: int, resamples: int) -> float:
    """The share of studies whose calibration error is above what a calibrated model would show, by its remark."""
    found = [one for one in in_processes(partial(_of_calibration, world, resamples), studies) if one is not None]
    return float(np.mean([error > reference for error, reference in found])) if found else math.nan


def _of_calibration(world: World, resamples: int, number: int) -> tuple[float, float] | None:
    rng = np.random.default_rng([number, 17])
    content = content_of(draw(world, rng), resamples, rng)
    return printed.reference_of_calibration(content["rows"][0])


def main() -> None:
    asked = options(__doc__, studies=60, resamples=200).parse_args()
    for name in ("seeds", "40-patients"):
        for metric in ("accuracy", "macro_f1"):
            for seeds in (2, 3, 5, 10):
                world = replace(WORLDS[name], seeds=seeds)
                one, several = floor_coverage(world, metric, asked.studies, asked.resamples)
                print(
                    f"noise floor, {name}, {metric}, {seeds} seeds: {one:.3f} of pairs, {several:.3f} of means",
                    flush=True,
                )
    for name in ("alike-slices", "strong-seeds"):
        print(f"sample gain, {name}: {gain(WORLDS[name], asked.studies, asked.resamples)}", flush=True)
    for name in ("calibrated", "calibrated-cases"):
        above = calibration_above(WORLDS[name], asked.studies, asked.resamples)
        print(f"calibration error above its reference, {name}: {above:.2f}", flush=True)


if __name__ == "__main__":
    main()
