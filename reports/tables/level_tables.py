"""Groups and cases side by side: the same runs scored at both levels. Only one level is ranked."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from reports.statistics.comparison import Comparison
from reports.statistics.metrics import METRICS
from reports.tables.all_tables import NAMES, build_tables, headline_names
from reports.tables.leaderboard import Leaderboard
from reports.tables.row import Row, SidedCells
from reports.tables.row_tables import BACKBONE, METRIC, SITE
from reports.tables.table import Column, Item, Table, Term

OF_GROUPS = "group_"
LEVELS, LEVEL_CLASSES, LEVEL_CONFUSION, LEVEL_COMPARISONS = BESIDE = (
    "levels",
    "level_classes",
    "level_confusion",
    "level_comparisons",
)
LEVEL_NAMES = (*(OF_GROUPS + name for name in NAMES), *BESIDE)
UNRANKED = "Cases are not ranked here: ranks, ties and P(best) are of groups."
_SIDES = ("internal", "external", "gap")


Named = tuple[tuple[str, ...], SidedCells]
"""What cells are of besides their row, such as a class, and the cells."""


def levels(groups: Leaderboard, cases: Leaderboard, wanted: Sequence[str] | None = None) -> Table:
    """Each metric of a row at both levels; wanted: only these metrics (None: all)."""
    return _beside(LEVELS, "Groups and cases side by side", (), groups, cases, wanted, lambda row: [((), row.cells)])


def class_levels(groups: Leaderboard, cases: Leaderboard, wanted: Sequence[str] | None = None) -> Table:
    """The same of each class."""
    title, column = "Each class, groups and cases side by side", Column("class", "Class")
    return _beside(
        LEVEL_CLASSES,
        title,
        (column,),
        groups,
        cases,
        wanted,
        lambda row: [((name,), cells) for name, cells in row.per_class.items()],
    )


def confusion_levels(groups: Leaderboard, cases: Leaderboard, wanted: Sequence[str] | None = None) -> Table:
    """The same of the share of two classes' cases taken for the other of the two."""
    title = "Classes taken for each other, groups and cases side by side"
    pair = (Column("class_a", "Class A"), Column("class_b", "Class B"))
    return _beside(LEVEL_CONFUSION, title, pair, groups, cases, wanted, lambda row: list(row.confusion_pairs.items()))


def comparison_levels(groups: Leaderboard, cases: Leaderboard, wanted: Sequence[str] | None = None) -> Table:
    """Each comparison of two rows at both levels."""
    of_cases = {(one.a, one.b, one.endpoint): one for one in cases.comparisons}
    sides = tuple(
        column
        for of in ("groups", "cases")
        for column in (
            Column(f"difference_{of}", f"A − B, {of}", "cell", 3),
            Column(f"p_{of}", f"p, {of}", "p"),
            Column(f"p_holm_{of}", f"p (Holm), {of}", "p"),
        )
    )
    rows: tuple[tuple[Item, ...], ...] = tuple(
        (one.a, one.b, one.endpoint, *_compared(one), *_compared(other))
        for one in groups.comparisons
        if (other := of_cases.get((one.a, one.b, one.endpoint))) and (wanted is None or one.metric.name in wanted)
    )
    columns = (Column("a", "A"), Column("b", "B"), Column("endpoint", "Endpoint"), *sides)
    return Table(LEVEL_COMPARISONS, "Pairwise comparisons, groups and cases side by side", columns, rows, (UNRANKED,))


def _compared(one: Comparison) -> tuple[Item, ...]:
    return one.difference, one.p, one.p_holm


def _beside(
    name: str,
    title: str,
    named: tuple[Column, ...],
    groups: Leaderboard,
    cases: Leaderboard,
    wanted: Sequence[str] | None,
    cells: Callable[[Row], Sequence[Named]],
) -> Table:
    """Cells of each row at both levels; named: columns of what they are of."""
    columns = (
        Column(f"{of}_{side}", f"{side.capitalize()}, {of}", "cell", shown="always" if side == "internal" else "filled")
        for side in _SIDES
        for of in ("groups", "cases")
    )
    by_key = {row.key: row for row in cases.rows}
    rows = tuple(
        line
        for row in groups.rows
        if row.key in by_key
        for (of, group), (_, case) in zip(cells(row), cells(by_key[row.key]), strict=True)
        for line in _lines((row.name, *of), group, case, wanted)
    )
    return Table(name, title, (BACKBONE, *named, SITE, METRIC, *columns), rows, (UNRANKED,))


def _lines(
    of: tuple[str, ...], group: SidedCells, case: SidedCells, wanted: Sequence[str] | None
) -> Iterator[tuple[Item, ...]]:
    for site in (*group.external,) or (None,):
        for name in group.internal if wanted is None else wanted:
            if name in group.internal and name in case.internal:
                inside = (group.internal[name], case.internal[name])
                yield (*of, site, Term.of(METRICS[name]), *inside, *_outside(group, case, site, name))


def _outside(group: SidedCells, case: SidedCells, site: str | None, name: str) -> list[Item]:
    if site is None:
        return [None] * 4
    return [of[site].get(name) for of in (group.external, case.external, group.gap, case.gap)]


def build_level_tables(
    groups: Leaderboard, cases: Leaderboard, metrics: Sequence[str] | None = None, baseline: str | None = None
) -> tuple[Table, ...]:
    """All tables of groups, both levels side by side, and all tables of cases; arguments as those of `build_tables`."""
    of_groups = (
        replace(table, name=OF_GROUPS + table.name, title=f"{table.title} (groups)")
        for table in build_tables(groups, metrics, baseline)
    )
    of_cases = (replace(table, title=f"{table.title} (cases)") for table in build_tables(cases, metrics, baseline))
    beside = (levels, class_levels, confusion_levels, comparison_levels)
    tables = (of_both(groups, cases, metrics) for of_both in beside)
    return (*of_groups, *(table for table in tables if table.rows or table.name == LEVELS), *of_cases)


def headline_levels(groups: Leaderboard, cases: Leaderboard) -> Table:
    """The metrics of the leaderboard at both levels."""
    return levels(groups, cases, headline_names())
