"""Intervals drawn in the cells of HTML tables, on scales that fill the cell and are labelled in the header."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from markupsafe import Markup

from reports.statistics.cell import Cell
from reports.tables.table import Table
from reports.tables.wording import number

_HEIGHT, _EDGE = 12, 3.0
_STEPS = 6
"""So many steps at most between the numbers of a scale, of 1, 2 or 5 times a power of ten."""
_DIFFERENCE = " difference"
_DIFFERENCES = ("gap", "difference", "appearance", "prevalence")
"""How the names of columns of differences begin."""


@dataclass(frozen=True)
class Scale:
    """From numbers to per cent of a cell's width. Both ends are round numbers."""

    low: float
    high: float
    digits: int

    @classmethod
    def of(cls, numbers: Sequence[float]) -> Self:
        """From below the smallest number to above the largest."""
        low, high = min(numbers), max(numbers)
        raw = ((high - low) or abs(high) or 1.0) / _STEPS
        power = 10.0 ** math.floor(math.log10(raw))
        step = next(power * one for one in (1, 2, 5, 10) if power * one >= raw * 0.999)
        ends = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
        if ends[0] == ends[1]:
            ends = ends[0] - step, ends[1] + step
        return cls(*ends, max(0, -math.floor(math.log10(step))))

    def x(self, value: float) -> str:
        place = (value - self.low) / (self.high - self.low)
        return f"{_EDGE + place * (100 - 2 * _EDGE):.1f}%"


def scales_of(table: Table) -> list[Scale | None]:
    """None where a column has no cells, or none that are drawn.

    Columns share a scale, so that they can be compared: those of differences one with 0 on it, the others one; but one
    of these that has negative numbers stands alone.
    """
    found: list[list[float]] = [[] for _ in table.columns]
    for numbers, column, items in zip(found, table.columns, zip(*table.rows, strict=True), strict=False):
        cells = [item for item in items if isinstance(item, Cell) and column.drawn]
        bounds = (number for cell in cells for number in (cell.value, cell.low, cell.high))
        numbers += [number for number in ((column.reference, *bounds) if column.drawn else ()) if number is not None]
    kinds = [_kind(column.name, numbers) for column, numbers in zip(table.columns, found, strict=True)]
    together: dict[str, list[float]] = {}
    for kind, numbers in zip(kinds, found, strict=True):
        if numbers:
            together.setdefault(kind, [0.0] if kind == _DIFFERENCE else []).extend(numbers)
    return [Scale.of(together[kind]) if numbers else None for kind, numbers in zip(kinds, found, strict=True)]


def _kind(name: str, numbers: Sequence[float]) -> str:
    if name.partition("_")[0] in _DIFFERENCES:
        return _DIFFERENCE
    return name if min(numbers, default=0.0) < 0 else "value"


def axis(scale: Scale) -> Markup:
    """The ends of a scale and, where they are as round, its middle or the 0 that it passes."""
    middle = 0.0 if scale.low < 0 < scale.high else (scale.low + scale.high) / 2
    place = (middle - scale.low) / (scale.high - scale.low)
    is_round = abs(round(middle, scale.digits) - middle) < 1e-9 and 0.25 < place < 0.75
    marks = [(scale.low, "start"), *([(middle, "middle")] if is_round else []), (scale.high, "end")]
    texts = Markup("").join(
        Markup('<text x="{}" y="9" text-anchor="{}">{}</text>').format(
            scale.x(value), anchor, number(value, scale.digits)
        )
        for value, anchor in marks
    )
    ticks = Markup("").join(
        Markup('<line x1="{x}" x2="{x}" y1="11" y2="14"/>').format(x=scale.x(value)) for value, _ in marks
    )
    line = Markup('<line x1="{}" x2="{}" y1="14" y2="14"/>').format(scale.x(scale.low), scale.x(scale.high))
    return Markup('<svg class="axis" width="100%" height="15" aria-hidden="true">{}{}{}</svg>').format(
        texts, ticks, line
    )


def drawn_interval(cell: Cell, scale: Scale, reference: float | None) -> Markup:
    """The interval as a line and the value as a dot, above ticks at the reference and, where the scale passes it, 0."""
    assert cell.value is not None
    parts = []
    if scale.low < 0 < scale.high:
        parts.append(_upright("zero", scale.x(0.0)))
    if reference is not None:
        parts.append(_upright("reference", scale.x(reference)))
    middle = _HEIGHT // 2
    if cell.low is not None and cell.high is not None:
        parts.append(
            Markup('<line x1="{}" x2="{}" y1="{m}" y2="{m}"/>').format(scale.x(cell.low), scale.x(cell.high), m=middle)
        )
    parts.append(Markup('<circle cx="{}" cy="{}" r="3.5"/>').format(scale.x(cell.value), middle))
    return Markup('<svg width="100%" height="{}" aria-hidden="true">{}</svg>').format(_HEIGHT, Markup("").join(parts))


def _upright(name: str, x: str) -> Markup:
    return Markup('<line class="{}" x1="{x}" x2="{x}" y1="0" y2="{}"/>').format(name, _HEIGHT, x=x)
