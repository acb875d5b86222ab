"""What all formats share: marks of intervals and their meaning, and items of tables as readers see them."""

from reports.draw.shown import shown
from reports.statistics.cell import FEW_CLUSTERS, FEW_CLUSTERS_OF_A_CLASS, Cell
from reports.tables.table import Column, Item, Term
from reports.tables.wording import NONE, number, p_value

RESEARCH_ONLY = "Research use only, never for diagnosis."
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


def plain(item: Item, column: Column) -> str:
    """An item that is no cell, as readers see it."""
    if item is None:
        return NONE
    if isinstance(item, bool):
        yes, no = (column.title, "") if column.kind == "flag" else ("yes", "no")
        return yes if item else no
    if isinstance(item, Term):
        return shown(item.title)
    if isinstance(item, float) or (isinstance(item, int) and column.unit != 1):
        return p_value(item) if column.kind == "p" else number(item / column.unit, column.digits)
    return shown(str(item))


class Notes:
    """What the marks and reasons of the cells written so far mean, to be said below their table."""

    def __init__(self) -> None:
        self._marks: dict[str, None] = {}
        self._reasons: dict[str, int] = {}

    def mark(self, cell: Cell) -> str:
        """The mark of a cell, or nothing."""
        sign = mark(cell)
        if sign:
            self._marks[sign] = None
        return sign

    def number(self, reason: str) -> int:
        """The number under which a reason is listed, from 1."""
        return self._reasons.setdefault(reason, len(self._reasons) + 1)

    def marks(self) -> list[tuple[str, str]]:
        """The marks used, each before its meaning."""
        return [(sign, MARK_MEANINGS[sign]) for sign in self._marks]

    def reasons(self) -> list[tuple[int, str]]:
        """The reasons used, each after its number."""
        return [(number, reason) for reason, number in self._reasons.items()]
