"""A table as HTML: sortable, with intervals drawn in the cells."""

from collections.abc import Sequence

from markupsafe import Markup, escape

from reports.draw.intervals_html import Scale, axis, drawn_interval, scales_of
from reports.draw.notation import Notes, plain
from reports.draw.shown import shown
from reports.statistics.cell import Cell
from reports.tables.table import Column, Item, Table, Term
from reports.tables.wording import interval

MOST_ROWS = 500


def table_html(table: Table) -> Markup:
    """A `table` under its caption, and its notes below; of more than 500 rows the first, and how many there are more.

    Headers hold buttons and the scales of what is drawn below them, rows begin with a header of their own. `data-sort`
    of a field is what it is sorted by: a number, a text, or nothing; `data-label` is the title of its column, for
    screens too narrow for columns. Scripts of the page do the sorting; without them it is a plain table.
    """
    table, notes = table.for_readers(), Notes()
    scales = scales_of(table)
    rows = [_row(row, table.columns, scales, notes) for row in table.rows[:MOST_ROWS]]
    heads = Markup("").join(
        Markup('<th scope="col" class="{}"><button type="button">{}</button>{}</th>').format(
            one.kind, shown(one.title), axis(scale) if scale else ""
        )
        for one, scale in zip(table.columns, scales, strict=True)
    )
    left = len(table.rows) - MOST_ROWS
    more = [f"{left} more rows are in tables/{table.name}.csv (bench report --format csv)."] if left > 0 else []
    below = Markup("").join(Markup("<li>{}</li>").format(shown(note)) for note in (*_below(notes), *table.notes, *more))
    return Markup(
        '<div class="table" data-table="{name}"><div class="scroll" role="region" aria-label="{title}" tabindex="0">'
        "<table><caption>{title}</caption><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>{notes}</div>"
    ).format(
        name=table.name,
        title=shown(table.title),
        heads=heads,
        rows=Markup("").join(rows),
        notes=_about(below) if below else "",
    )


def _about(lines: Markup) -> Markup:
    return Markup(
        '<details class="about"><summary>Notes to this table</summary><ul class="notes">{}</ul></details>'
    ).format(lines)


def _row(row: Sequence[Item], columns: Sequence[Column], scales: Sequence[Scale | None], notes: Notes) -> Markup:
    heading = next((place for place, column in enumerate(columns) if column.kind == "text"), 0)
    fields = [
        _field(item, column, scale, notes, "th" if place == heading else "td")
        for place, (item, column, scale) in enumerate(zip(row, columns, scales, strict=True))
    ]
    return Markup("<tr>{}</tr>").format(Markup("").join(fields))


def _field(item: Item, column: Column, scale: Scale | None, notes: Notes, tag: str) -> Markup:
    if isinstance(item, Cell):
        content = _with_notes(item, column.digits, notes)
        if scale is not None and item.value is not None:
            content = Markup('<span class="interval">{}{}</span>').format(
                content, drawn_interval(item, scale, column.reference)
            )
    else:
        content = escape(plain(item, column))
    scope = Markup(' scope="row"') if tag == "th" else ""
    return Markup('<{tag}{scope} class="{kind}" data-sort="{key}" data-label="{label}">{content}</{tag}>').format(
        tag=Markup(tag), scope=scope, kind=column.kind, key=_key(item), label=shown(column.title), content=content
    )


def _key(item: Item) -> str:
    if isinstance(item, Cell):
        item = item.value
    if item is None:
        return ""
    if isinstance(item, bool):
        return str(int(item))
    return shown(item.title if isinstance(item, Term) else str(item))


def _with_notes(cell: Cell, digits: int, notes: Notes) -> Markup:
    """The number with its interval, its mark, and the number of its reason."""
    note = Markup("")
    if cell.reason:
        note = Markup('<sup title="{}">[{}]</sup>').format(shown(cell.reason), notes.number(cell.reason))
    return Markup("<span>{}{}{}</span>").format(interval(cell, digits), notes.mark(cell), note)


def _below(notes: Notes) -> list[str]:
    """A line for each mark and reason used."""
    marks = [f"{sign} {meaning}." for sign, meaning in notes.marks()]
    return marks + [f"[{number}] {reason}." for number, reason in notes.reasons()]
