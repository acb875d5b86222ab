"""The Markdown of the comparisons of all pairs."""

from __future__ import annotations

from collections.abc import Iterator

from reports.draw.footnotes import Footnotes, escaped
from reports.draw.markdown_tables import drawn
from reports.tables.difference_tables import comparisons, fold_tests
from reports.tables.leaderboard import Leaderboard


def comparisons_section(leaderboard: Leaderboard, notes: Footnotes) -> Iterator[str]:
    """The tests that decide, then those beside them, block by block."""
    deciding, beside = comparisons(leaderboard), fold_tests(leaderboard)
    yield f"## {escaped(deciding.title)}"
    yield drawn(deciding, notes)
    yield from notes.flush()
    yield escaped(" ".join(deciding.notes))
    if beside.rows:
        yield f"{escaped(beside.title)}:"
        yield drawn(beside, notes)
        yield escaped(" ".join(beside.notes))
