"""Tables of a leaderboard as tests read them."""

from reports import Leaderboard
from reports.tables.all_tables import build_tables
from reports.tables.table import Item, Table, Term


def lines(table: Table, **wanted: object) -> list[dict[str, Item]]:
    """Rows as dictionaries, terms by their names, that have these items."""
    names = [column.name for column in table.columns]
    rows = [
        {name: item.name if isinstance(item, Term) else item for name, item in zip(names, row, strict=True)}
        for row in table.rows
    ]
    return [row for row in rows if all(row[name] == item for name, item in wanted.items())]


def by_name(board: Leaderboard, **options: object) -> dict[str, Table]:
    return {table.name: table for table in build_tables(board, **options)}
