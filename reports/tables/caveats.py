"""What limits the rows of a leaderboard: their stamps, nearness to guessing, and few seeds."""

from __future__ import annotations

from reports.statistics.chance import NEAR
from reports.tables.leaderboard import Leaderboard
from reports.tables.row import Row

RECOMMENDED_SEEDS = 5
UNKNOWN_FOLDS = "one prediction a case and seed, made in folds that are not known"
"""The stamp of a row whose one fold stands for any number."""


def stamps_of(leaderboard: Leaderboard, row: Row) -> tuple[str, ...]:
    """The stamps of a row, and whether it is not clearly better than guessing."""
    return (*row.stamps, *([NEAR] if leaderboard.near_guessing(row) else []))


def caveats_of(leaderboard: Leaderboard, row: Row) -> tuple[str, ...]:
    """The same, and whether it has few seeds."""
    few = [f"fewer than {RECOMMENDED_SEEDS} seeds"] if len(row.seeds) < RECOMMENDED_SEEDS else []
    return (*stamps_of(leaderboard, row), *few)


def few_seeds(leaderboard: Leaderboard) -> tuple[str, ...]:
    """The warning where a row has few seeds."""
    if all(len(row.seeds) >= RECOMMENDED_SEEDS for row in leaderboard.rows):
        return ()
    how_much = "since so few show little of how much they do; one shows nothing of it"
    return (f"Fewer than {RECOMMENDED_SEEDS} seeds: intervals are long where seeds matter, {how_much}.",)


def caveats(leaderboard: Leaderboard) -> tuple[str, ...]:
    """What to say below each table: every stamp with the rows that carry it, and the warning of few seeds."""
    carriers: dict[str, list[str]] = {}
    for row in leaderboard.rows:
        for stamp in stamps_of(leaderboard, row):
            carriers.setdefault(stamp, []).append(row.name)
    every = len(leaderboard.rows)
    stamps = (
        f"{'Every backbone' if 1 < every == len(names) else ', '.join(names)}: {stamp}."
        for stamp, names in carriers.items()
    )
    return (*stamps, *few_seeds(leaderboard))
