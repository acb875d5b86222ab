"""How often every printed test finds a difference between two backbones: equal ones, or of different accuracy.

    python -m benchmarks.error_rates [--studies 60] [--worlds NAME ...] [--seeds 1 2 3 5 10] [--power]

Of equal backbones that is the error rate. "none" stands where no study prints the test, and after / the share of
studies that do not; tests that no study prints in any world are left out. With --power, the second backbone is less
accurate on both sides, and beside the tests stands what one of 5 % that knew the true standard error would find.
"""

from __future__ import annotations

import sys
from statistics import NormalDist

import numpy as np
import pandas as pd
from tabulate import tabulate

from benchmarks.listed_worlds import ALL_SEEDS, EQUAL, POWER, two_backbones
from benchmarks.measured import measure
from benchmarks.timing import options

GOAL = 0.06
OTHER_GOALS = {"correlated t > .95": 0.11, "P(best) ≥ .99": 0.02}
"""Of what finds either of two equal backbones better with .95, and of what is not held to .05."""


def rates(tests: pd.DataFrame) -> pd.DataFrame:
    """Of each test: found, the share of the studies that give it in which it finds a difference, and absent."""
    given = tests.dropna()
    found = given.assign(found=given["found"].astype(float)).groupby("test", sort=False)["found"].agg(["mean", "size"])
    table = found.reindex(tests["test"].unique())
    absent = 1 - table["size"].fillna(0) / tests.groupby("test")["found"].size()
    return pd.DataFrame({"found": table["mean"], "absent": absent}).loc[table.index]


def knowing(cells: pd.DataFrame) -> dict[str, float]:
    """Endpoint → power of the test at 5 % that knows the standard error, from the spread of estimates over studies."""
    apart = cells[cells["place"].str.startswith("difference.")].assign(value=lambda frame: frame["value"].astype(float))
    powers = {}
    for place, of_place in apart.groupby("place", sort=False):
        ratio = abs(of_place["truth"].iloc[0]) / of_place["value"].std()
        powers[str(place).removeprefix("difference.")] = NormalDist().cdf(ratio - 1.96) + NormalDist().cdf(
            -ratio - 1.96
        )
    return powers


def surely_above(table: pd.DataFrame, studies: int) -> pd.Series:
    """The tests whose error rate is above its goal by more than two Monte-Carlo errors."""
    goal = pd.Series([OTHER_GOALS.get(test.split(": ")[-1], GOAL) for test in table.index], table.index)
    return table["found"][table["found"] > goal + 2 * np.sqrt(goal * (1 - goal) / studies)]


def shown(found: float, absent: float) -> str:
    text = "none" if np.isnan(found) else f"{found:.3f}".lstrip("0")
    return text if absent in (0, 1) else f"{text}/{absent:.2f}"


def main() -> None:
    parser = options(__doc__, studies=60, resamples=200)
    parser.add_argument("--worlds", nargs="+", help="of " + ", ".join(EQUAL))
    parser.add_argument("--seeds", nargs="+", type=int, default=list(ALL_SEEDS))
    parser.add_argument("--power", action="store_true")
    asked = parser.parse_args()
    columns, above = {}, {}
    for name in asked.worlds or (POWER if asked.power else EQUAL):
        for seeds in asked.seeds:
            world = two_backbones(name, seeds, POWER[name] if asked.power else 0.0)
            cells, tests, seconds = measure(world, asked.studies, asked.resamples)
            table = rates(tests)
            columns[name, seeds] = pd.Series({test: shown(*row) for test, row in table.iterrows()})
            if asked.power:
                known = {
                    f"{endpoint}: knowing the error": shown(power, 0) for endpoint, power in knowing(cells).items()
                }
                columns[name, seeds] = pd.concat([columns[name, seeds], pd.Series(known)])
            above[name, seeds] = surely_above(table, asked.studies)
            print(f"{name}, {seeds} seeds: a leaderboard takes {1000 * seconds:.0f} ms", file=sys.stderr)
    found = pd.DataFrame(columns)
    exploring = found.index.str.match(r"(external|gap|internal\.accuracy).*: resolved")
    found = found[(found != "none").any(axis=1) & ~exploring].fillna("")
    headers = ["", *(f"{world}, S = {seeds}" for world, seeds in found.columns)]
    lines = [[test, *row] for test, row in zip(found.index, found.to_numpy().tolist(), strict=True)]
    print(f"{asked.studies} studies a column; after / the share of studies that do not print the test.\n")
    print(tabulate(lines, headers, "github", disable_numparse=True))
    if not asked.power:
        over = [
            f"{test} ({world}, S = {seeds}: {rate:.3f})"
            for (world, seeds), of_world in above.items()
            for test, rate in of_world.items()
        ]
        goals = "Tests above .06 (P(best) ≥ .99: .02) by more than two Monte-Carlo errors"
        print(f"\n{goals}: {'; '.join(over) or 'none'}.")


if __name__ == "__main__":
    main()
