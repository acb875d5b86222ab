"""How numbers are written for readers, in Markdown and LaTeX alike."""

from __future__ import annotations

from reports.tables.cell import FEW_CLUSTERS, FEW_CLUSTERS_OF_A_CLASS, Cell
from reports.tables.table import Column, Item, Term

RESEARCH_ONLY = "Research use only, never for diagnosis."
NONE = "–"
MARK_MEANINGS = {
    "†": f"few clusters: fewer than {FEW_CLUSTERS} on a side or {FEW_CLUSTERS_OF_A_CLASS} of a class (for a number of "
    f"one class: fewer than {FEW_CLUSTERS} of it); jackknife t interval",
    "‡": "exact (Clopper–Pearson) bounds over clusters",
}


def mark(cell: Cell) -> str:
    """† for few clusters, ‡ for exact bounds, else nothing."""
    if cell.few_clusters:
        return "†"
    return "‡" if cell.method == "clopper-pearson" else ""


def number(value: float | None, digits: int) -> str:
    """`0.61`, with a true minus sign and no negative zero; a dash for None."""
    if value is None:
        return NONE
    rounded = round(value, digits) + 0.0
    return f"{rounded:.{digits}f}".replace("-", "−")


def p_value(p: float | None) -> str:
    """`.012`, or `<.001`; a dash for None."""
    if p is None:
        return NONE
    return "<.001" if p < 0.001 else f"{p:.3f}".removeprefix("0")


def interval(cell: Cell, digits: int) -> str:
    """`0.61 (0.57–0.65)`, or `−0.01 (−0.04 to 0.02)`; without the mark of its method."""
    text = number(cell.value, digits)
    if cell.low is None or cell.high is None:
        return text
    low, high = number(cell.low, digits), number(cell.high, digits)
    return f"{text} ({low} to {high})" if low.startswith("−") else f"{text} ({low}–{high})"


def plain(item: Item, column: Column) -> str:
    """An item that is no cell, as readers see it."""
    if item is None:
        return NONE
    if isinstance(item, bool):
        yes, no = (column.title, "") if column.kind == "flag" else ("yes", "no")
        return yes if item else no
    if isinstance(item, Term):
        return item.title
    if isinstance(item, float) or (isinstance(item, int) and column.unit != 1):
        return p_value(item) if column.kind == "p" else number(item / column.unit, column.digits)
    return str(item)
