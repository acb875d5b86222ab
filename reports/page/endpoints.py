"""What was compared, in words: `Macro F1 at bern` instead of `external.bern.macro_f1`."""

from collections.abc import Sequence
from dataclasses import replace

from reports.statistics.metrics import METRICS
from reports.tables.table import Item, Table
from reports.tables.wording import site_name


def endpoint_in_words(endpoint: str, sites: Sequence[str]) -> str:
    """Of `internal.METRIC`, `external.SITE.METRIC` and `gap.SITE.METRIC`; another text as it is."""
    where, _, name = endpoint.rpartition(".")
    if name not in METRICS:
        return endpoint
    title = METRICS[name].title
    side, _, site = where.partition(".")
    if side == "external" and site in sites:
        return f"{title} at {site_name(site)}"
    if side == "gap" and site in sites:
        return f"{title}, gap to {site_name(site)}"
    return f"{title}, internal" if where == "internal" else endpoint


def in_words(table: Table, sites: Sequence[str]) -> Table:
    """The table with the endpoints of its column `endpoint`, and those that its notes name, in words."""
    place = next((n for n, column in enumerate(table.columns) if column.name == "endpoint"), None)
    if place is None:
        return table
    words = {str(row[place]): endpoint_in_words(str(row[place]), sites) for row in table.rows}

    def told(row: tuple[Item, ...]) -> tuple[Item, ...]:
        return (*row[:place], words[str(row[place])], *row[place + 1 :])

    notes = list(table.notes)
    for endpoint, text in words.items():
        notes = [note.replace(endpoint, text) for note in notes]
    return replace(table, rows=tuple(map(told, table.rows)), notes=tuple(notes))
