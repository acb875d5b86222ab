"""Groups and cases side by side: the same runs scored at both levels. Only one level is ranked."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from reports.statistics.metrics import METRICS
from reports.tables.all_tables import NAMES, build_tables, headline_names
from reports.tables.leaderboard import Leaderboard
from reports.tables.row import Row
from reports.tables.row_tables import BACKBONE, METRIC, SITE
from reports.tables.table import Column, Item, Table, Term

OF_GROUPS = "group_"
LEVELS = "levels"
LEVEL_NAMES = (*(OF_GROUPS + name for name in NAMES), LEVELS)
UNRANKED = "Cases are not ranked here: ranks, ties and P(best) are of groups."
_SIDES = ("internal", "external", "gap")


def levels(groups: Leaderboard, cases: Leaderboard, wanted: Sequence[str] | None = None) -> Table:
    """Each metric of a row at both levels; wanted: only these metrics (None: all)."""
    columns = (
        Column(f"{of}_{side}", f"{side.capitalize()}, {of}", "cell", shown="always" if side == "internal" else "filled")
        for side in _SIDES
        for of in ("groups", "cases")
    )
    by_key = {row.key: row for row in cases.rows}
    return Table(
        LEVELS,
        "Groups and cases side by side",
        (BACKBONE, SITE, METRIC, *columns),
        tuple(line for row in groups.rows if row.key in by_key for line in _lines(row, by_key[row.key], wanted)),
        (UNRANKED,),
    )


def _lines(group: Row, case: Row, wanted: Sequence[str] | None) -> Iterator[tuple[Item, ...]]:
    for site in group.sites or (None,):
        for name in group.cells.internal if wanted is None else wanted:
            if name in group.cells.internal and name in case.cells.internal:
                inside = (group.cells.internal[name], case.cells.internal[name])
                yield (group.name, site, Term.of(METRICS[name]), *inside, *_outside(group, case, site, name))


def _outside(group: Row, case: Row, site: str | None, name: str) -> list[Item]:
    if site is None:
        return [None] * 4
    sides = (group.cells.external, case.cells.external, group.cells.gap, case.cells.gap)
    return [of[site].get(name) for of in sides]


def build_level_tables(
    groups: Leaderboard, cases: Leaderboard, metrics: Sequence[str] | None = None, baseline: str | None = None
) -> tuple[Table, ...]:
    """All tables of groups, both levels side by side, and all tables of cases; arguments as those of `build_tables`."""
    of_groups = (
        replace(table, name=OF_GROUPS + table.name, title=f"{table.title} (groups)")
        for table in build_tables(groups, metrics, baseline)
    )
    of_cases = (replace(table, title=f"{table.title} (cases)") for table in build_tables(cases, metrics, baseline))
    return (*of_groups, levels(groups, cases, metrics), *of_cases)


def headline_levels(groups: Leaderboard, cases: Leaderboard) -> Table:
    """The metrics of the leaderboard at both levels."""
    return levels(groups, cases, headline_names())
