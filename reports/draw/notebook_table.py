"""A table as HTML for notebooks: in the colours around it, light or dark, without scripts."""

from markupsafe import Markup, escape

from reports.draw.notation import RESEARCH_ONLY, Notes, plain
from reports.draw.shown import shown
from reports.statistics.cell import Cell
from reports.tables.table import Column, Item, Table
from reports.tables.wording import interval

MOST_ROWS = 200
STYLE = Markup(
    "<style>.gapbench{overflow-x:auto}.gapbench table{border-collapse:collapse;color:inherit;background:transparent}"
    ".gapbench caption{text-align:left;font-weight:bold;color:inherit;padding:.3em 0}"
    ".gapbench th,.gapbench td{padding:.25em .7em;text-align:left;border-bottom:1px solid rgba(128,128,128,.4)}"
    ".gapbench .number,.gapbench .p{text-align:right}.gapbench p{margin:.3em 0;font-size:90%;opacity:.85}</style>"
)


def notebook_html(table: Table) -> Markup:
    """The table under its title, its notes below; of many rows the first, and how many there are more."""
    table, notes = table.for_readers(), Notes()
    rows = [_row(row, table.columns, notes) for row in table.rows[:MOST_ROWS]]
    heads = Markup("").join(
        Markup('<th scope="col" class="{}">{}</th>').format(one.kind, shown(one.title)) for one in table.columns
    )
    left = len(table.rows) - MOST_ROWS
    below = [
        *(f"{sign} {meaning}." for sign, meaning in notes.marks()),
        *(f"[{number}] {reason}." for number, reason in notes.reasons()),
        *table.notes,
        *([f"{left} more rows are left out here."] if left > 0 else []),
        RESEARCH_ONLY,
    ]
    return Markup(
        '{}<div class="gapbench"><table><caption>{}</caption>'
        "<thead><tr>{}</tr></thead><tbody>{}</tbody></table>{}</div>"
    ).format(
        STYLE,
        shown(table.title),
        heads,
        Markup("").join(rows),
        Markup("").join(Markup("<p>{}</p>").format(shown(line)) for line in below),
    )


def _row(row: tuple[Item, ...], columns: tuple[Column, ...], notes: Notes) -> Markup:
    fields = (
        Markup('<td class="{}">{}</td>').format(column.kind, _written(item, column, notes))
        for item, column in zip(row, columns, strict=True)
    )
    return Markup("<tr>{}</tr>").format(Markup("").join(fields))


def _written(item: Item, column: Column, notes: Notes) -> Markup:
    if not isinstance(item, Cell):
        return escape(plain(item, column))
    reason = f"[{notes.number(item.reason)}]" if item.reason else ""
    return Markup("{}{}{}").format(
        interval(item, column.digits), notes.mark(item), Markup("<sup>{}</sup>").format(reason) if reason else ""
    )
