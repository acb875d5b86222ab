"""What a printed number does now: one function for each kind of line of the table of corrections.

Each gives a function of the number of studies, so that a table says what it measures before anything is measured.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd

from benchmarks.covering import alike, coverage
from benchmarks.error_rates import rates
from benchmarks.listed_worlds import POWER, WORLDS, two_backbones
from benchmarks.measured import measure
from benchmarks.seed_figures import calibration_above, floor_coverage, gain

RESAMPLES = 200
Now = Callable[[int], str]


@cache
def _covered(world: str, seeds: int, studies: int) -> pd.DataFrame:
    cells, _, _ = measure(replace(WORLDS[world], seeds=seeds), studies, RESAMPLES)
    return coverage(alike(cells))


@cache
def _found(world: str, seeds: int, difference: float, studies: int) -> pd.DataFrame:
    return rates(measure(two_backbones(world, seeds, difference), studies, RESAMPLES)[1])


def intervals(world: str, *places: str, seeds: int = 5) -> Now:
    def now(studies: int) -> str:
        table = _covered(world, seeds, studies)
        return ", ".join(_interval(table, place) for place in places)

    return now


def _interval(table: pd.DataFrame, place: str) -> str:
    if place not in table.index or not table.loc[place, "n"]:
        return "not given"
    row = table.loc[place]
    refused = f" ({row['refused']:.0%} refused)" if row["refused"] >= 0.005 else ""
    labelled = " labelled" if row["label"] > 0.5 else ""
    of_all = "" if row["covered"] == row["covered_all"] else f" (of all models {_share(row['covered_all'])})"
    return _share(row["covered"]) + of_all + refused + labelled


def found(world: str, *tests: str, seeds: tuple[int, ...] = (5,), difference: float = 0.0) -> Now:
    def now(studies: int) -> str:
        tables = [_found(world, number, difference, studies) for number in seeds]
        return ", ".join(_share(table["found"].get(test, np.nan)) for test in tests for table in tables)

    return now


def floors(*seeds: int) -> Now:
    def now(studies: int) -> str:
        shares = [floor_coverage(replace(WORLDS["seeds"], seeds=n), "accuracy", studies, RESAMPLES) for n in seeds]
        return ", ".join(_share(of_pairs) for of_pairs, _ in shares)

    return now


def gains(world: str) -> Now:
    def now(studies: int) -> str:
        one = gain(WORLDS[world], studies, RESAMPLES)
        printed = [f"{value:.{digits}f}" for value, digits in ((one.printed_gain, 2), (one.printed_cases, 0))]
        shown = " and ".join("not given" if text == "nan" else text for text in printed)
        return f"prints {shown}; true {one.true_gain:.2f} and {one.true_cases:.0f}"

    return now


def _share(value: float) -> str:
    return "not given" if np.isnan(value) else f"{value:.3f}".lstrip("0") if value < 1 else "1"


def equal_and_power(world: str, test: str) -> Now:
    return lambda studies: f"{found(world, test)(studies)}; {found(world, test, difference=POWER[world])(studies)}"


def calibration(world: str) -> Now:
    return lambda studies: _share(calibration_above(WORLDS[world], studies, RESAMPLES))
