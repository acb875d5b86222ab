"""Predictions → statistics → tables, charts and pages. Pure functions on data frames, without torch.

`build_leaderboard` makes a `Leaderboard` of what `Entry`s predicted; a `Metric` says all that is asked of a metric.
"""

from typing import TYPE_CHECKING, Any

__all__ = ["Entry", "Leaderboard", "build_leaderboard"]

if TYPE_CHECKING:
    from reports.tables.leaderboard import Leaderboard, build_leaderboard
    from reports.tables.row import Entry
else:

    def __getattr__(name: str) -> Any:
        """`import reports` takes no time: what it offers is imported when it is first named."""
        if name in ("Leaderboard", "build_leaderboard"):
            from reports.tables import leaderboard

            return getattr(leaderboard, name)
        if name == "Entry":
            from reports.tables.row import Entry

            return Entry
        raise AttributeError(f"module 'reports' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
