"""How often every printed interval covers the truth of a world.

    python -m benchmarks.covering [--studies 60] [--worlds NAME ...] [--seeds 5 ...] [--resamples 200] [--csv FILE]

A table a side, a line for each world and number of seeds: the share of intervals that cover, then, after /, the share
of studies that print none. Numbers of one class are averaged over classes there; after the tables stand the cells that
surely miss the goals, class by class where classes are not equally frequent. With one seed an interval speaks of the
trained models, and so does the truth.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace

import numpy as np
import pandas as pd
from tabulate import tabulate

from benchmarks.listed_worlds import COVERAGE, WORLDS
from benchmarks.measured import measure
from benchmarks.timing import options

SIDES = ("internal", "external", "gap", "appearance", "prevalence", "difference")
GOALS = {5: (0.93, 0.98), 3: (0.90, 0.985)}
"""By the least number of seeds; one seed has the goal of five, of the truth given its models; two have none."""


def alike(cells: pd.DataFrame) -> pd.DataFrame:
    """Cells whose places name no class, for worlds in which classes are."""
    return cells.assign(place=cells["place"].str.replace(r":.*", " of a class", regex=True))


def coverage(cells: pd.DataFrame) -> pd.DataFrame:
    """Of each place: given, refused, covered, above and below (shares of the intervals wholly there), width, label.

    covered_all: by the truth over all seeds where `covered` is by that given the models of the one seed.
    """
    own = cells["given_models"].where(cells["given_models"].notna(), cells["truth"])
    given = cells["low"].notna()
    found = cells.assign(
        given=given,
        covered=((cells["low"] <= own) & (own <= cells["high"])).where(given),
        covered_all=((cells["low"] <= cells["truth"]) & (cells["truth"] <= cells["high"])).where(given),
        above=(cells["low"] > own).where(given),
        below=(cells["high"] < own).where(given),
        width=cells["high"].astype(float) - cells["low"].astype(float),
        bias=cells["value"].astype(float) - own,
    )
    columns = ["given", "covered", "covered_all", "above", "below", "width", "bias", "label", "truth"]
    means = found[["place", *columns]].astype(dict.fromkeys(columns, float)).groupby("place", sort=False).mean()
    n, studies = found.groupby("place", sort=False)["given"].agg(["sum", "size"]).to_numpy().T
    return means.assign(n=n, refused=1 - means["given"], classes=studies / studies.min())


def outside_goals(table: pd.DataFrame, seeds: int) -> pd.DataFrame:
    """The places that miss the goal of so many seeds and are not labelled; sure: by two Monte-Carlo errors or more."""
    low, high = GOALS[3 if seeds in (3, 4) else 5]
    missed = table[(table["n"] > 0) & ((table["covered"] < low) | (table["covered"] > high))]
    missed = missed[(missed["label"] < 0.5) | (seeds == 1)]
    goal = missed["covered"].clip(low, high)
    error = np.sqrt(goal * (1 - goal) / (missed["n"] / missed["classes"]))
    return missed.assign(sure=(missed["covered"] - goal).abs() > 2 * error)


def by_kind(table: pd.DataFrame) -> pd.DataFrame:
    """Columns side, kind, covered, refused, width; numbers of one class are averaged over the classes."""
    places = pd.Series(table.index, index=table.index)
    parts = places.str.replace("difference.", "difference ", regex=False).str.extract(r"^([^.]+)\.([^: ]+)")
    kinds = table.assign(side=parts[0].str.split(" ").str[0], kind=parts[1])
    kinds.loc[kinds["side"] == "difference", "kind"] = places.str.removeprefix("difference.")
    return kinds.groupby(["side", "kind"], sort=False)[["covered", "refused", "width"]].mean().reset_index()


def shown(covered: float, refused: float) -> str:
    if np.isnan(covered):
        return "none"
    text = f"{covered:.3f}".lstrip("0")
    return text if refused < 0.005 else f"{text} [{refused:.2f}]"


def main() -> None:
    parser = options(__doc__, studies=60, resamples=200)
    parser.add_argument("--worlds", nargs="+", default=list(COVERAGE), choices=list(WORLDS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[5])
    parser.add_argument("--csv", help="every place of every world, as CSV")
    asked = parser.parse_args()
    tables = {}
    for name in asked.worlds:
        for seeds in asked.seeds:
            start = time.perf_counter()
            cells, _, seconds = measure(replace(WORLDS[name], seeds=seeds), asked.studies, asked.resamples)
            even = {share for side in (WORLDS[name].inside, WORLDS[name].outside) for share in side.shares}
            tables[name, seeds] = coverage(alike(cells) if len(even) == 1 else cells)
            took = time.perf_counter() - start
            print(
                f"{name}, {seeds} seeds: a leaderboard takes {1000 * seconds:.0f} ms, all {took:.0f} s", file=sys.stderr
            )
    _print(tables, asked.studies)
    if asked.csv:
        pd.concat(tables, names=["world", "seeds", "place"]).to_csv(asked.csv)


def _print(tables: dict[tuple[str, int], pd.DataFrame], studies: int) -> None:
    """Markdown: a table a side, then the cells that surely miss the goals."""
    print(
        f"{studies} studies a row; the Monte-Carlo standard error of a share of .95 is "
        f"{np.sqrt(0.95 * 0.05 / studies):.3f}. Numbers of one class are averaged over classes; in brackets the share "
        "of studies without an interval, which count on neither side.\n"
    )
    kinds = pd.concat({world: by_kind(table) for world, table in tables.items()}, names=["world", "seeds"])
    for side in SIDES:
        of_side = kinds[kinds["side"] == side].reset_index(["world", "seeds"])
        if len(of_side):
            cells = [shown(*row) for row in of_side[["covered", "refused"]].to_numpy()]
            wide = of_side.assign(cell=cells).pivot(index=["world", "seeds"], columns="kind", values="cell")
            wide = wide[of_side["kind"].unique()].fillna("").reset_index()
            headers = [column.replace("_", " ") for column in wide.columns]
            print(f"**{side}**\n\n{tabulate(wide.to_numpy().tolist(), headers, 'github', disable_numparse=True)}\n")
    missed = pd.concat({key: outside_goals(table, key[1]) for key, table in tables.items()}, names=["world", "seeds"])
    sure = missed[missed["sure"].astype(bool)]
    print(
        f"Cells outside the goals by more than two Monte-Carlo errors: {len(sure)} of {sum(map(len, tables.values()))}."
    )
    columns = ["covered", "n", "bias", "truth"]
    if len(sure):
        lines = [[*key, *row] for key, row in zip(sure.index, sure[columns].round(3).to_numpy().tolist(), strict=True)]
        print("\n" + tabulate(lines, ["world", "seeds", "number", *columns], "github"))


if __name__ == "__main__":
    main()
