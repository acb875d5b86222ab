"""How often every printed test finds a difference between two backbones: equal ones, and of different accuracy.

    python -m benchmarks.error_rates [--studies 60] [--worlds NAME ...] [--seeds 1 2 3 5 10] [--power]

Of equal backbones that is the error rate, nominally .05. "none" stands where no study prints the test, and after / the
share of studies that do not. With --power, the second backbone is less accurate on both sides, and beside the tests
stands what a test of 5 % that knew the true standard error of the difference would find.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from statistics import NormalDist

import numpy as np
import pandas as pd

from benchmarks.listed_worlds import ALL_SEEDS, EQUAL, POWER, two_backbones
from benchmarks.measured import measure

GOAL = 0.06


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
        powers[str(place).removeprefix("difference.")] = NormalDist().cdf(ratio - 1.96) + NormalDist().cdf(-ratio - 1.96)
    return powers


def shown(found: float, absent: float) -> str:
    text = "none" if np.isnan(found) else f"{found:.3f}".lstrip("0")
    return text if absent in (0, 1) else f"{text}/{absent:.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=60)
    parser.add_argument("--resamples", type=int, default=200)
    parser.add_argument("--worlds", nargs="+", help="of " + ", ".join(EQUAL))
    parser.add_argument("--seeds", nargs="+", type=int, default=list(ALL_SEEDS))
    parser.add_argument("--power", action="store_true")
    options = parser.parse_args()
    of_world: Callable[[str], float] = POWER.__getitem__ if options.power else lambda name: 0.0
    columns, above = {}, []
    for name in options.worlds or (POWER if options.power else EQUAL):
        for seeds in options.seeds:
            world = two_backbones(name, seeds, of_world(name))
            cells, tests, seconds = measure(world, options.studies, options.resamples)
            table = rates(tests)
            columns[name, seeds] = pd.Series({test: shown(*row) for test, row in table.iterrows()})
            if options.power:
                known = {f"{endpoint}: knowing the error": shown(power, 0) for endpoint, power in knowing(cells).items()}
                columns[name, seeds] = pd.concat([columns[name, seeds], pd.Series(known)])
            sure = GOAL + 2 * np.sqrt(GOAL * (1 - GOAL) / options.studies)
            above += [(name, seeds, test, row["found"]) for test, row in table.iterrows() if row["found"] > sure]
            print(f"{name}, {seeds} seeds: a leaderboard takes {1000 * seconds:.0f} ms", flush=True)
    print(f"\n{pd.DataFrame(columns).rename_axis(columns=['world', 'seeds']).to_string(na_rep='')}")
    if not options.power:
        print(f"\nTests surely above {GOAL}: {len(above)}")
        print(pd.DataFrame(above, columns=["world", "seeds", "test", "found"]).round(3).to_string(index=False))


if __name__ == "__main__":
    main()
