"""Shares in cases of a hundred: right in 72 of 100, 9 fewer than here."""

from reports.statistics.cell import Cell


def of_hundred(share: float) -> str:
    """`72`; where it would else be called all or none, `under 1` or `over 99`."""
    rounded = round(100 * share)
    if rounded == 0 and share > 0:
        return "under 1"
    return "over 99" if rounded == 100 and share < 1 else str(rounded)


def range_of_hundred(low: float, high: float) -> str:
    """`68 to 75`."""
    return f"{of_hundred(low)} to {of_hundred(high)}"


def right_of_hundred(cell: Cell, unit: str) -> str:
    """`right in 72 of 100 cases (68 to 75)`."""
    if cell.value is None:
        return "right in an unknown share of cases"
    ends = "" if cell.low is None or cell.high is None else f" ({range_of_hundred(cell.low, cell.high)})"
    return f"right in {of_hundred(cell.value)} of 100 {unit}{ends}"


def fewer_than_here(gap: Cell, of_rounded: float | None = None) -> str:
    """`: 9 fewer than here (1 to 18 fewer)`; of_rounded: the gap of the shares as a reader sees them, who subtracts."""
    if gap.value is None:
        return "; how that compares is not known"
    seen = gap.value if of_rounded is None else of_rounded
    one = f": {_more_or_fewer(seen)} than here" if round(100 * seen) else ": about as many as here"
    if gap.low is None or gap.high is None:
        return one
    chance = ", which may be chance" if gap.low <= 0 <= gap.high else ""
    return f"{one}{chance} ({_ends(gap.low, gap.high)})"


def _ends(low: float, high: float) -> str:
    """`1 to 18 fewer`, `2 more to 9 fewer`."""
    fewest, most = round(100 * low), round(100 * high)
    if fewest < 0 < most:
        return f"{-fewest} more to {most} fewer"
    return f"{fewest} to {most} fewer" if most > 0 else f"{-most} to {-fewest} more"


def _more_or_fewer(gap: float) -> str:
    return f"{of_hundred(abs(gap))} {'fewer' if gap >= 0 else 'more'}"
