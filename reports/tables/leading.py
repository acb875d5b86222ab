"""What may be said of the row that stands first: whether it is called best, and with what probability."""

from __future__ import annotations

from reports.tables.leaderboard import Leaderboard
from reports.tables.row import Row

_CERTAIN = 0.95


def is_best(leaderboard: Leaderboard, row: Row) -> bool:
    """Whether a row is resolved better than all others that are ranked, and clearly better than guessing."""
    ranked = sum(one.rank is not None for one in leaderboard.rows)
    return row.rank == 1 and ranked > 1 and not row.ties and not leaderboard.near_guessing(row)


def said_probability(leaderboard: Leaderboard, row: Row) -> float | None:
    """The probability that a row is the best, where it may be said.

    Not of a row that guessing might equal. And not where it is close to 0 or 1 though the tests do not tell the row
    from others: of one pair nobody should read both "tied" and "surely the best".
    """
    known = leaderboard.probability_of_best.get(row.name)
    if known is None or leaderboard.near_guessing(row):
        return None
    return known if not row.ties or 1 - _CERTAIN <= known <= _CERTAIN else None
