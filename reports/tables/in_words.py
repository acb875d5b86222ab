"""Names and numbers as they stand inside a sentence."""

from __future__ import annotations

from collections.abc import Sequence

from reports.draw.notation import number


def listed(names: Sequence[str], most: int = 3) -> str:
    """`a, b and c`, or the first ones and how many more."""
    shown = [*names[:most], *([f"{len(names) - most} more"] if len(names) > most else [])]
    return "".join(shown) if len(shown) < 2 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def points(value: float, low: float | None = None, high: float | None = None) -> str:
    """A share in points of a hundred, `6.6`, or with its interval `6.6 (3.4–41.3)`."""
    bounds = "" if low is None or high is None else f" ({number(100 * low, 1)}–{number(100 * high, 1)})"
    return f"{number(100 * value, 1)}{bounds}"
