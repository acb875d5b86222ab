"""Numbers and names as readers see them, in tables and sentences alike."""

from collections.abc import Sequence

from reports.statistics.cell import Cell

NONE = "–"


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


def points(cell: Cell) -> str:
    """A share in points of a hundred with its interval, `6.6 (3.4–41.3)`."""
    value, low, high = (number(None if one is None else 100 * one, 1) for one in (cell.value, cell.low, cell.high))
    return f"{value} ({low}–{high})"


def listed(names: Sequence[str], most: int = 3) -> str:
    """`a, b and c`, or the first ones and how many more."""
    shown = [*names[:most], *([f"{len(names) - most} more"] if len(names) > most else [])]
    return "".join(shown) if len(shown) < 2 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def site_name(site: str) -> str:
    """A site inside a sentence; that of a tree with a single folder `external` has no name of its own."""
    return "the external site" if site == "external" else site
