"""The leaderboard drawn as Markdown that reads well in a terminal and on GitHub."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reports.draw.footnotes import Footnotes, escaped
from reports.draw.markdown_backbone import backbone_section
from reports.draw.markdown_comparisons import comparisons_section
from reports.draw.markdown_tables import drawn
from reports.draw.notation import RESEARCH_ONLY
from reports.tables import difference_tables, row_tables
from reports.tables.caveats import few_seeds, stamps_of
from reports.tables.leaderboard import Leaderboard
from reports.tables.of_leaderboard import STANDING_METRICS
from reports.tables.table import Table
from reports.tables.weights_mixed import mixed_weights


def leaderboard_markdown(leaderboard: Leaderboard, *, title_lines: Sequence[str] = (), under_tables: str = "") -> str:
    """Draw all tables of a leaderboard.

    `title_lines` follow the line on research use; `under_tables` is a warning that is printed under each table.
    """
    notes = Footnotes()
    blocks = [RESEARCH_ONLY, *title_lines, "## Leaderboard"]
    if leaderboard.rows:
        blocks += _standings(leaderboard, notes)
    else:
        blocks.append("No backbone has a complete seed.")
    blocks += _below_the_table(leaderboard, notes)
    for row in leaderboard.rows:
        blocks += backbone_section(leaderboard, row, notes)
    if leaderboard.comparisons:
        blocks += comparisons_section(leaderboard, notes)
    if under_tables:
        warning = f"**{escaped(under_tables)}**"
        blocks = [part for block in blocks for part in ([block, warning] if block.startswith("|") else [block])]
    return "\n\n".join(blocks) + "\n"


def _standings(leaderboard: Leaderboard, notes: Footnotes) -> Iterator[str]:
    yield drawn(row_tables.standings(leaderboard, STANDING_METRICS), notes)
    if mixed := mixed_weights(leaderboard.rows):
        yield f"{escaped(mixed)}."
    for site in dict.fromkeys(site for row in leaderboard.rows for site in row.sites):
        yield from _titled(row_tables.at_site(leaderboard, site, STANDING_METRICS), notes)
    yield from notes.flush()
    yield from _titled(row_tables.runs(leaderboard), notes)


def _titled(table: Table, notes: Footnotes) -> Iterator[str]:
    """A table under its title and above what it means."""
    yield f"{escaped(table.title)}:"
    yield drawn(table, notes)
    yield from map(escaped, table.notes)


def _below_the_table(leaderboard: Leaderboard, notes: Footnotes) -> Iterator[str]:
    stamps = [
        f"- **{escaped(row.name)}: {escaped(stamp)}**"
        for row in leaderboard.rows
        for stamp in stamps_of(leaderboard, row)
    ]
    if stamps:
        yield "\n".join(stamps)
    yield from map(escaped, row_tables.standings(leaderboard, STANDING_METRICS).notes)
    if any(gain.gain is not None for gain in leaderboard.sample_gains.values()):
        yield from _titled(row_tables.sample_gain(leaderboard), notes)
    if leaderboard.noise_floor:
        yield from _titled(difference_tables.noise_floor(leaderboard), notes)
    yield from few_seeds(leaderboard)
    if leaderboard.rows:
        yield what_intervals_cover(leaderboard)
    if any(len(row.seeds) == 1 for row in leaderboard.rows):
        yield "With one seed only the sampling of cases is seen, not what another seed would change."
    if leaderboard.notes:
        yield "\n".join(f"- {escaped(note)}" for note in leaderboard.notes)


def what_intervals_cover(leaderboard: Leaderboard) -> str:
    """Which uncertainty the intervals hold and which not, in a sentence."""
    strata = ", within the classes (not † and p, which do not use strata)" if leaderboard.stratified else ""
    resamples = "" if leaderboard.interval == "jackknife-t" else f", {leaderboard.resamples:,} resamples"
    seeds = "of seeds and " if any(len(row.seeds) > 1 for row in leaderboard.rows) else ""
    return (
        f"Intervals ({leaderboard.confidence:.0%}, {leaderboard.interval}{resamples}) are for the drawing {seeds}of "
        f"evaluated cases, by patient where known{strata}; nothing here resamples the population that training sets "
        "come from."
    )
