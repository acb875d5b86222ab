"""The standings of an overview as lines: which columns there are, and what they mean. Pure."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from string import ascii_uppercase
from textwrap import wrap

from reports.draw.notation import mark
from reports.overview.lines import Column, Lines, fitted, head_of, rows_of
from reports.overview.overview import Elsewhere, Overview, Standing
from reports.statistics.cases import INTERNAL
from reports.statistics.cell import Cell
from reports.tables.wording import NONE, interval, listed, number, site_name

GUESSING = "(guessing)"
MOST_SITES = 3
_WIDE = 90


def standings_lines(overview: Overview, width: int, *, short: bool = False) -> Lines:
    """Rank, backbone, the metric internally and elsewhere, gaps, and ties; last what guessing reaches.

    short: of several sites only the one where most is lost.
    """
    columns = fitted(_columns(overview, short, width >= _WIDE), width)
    rows = rows_of(columns)
    guessing = rows.pop() if overview.guessing else ()
    return Lines(head_of(columns), tuple(rows), (*guessing, *wrap(_legend(overview), width)))


def letter(place: int) -> str:
    """What a row is called in the column of ties: A, B, …, Z, AA, …"""
    first, second = divmod(place, len(ascii_uppercase))
    return (ascii_uppercase[first - 1] if first else "") + ascii_uppercase[second]


def letters(places: Sequence[int], known: int) -> str:
    """`B, D–F` of the places of rows; those that have no line are counted."""
    inside = sorted(place for place in places if place < known)
    starts = [place for before, place in pairwise([-2, *inside]) if place > before + 1]
    texts = []
    for start in starts:
        end = next(place for place in range(start, known + 1) if place + 1 not in inside)
        joined = {0: "", 1: f", {letter(end)}"}.get(end - start, f"–{letter(end)}")
        texts.append(letter(start) + joined)
    hidden = len(places) - len(inside)
    return ", ".join([*texts, *([f"{hidden} more"] if hidden else [])]) or NONE


def _columns(overview: Overview, short: bool, wide: bool) -> list[Column]:
    """All of them; the last entry of each is that of guessing, if that is known."""
    rows, guess = overview.standings, overview.guessing
    tied, ranked = any(row.ties for row in rows), any(row.rank is not None for row in rows)
    sites, by_site = _sites(rows), any(row.hospitals for row in rows)
    metric = overview.metric[0].upper() + overview.metric[1:]

    def column(title: str, entries: Iterator[tuple[str, ...]], guessed: str = "", **how: bool) -> Column:
        return Column(title, (*entries, *([(guessed,)] if guess else [])), **how)

    def elsewhere() -> Iterator[Column]:
        several = len(sites) > 1
        if several and short:
            yield column("Largest gap", (_largest_gap(row, wide) for row in rows))
            return
        if several:
            yield column("Site", (tuple(one.site for one in _at(row)) for row in rows))
        title = "There" if several else f"At {site_name(sites[0])}"
        there = "" if several else number(guess.get(sites[0]), 2)
        yield column(title, (tuple(cell_text(one.value) for one in _at(row)) for row in rows), there, may_go=True)
        yield column("Gap", (tuple(cell_text(one.gap) for one in _at(row)) for row in rows))

    one_source = len({row.weights for row in rows}) == 1
    named = ((row.name if one_source else f"{row.name}, {row.weights}",) for row in rows)
    return [
        *([column("", ((letter(place),) for place in range(len(rows))))] if tied else []),
        *([column("Rank", ((_rank(row),) for row in rows), right=True)] if ranked else []),
        column("Backbone" if one_source else "Backbone, weights", named, GUESSING, flexible=True),
        column(
            f"{metric}, all sites" if by_site else f"{metric} here",
            ((cell_text(row.internal),) for row in rows),
            number(guess.get(INTERNAL), 2),
        ),
        *(elsewhere() if sites else ()),
        *([column("Lowest site", ((_lowest(row),) for row in rows))] if by_site else []),
        *([column("Next hospital", ((_next_hospital(row),) for row in rows), may_go=True)] if by_site else []),
        *([column("Tied with", ((letters(row.ties, len(rows)),) for row in rows))] if tied else []),
    ]


def cell_text(cell: Cell) -> str:
    """`0.61 (0.57–0.65)†`."""
    return interval(cell, 2) + mark(cell)


def _at(row: Standing) -> tuple[Elsewhere, ...]:
    return row.elsewhere[:MOST_SITES]


def _sites(rows: Sequence[Standing]) -> list[str]:
    return list(dict.fromkeys(one.site for row in rows for one in row.elsewhere))


def _rank(row: Standing) -> str:
    return NONE if row.rank is None else str(row.rank)


def _largest_gap(row: Standing, wide: bool) -> tuple[str, ...]:
    """With its site beside it, or below where lines are short."""
    known = [one for one in row.elsewhere if one.gap.value is not None]
    if not known:
        return (NONE,)
    largest = max(known, key=lambda one: one.gap.value or 0.0)
    found = cell_text(largest.gap)
    return (f"{found} {largest.site}",) if wide else (found, f"at {site_name(largest.site)}")


def _lowest(row: Standing) -> str:
    return f"{row.hospitals.lowest} {cell_text(row.hospitals.value)}" if row.hospitals else NONE


def _next_hospital(row: Standing) -> str:
    known = row.hospitals
    if known is None or known.next_low is None or known.next_high is None:
        return NONE
    return f"{number(known.next_low, 2)}–{number(known.next_high, 2)}"


def _legend(overview: Overview) -> str:
    """What the table needs to be understood, as far as it needs it."""
    rows = overview.standings
    cells = [
        cell for row in rows for cell in (row.internal, *(cell for one in _at(row) for cell in (one.value, one.gap)))
    ]
    sites, weights = _sites(rows), {row.weights for row in rows}
    parts = [f"In brackets: {overview.confidence:.0%} intervals."]
    if sites:
        parts.append("Gap: here (internal) minus there, a loss above 0.")
    if len(sites) > MOST_SITES:
        parts.append(f"{len(sites) - MOST_SITES} more sites: leaderboard.md.")
    if any(row.hospitals for row in rows):
        parts.append("Each site is predicted by models of the others; Next hospital: where it lies with 95 %.")
    if any(row.ties for row in rows):
        parts.append("Tied with: rows that these data do not tell it from.")
    if any(mark(cell) == "†" for cell in cells):
        parts.append(f"† few {overview.unit}: a rough interval.")
    if any(cell.value is not None and cell.low is None for cell in cells):
        parts.append("Without brackets: no interval can be given.")
    if len(weights) == 1:
        parts.append(f"Weights at the start: {listed(sorted(weights))}.")
    return " ".join(parts)
