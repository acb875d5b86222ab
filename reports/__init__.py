"""Predictions → statistics → tables, charts and pages. Pure functions on data frames, without torch.

`build_leaderboard` makes a `Leaderboard` of what `Entry`s predicted; a `Metric` says all that is asked of a metric.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__all__ = ["Entry", "Leaderboard", "Metric", "build_leaderboard"]

if TYPE_CHECKING:
    from reports.statistics.metrics.metric import Metric
    from reports.tables.build_leaderboard import build_leaderboard
    from reports.tables.leaderboard import Leaderboard
    from reports.tables.row import Entry
else:
    _HOMES = {
        "Entry": "reports.tables.row",
        "Leaderboard": "reports.tables.leaderboard",
        "Metric": "reports.statistics.metrics.metric",
        "build_leaderboard": "reports.tables.build_leaderboard",
    }

    def __getattr__(name: str) -> Any:
        """`import reports` takes no time: what it offers is imported when it is first named."""
        if name not in _HOMES:
            raise AttributeError(f"module 'reports' has no attribute {name!r}")
        return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
