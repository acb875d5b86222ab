"""From a leaderboard to its overview. Pure."""

from collections.abc import Sequence

from reports.overview.overview import Elsewhere, Hospitals, Overview, Standing
from reports.overview.warnings import warnings_of
from reports.page.answer import answer
from reports.page.plain_words import plain_words
from reports.statistics.metrics import primary
from reports.tables.leaderboard import Leaderboard
from reports.tables.row import Row

MOST_STANDINGS = 30
MOST_WARNINGS = 12
"""So many are kept; a screen shows fewer."""


def build_overview(leaderboard: Leaderboard, data: str, further: Sequence[str] = ()) -> Overview:
    """The overview of what is ranked. data: which images, in a sentence; further: warnings that no row carries."""
    metric, said = primary(), _said(leaderboard)
    places = {row.name: place for place, row in enumerate(leaderboard.rows)}
    shown = leaderboard.rows[:MOST_STANDINGS]
    warnings = warnings_of(leaderboard, said, further)
    return Overview(
        data=data,
        answer=said,
        metric=metric.in_sentence,
        unit=leaderboard.unit,
        confidence=leaderboard.confidence,
        standings=tuple(_standing(leaderboard, row, places) for row in shown),
        more=len(leaderboard.rows) - len(shown),
        guessing={
            side: values[metric.name]
            for side, values in leaderboard.chance.items()
            if metric.name in values and leaderboard.rows
        },
        warnings=warnings[:MOST_WARNINGS],
        more_warnings=max(0, len(warnings) - MOST_WARNINGS),
    )


def _said(leaderboard: Leaderboard) -> tuple[str, ...]:
    """The answer in plain words, a question each; that there is none to give, where nothing is ranked."""
    return tuple(f"{one.question} {one.answer}" for one in plain_words(leaderboard)) or answer(leaderboard)


def _standing(leaderboard: Leaderboard, row: Row, places: dict[str, int]) -> Standing:
    name = primary().name
    return Standing(
        name=row.name,
        weights=row.weights,
        rank=row.rank,
        internal=row.cells.internal[name],
        elsewhere=tuple(
            Elsewhere(site, row.cells.external[site][name], row.cells.gap[site][name]) for site in row.sites
        ),
        hospitals=_hospitals(leaderboard, row),
        ties=tuple(sorted(places[other] for other in row.ties if other in places)),
    )


def _hospitals(leaderboard: Leaderboard, row: Row) -> Hospitals | None:
    of_row = leaderboard.hospitals.get(row.name)
    if of_row is None:
        return None
    over = of_row.metrics[primary().name]
    known = {site: cell for site, cell in over.sites.items() if cell.value is not None}
    if not known:
        return None
    lowest = min(known, key=lambda site: known[site].value or 0.0)
    following = over.synthesis.next
    return Hospitals(lowest, known[lowest], following.low, following.high)
