"""The leaderboard as one table: ranks, and the primary metric internally, at each site and between both."""

from collections.abc import Iterator

from reports.statistics.cell import Cell
from reports.statistics.metrics import primary
from reports.tables import row_tables
from reports.tables.claims import caveats_in_words, mixed_weights
from reports.tables.leaderboard import Leaderboard
from reports.tables.table import Column, Item, Table

METRIC = primary()
MOST_SITES = 3
_LAST = ("weights", "recipe")


def page_standings(leaderboard: Leaderboard) -> Table:
    """`row_tables.standings` with a value and a gap for each of the first three sites.

    Weights and recipe stand after the numbers, which a narrow screen shows first; what limits rows is in the notes.
    """
    table = row_tables.standings(leaderboard, (METRIC.name,))
    sites = list(dict.fromkeys(site for row in leaderboard.rows for site in row.sites))[:MOST_SITES]
    of_sites = tuple(
        column
        for site in sites
        for column in (
            Column("external", f"{METRIC.title}, {site}", "cell", reference=leaderboard.chance[site].get(METRIC.name)),
            Column("gap", f"Gap to {site}", "cell"),
        )
    )
    places = [place for place, column in enumerate(table.columns) if column.name not in _LAST]
    after = 1 + next(n for n, place in enumerate(places) if table.columns[place].name == f"internal_{METRIC.name}")
    last = [place for place, column in enumerate(table.columns) if column.name in _LAST]

    def placed(items: tuple[Item, ...], external: list[Item]) -> tuple[Item, ...]:
        kept = [items[place] for place in places]
        return (*kept[:after], *external, *kept[after:], *(items[place] for place in last))

    columns = [table.columns[place] for place in places]
    return Table(
        table.name,
        f"Leaderboard by internal {METRIC.in_sentence}",
        (*columns[:after], *of_sites, *columns[after:], *(table.columns[place] for place in last)),
        tuple(placed(line, there) for line, there in zip(table.rows, _external(leaderboard, sites), strict=True)),
        (
            *_weights(leaderboard),
            *table.notes,
            *_lines(leaderboard),
            *caveats_in_words(leaderboard),
            *leaderboard.notes,
        ),
    )


def _external(leaderboard: Leaderboard, sites: list[str]) -> Iterator[list[Item]]:
    """Values and gaps at these sites, of each row and then of guessing."""
    for row in leaderboard.rows:
        found: list[Item] = []
        for site in sites:
            there = site in row.sites
            found += (
                [row.cells.external[site][METRIC.name], row.cells.gap[site][METRIC.name]] if there else [None, None]
            )
        yield found
    if leaderboard.rows:
        yield [item for site in sites for item in (Cell(leaderboard.chance[site][METRIC.name]), None)]


def _lines(leaderboard: Leaderboard) -> tuple[str, ...]:
    return ("The dashed line in a drawing is what guessing would reach there.",) if leaderboard.rows else ()


def _weights(leaderboard: Leaderboard) -> tuple[str, ...]:
    mixed = mixed_weights(leaderboard.rows)
    return (f"{mixed}.",) if mixed else ()
