"""What limits the rows of a leaderboard: their stamps, and few seeds."""

from __future__ import annotations

from reports.leaderboard import Leaderboard
from reports.row import Row

RECOMMENDED_SEEDS = 5
UNKNOWN_FOLDS = "one prediction a case and seed, made in folds that are not known"
"""The stamp of a row whose one fold stands for any number."""


def caveats_of(row: Row) -> tuple[str, ...]:
    """The stamps of a row, and whether it has few seeds."""
    return (*row.stamps, *([f"fewer than {RECOMMENDED_SEEDS} seeds"] if len(row.seeds) < RECOMMENDED_SEEDS else []))


def few_seeds(leaderboard: Leaderboard) -> tuple[str, ...]:
    """The warning where a row has few seeds."""
    if all(len(row.seeds) >= RECOMMENDED_SEEDS for row in leaderboard.rows):
        return ()
    return (f"Fewer than {RECOMMENDED_SEEDS} seeds: intervals may be too narrow where seeds matter.",)


def caveats(leaderboard: Leaderboard) -> tuple[str, ...]:
    """What to say below each table: every stamp with the rows that carry it, and the warning of few seeds."""
    carriers: dict[str, list[str]] = {}
    for row in leaderboard.rows:
        for stamp in row.stamps:
            carriers.setdefault(stamp, []).append(row.name)
    every = len(leaderboard.rows)
    stamps = (
        f"{'Every backbone' if 1 < every == len(names) else ', '.join(names)}: {stamp}."
        for stamp, names in carriers.items()
    )
    return (*stamps, *few_seeds(leaderboard))
