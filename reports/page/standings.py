"""The leaderboard as one table: ranks, and the primary metric internally, at each site and between both."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from reports.statistics.cell import Cell
from reports.statistics.metrics import primary
from reports.tables import row_tables
from reports.tables.claims import caveats_in_words, mixed_weights
from reports.tables.leaderboard import Leaderboard
from reports.tables.table import Column, Item, Table

METRIC = primary()
MOST_SITES = 3
_LAST = ("weights", "recipe")
Placed = TypeVar("Placed")


def page_standings(leaderboard: Leaderboard) -> Table:
    """`row_tables.standings` with a value and a gap for each of the first three sites.

    Weights and recipe stand after the numbers, which a narrow screen shows first; what limits rows is in the notes. A
    row is called by its name, so that none of several of the same backbone looks like another.
    """
    table, sites = row_tables.standings(leaderboard, (METRIC.name,)), leaderboard.sites[:MOST_SITES]
    of_sites = [
        column
        for site in sites
        for column in (
            Column("external", f"{METRIC.title}, {site}", "cell", reference=leaderboard.chance[site].get(METRIC.name)),
            Column("gap", f"Gap to {site}", "cell"),
        )
    ]
    names = [column.name for column in table.columns]
    places = sorted(range(len(names)), key=lambda place: names[place] in _LAST)
    name, backbone = names.index("name"), names.index("backbone")
    after = 1 + places.index(names.index(f"internal_{METRIC.name}"))

    def placed(items: Sequence[Placed], at_sites: Sequence[Placed]) -> tuple[Placed, ...]:
        own = [items[place] for place in places]
        return (*own[:after], *at_sites, *own[after:])

    mixed = mixed_weights(leaderboard.rows)
    dashed = "The dashed line in a drawing is what guessing would reach there."
    return Table(
        table.name,
        f"Leaderboard by internal {METRIC.in_sentence}",
        placed(table.columns, of_sites),
        tuple(
            placed((*line[:backbone], line[name], *line[backbone + 1 :]), there)
            for line, there in zip(table.rows, _at_sites(leaderboard, sites), strict=True)
        ),
        (
            *([f"{mixed}."] if mixed else []),
            *table.notes,
            *([dashed] if leaderboard.rows else []),
            *caveats_in_words(leaderboard),
            *leaderboard.notes,
        ),
    )


def _at_sites(leaderboard: Leaderboard, sites: Sequence[str]) -> Iterator[list[Item]]:
    """Values and gaps at these sites, of each row and then of guessing."""
    name = METRIC.name
    for row in leaderboard.rows:
        found: list[Item] = []
        for site in sites:
            found += [row.cells.external[site][name], row.cells.gap[site][name]] if site in row.sites else [None, None]
        yield found
    if leaderboard.rows:
        yield [item for site in sites for item in (Cell(leaderboard.chance[site][name]), None)]
