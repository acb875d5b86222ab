"""A table as HTML: sortable, with intervals drawn in the cells."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from markupsafe import Markup, escape

from reports.draw.notation import Notes, plain
from reports.draw.shown import shown
from reports.statistics.cell import Cell
from reports.tables.table import Column, Item, Table, Term
from reports.tables.wording import interval

MOST_ROWS = 500
_WIDTH, _HEIGHT, _EDGE = 88, 12, 4


def table_html(table: Table) -> Markup:
    """A `table` under its caption, and its notes below; of more than 500 rows the first, and how many there are more.

    Headers hold buttons, rows begin with a header of their own. `data-sort` of a field is what it is sorted by: a
    number, a text, or nothing. Scripts of the page do the sorting; without them it is a plain table.
    """
    table, notes = table.for_readers(), Notes()
    scales = _scales(table)
    rows = [_row(row, table.columns, scales, notes) for row in table.rows[:MOST_ROWS]]
    heads = Markup("").join(
        Markup('<th scope="col" class="{}"><button type="button">{}</button></th>').format(one.kind, shown(one.title))
        for one in table.columns
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
        notes=Markup('<ul class="notes">{}</ul>').format(below) if below else "",
    )


@dataclass(frozen=True)
class _Scale:
    """From numbers to pixels of the little drawings of a column."""

    low: float
    high: float

    @classmethod
    def of(cls, numbers: Sequence[float]) -> Self:
        """From the smallest number to the largest."""
        return cls(min(numbers), max(numbers))

    def x(self, value: float) -> float:
        place = (value - self.low) / ((self.high - self.low) or 1.0)
        return round(_EDGE + place * (_WIDTH - 2 * _EDGE), 1)


def _scales(table: Table) -> list[_Scale | None]:
    """Columns without a negative number share a scale, so that they can be compared; the others have their own."""
    found: list[list[float]] = [[] for _ in table.columns]
    for numbers, column, items in zip(found, table.columns, zip(*table.rows, strict=True), strict=False):
        cells = [item for item in items if isinstance(item, Cell)]
        bounds = (number for cell in cells for number in (cell.value, cell.low, cell.high))
        numbers += [number for number in (column.reference, *bounds) if number is not None]
    shared = [number for numbers in found if min(numbers, default=-1.0) >= 0 for number in numbers]
    return [_Scale.of(shared if min(numbers) >= 0 else [*numbers, 0.0]) if numbers else None for numbers in found]


def _row(row: Sequence[Item], columns: Sequence[Column], scales: Sequence[_Scale | None], notes: Notes) -> Markup:
    heading = next((place for place, column in enumerate(columns) if column.kind == "text"), 0)
    fields = [
        _field(item, column, scale, notes, "th" if place == heading else "td")
        for place, (item, column, scale) in enumerate(zip(row, columns, scales, strict=True))
    ]
    return Markup("<tr>{}</tr>").format(Markup("").join(fields))


def _field(item: Item, column: Column, scale: _Scale | None, notes: Notes, tag: str) -> Markup:
    if isinstance(item, Cell):
        content = _with_notes(item, column.digits, notes)
        if scale is not None and item.value is not None:
            content = Markup('<span class="interval">{}{}</span>').format(
                content, _drawn(item, scale, column.reference)
            )
    else:
        content = escape(plain(item, column))
    scope = Markup(' scope="row"') if tag == "th" else ""
    return Markup('<{tag}{scope} class="{kind}" data-sort="{key}">{content}</{tag}>').format(
        tag=Markup(tag), scope=scope, kind=column.kind, key=_key(item), content=content
    )


def _key(item: Item) -> str:
    if isinstance(item, Cell):
        item = item.value
    if item is None:
        return ""
    if isinstance(item, bool):
        return str(int(item))
    return shown(item.title if isinstance(item, Term) else str(item))


def _drawn(cell: Cell, scale: _Scale, reference: float | None) -> Markup:
    """The interval as a line and the value as a dot, above ticks at the reference and, where the scale passes it, 0."""
    assert cell.value is not None
    middle = _HEIGHT // 2
    zero = (
        Markup('<path class="zero" d="M{} 1V{}"/>').format(scale.x(0.0), _HEIGHT - 1)
        if scale.low < 0 < scale.high
        else ""
    )
    dashes = (
        Markup('<path class="reference" d="M{} 0V{}"/>').format(scale.x(reference), _HEIGHT)
        if reference is not None
        else ""
    )
    line = ""
    if cell.low is not None and cell.high is not None:
        line = Markup('<path d="M{} {}H{}"/>').format(scale.x(cell.low), middle, scale.x(cell.high))
    return Markup(
        '<svg width="{w}" height="{h}" viewBox="0 0 {w} {h}" aria-hidden="true">{zero}{dashes}{line}'
        '<circle cx="{x}" cy="{m}" r="3"/></svg>'
    ).format(w=_WIDTH, h=_HEIGHT, zero=zero, dashes=dashes, line=line, x=scale.x(cell.value), m=middle)


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
