"""The tables of subgroups: each level with its difference to the rest, and the tests over levels."""

from collections.abc import Iterator, Mapping, Sequence

from reports.statistics.cases import INTERNAL
from reports.statistics.metrics import METRICS
from reports.tables.leaderboard import Leaderboard
from reports.tables.row_tables import BACKBONE, METRIC, SITE
from reports.tables.subgroups import OverLevels, Subgroup
from reports.tables.table import Column, Item, Table, Term
from reports.tables.wording import listed

SUBGROUP = Column("subgroup", "Subgroup")
_ABOUT_LEVELS = (
    "Each internal case is predicted by the model that did not see it, each case of another site by all fold models; "
    "intervals are jackknife t. To the rest: the level minus all cases of the other levels at the same site. A "
    "difference may come from what else differs between levels, such as the mix of classes.",
)
_ABOUT_TESTS = (
    "p: that the number is the same at all levels that enter (Welch's test, with the jackknife's variances); Holm: "
    "adjusted over the subgroups of a backbone at a site. A large p does not show that levels are alike.",
)


def each_level(leaderboard: Leaderboard, wanted: Sequence[str]) -> Table:
    """These metrics at each level, and how they differ from the rest."""
    columns = (
        *(BACKBONE, SITE, SUBGROUP, Column("level", "Level"), Column("cases", "Cases", "number", 0)),
        *(Column("clusters", "Patients", "number", 0), METRIC),
        *(Column("value", "Value", "cell"), Column("difference", "To the rest", "cell")),
    )
    rows: tuple[tuple[Item, ...], ...] = tuple(
        (name, site, subgroup, level, *of_row.counts[level], Term.of(METRICS[metric]), cell, one.differences[level])
        for name, site, subgroup, of_row, metric, one in _of_metrics(leaderboard, wanted)
        for level, cell in one.values.items()
    )
    return Table("subgroups", "Each subgroup", columns, rows, _ABOUT_LEVELS)


def tests(leaderboard: Leaderboard, wanted: Sequence[str]) -> Table:
    """Whether levels differ, by row, subgroup and metric."""
    columns = (
        *(BACKBONE, SITE, SUBGROUP, METRIC, Column("levels", "Levels", "number", 0)),
        *(
            Column("f", "F", "number", 2),
            Column("df", "df", "number", 0),
            Column("df_within", "df within", "number", 1),
        ),
        *(Column("p", "p", "p"), Column("p_holm", "p (Holm)", "p")),
        *(Column("without", "Cases of no level", "number", 0), Column("left_out", "Left out", shown="filled")),
    )
    rows: tuple[tuple[Item, ...], ...] = tuple(
        (name, site, subgroup, Term.of(METRICS[metric]), *_tested(one), of_row.without, _left_out(one))
        for name, site, subgroup, of_row, metric, one in _of_metrics(leaderboard, wanted)
    )
    return Table("subgroup_tests", "Whether subgroups differ", columns, rows, _ABOUT_TESTS)


def _of_metrics(
    leaderboard: Leaderboard, wanted: Sequence[str]
) -> Iterator[tuple[str, str | None, str, Subgroup, str, OverLevels]]:
    for name, site, of_side in _sides(leaderboard):
        for subgroup, one in of_side.items():
            for metric in wanted:
                if metric in one.metrics:
                    yield name, site, subgroup, one, metric, one.metrics[metric]


def _sides(leaderboard: Leaderboard) -> Iterator[tuple[str, str | None, Mapping[str, Subgroup]]]:
    """Internal cases, then sites; without sites there is nothing to tell apart."""
    for name, of_row in leaderboard.subgroups.items():
        yield name, INTERNAL if leaderboard.external_subgroups else None, of_row
        yield from ((name, *of_site) for of_site in leaderboard.external_subgroups.get(name, {}).items())


def _tested(one: OverLevels) -> tuple[Item, ...]:
    test = one.test
    if test is None:
        return (len(one.values) - len(one.left_out), None, None, None, None, None)
    return (len(test.levels), test.f, test.df, test.df_within, test.p, one.p_holm)


def _left_out(one: OverLevels) -> str | None:
    return listed(list(one.left_out.values()), len(one.left_out)) or None
