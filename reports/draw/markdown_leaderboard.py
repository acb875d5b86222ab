"""The leaderboard drawn as Markdown that reads well in a terminal and on GitHub."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from reports.draw.markdown_table import Footnotes, drawn, escaped
from reports.draw.notation import RESEARCH_ONLY
from reports.tables import (
    adaptation_tables,
    comparison_tables,
    hospital_tables,
    operating_tables,
    row_tables,
    subgroup_tables,
    training_tables,
)
from reports.tables.all_tables import headline_names
from reports.tables.claims import caveats_of, few_seeds, mixed_weights
from reports.tables.leaderboard import Leaderboard
from reports.tables.level_tables import headline_levels
from reports.tables.row import Row
from reports.tables.table import Table


def leaderboard_markdown(
    leaderboard: Leaderboard,
    *,
    title_lines: Sequence[str] = (),
    under_tables: str = "",
    groups: Leaderboard | None = None,
) -> str:
    """Draw all tables of a leaderboard.

    `title_lines` follow the line on research use; `under_tables` is a warning that is printed under each table. Where
    there is one of `groups`, it comes first, both side by side next, and the tables of cases last.
    """
    notes = Footnotes()
    blocks = [RESEARCH_ONLY, *title_lines]
    if groups is None:
        blocks += _blocks(leaderboard, notes)
    else:
        beside = headline_levels(groups, leaderboard)
        blocks += [*_blocks(groups, notes, " (groups)"), f"## {beside.title}", drawn(beside, notes), *notes.flush()]
        blocks += [*map(escaped, beside.notes), *_blocks(leaderboard, notes, " (cases)")]
    if under_tables:
        warning = f"**{escaped(under_tables)}**"
        blocks = [part for block in blocks for part in ([block, warning] if block.startswith("|") else [block])]
    return "\n\n".join(blocks) + "\n"


def _blocks(leaderboard: Leaderboard, notes: Footnotes, unit: str = "") -> Iterator[str]:
    """All tables, block by block; unit: what follows headings, where there are tables of several units."""
    yield f"## Leaderboard{unit}"
    if leaderboard.rows:
        yield from _standings(leaderboard, notes)
    else:
        yield "No backbone has a complete seed."
    yield from _below_the_table(leaderboard, notes)
    yield from _divided(leaderboard, notes, unit)
    for row in leaderboard.rows:
        yield from _backbone(leaderboard, row, notes, unit)
    if leaderboard.comparisons:
        yield from _comparisons(leaderboard, notes, unit)


def _standings(leaderboard: Leaderboard, notes: Footnotes) -> Iterator[str]:
    yield drawn(row_tables.standings(leaderboard, headline_names()), notes)
    if mixed := mixed_weights(leaderboard.rows):
        yield f"{escaped(mixed)}."
    for site in leaderboard.sites:
        yield from _titled(row_tables.at_site(leaderboard, site, headline_names()), notes)
    yield from notes.flush()
    yield from _titled(row_tables.runs(leaderboard), notes)


def _titled(table: Table, notes: Footnotes) -> Iterator[str]:
    """A table under its title and above what it means."""
    yield f"{escaped(table.title)}:"
    yield drawn(table, notes)
    yield from map(escaped, table.notes)


def _below_the_table(leaderboard: Leaderboard, notes: Footnotes) -> Iterator[str]:
    caveats = [
        f"- **{escaped(row.name)}: {escaped(one.text)}**"
        for row in leaderboard.rows
        for one in caveats_of(leaderboard, row)
    ]
    if caveats:
        yield "\n".join(caveats)
    yield from map(escaped, row_tables.standings(leaderboard, headline_names()).notes)
    if any(gain.gain is not None for gain in leaderboard.sample_gains.values()):
        yield from _titled(row_tables.sample_gain(leaderboard), notes)
    if leaderboard.noise_floor:
        yield from _titled(comparison_tables.noise_floor(leaderboard), notes)
    yield from few_seeds(leaderboard)
    if leaderboard.rows:
        yield what_intervals_cover(leaderboard)
    if any(len(row.seeds) == 1 for row in leaderboard.rows):
        yield "With one seed only the sampling of cases is seen, not what another seed would change."
    if leaderboard.notes:
        yield "\n".join(f"- {escaped(note)}" for note in leaderboard.notes)


def _divided(leaderboard: Leaderboard, notes: Footnotes, unit: str) -> Iterator[str]:
    """At operating points, by hospitals that were held out, by subgroups, over training cases, and by adaptations."""
    wanted = headline_names()
    for heading, tables in (
        ("Operating points", (operating_tables.points(leaderboard), operating_tables.values(leaderboard))),
        (
            "Hospitals",
            (hospital_tables.each_site(leaderboard, wanted), hospital_tables.next_hospital(leaderboard, wanted)),
        ),
        ("Subgroups", (subgroup_tables.each_level(leaderboard, wanted), subgroup_tables.tests(leaderboard, wanted))),
        ("Training populations", (training_tables.populations(leaderboard, wanted),)),
        ("Domain adaptation", (adaptation_tables.against_baselines(leaderboard, wanted),)),
    ):
        if not any(table.rows for table in tables):
            continue
        yield f"## {heading}{unit}"
        for table in tables:
            yield from _titled(table, notes)
            yield from notes.flush()


def _backbone(leaderboard: Leaderboard, row: Row, notes: Footnotes, unit: str) -> Iterator[str]:
    """All tables of a row, block by block."""
    alone, known = replace(leaderboard, rows=(row,)), tuple(row.cells.internal)
    sided, split = row_tables.metrics(alone, known), row_tables.gap_split(alone, known)
    yield f"## {escaped(row.name)}{unit}"
    if not row.sites:
        yield drawn(sided.where(backbone=row.name), notes)
    for site in row.sites:
        yield f"### Generalization gap, {escaped(site)}"
        yield drawn(sided.where(backbone=row.name, site=site), notes)
        yield drawn(split.where(backbone=row.name, site=site), notes)
    yield from notes.flush()
    for table in (row_tables.each_class(row), row_tables.taken_for_each_other(row)):
        if table.rows:
            yield f"### {escaped(table.title)}"
            yield drawn(table, notes)
            yield from notes.flush()


def _comparisons(leaderboard: Leaderboard, notes: Footnotes, unit: str) -> Iterator[str]:
    """The tests that decide, then those beside them, block by block."""
    deciding, beside = comparison_tables.comparisons(leaderboard), comparison_tables.fold_tests(leaderboard)
    yield f"## {escaped(deciding.title)}{unit}"
    yield drawn(deciding, notes)
    yield from notes.flush()
    yield escaped(" ".join(deciding.notes))
    if beside.rows:
        yield f"{escaped(beside.title)}:"
        yield drawn(beside, notes)
        yield escaped(" ".join(beside.notes))


def what_intervals_cover(leaderboard: Leaderboard) -> str:
    """Which uncertainty the intervals hold and which not, in a sentence."""
    strata = ", within the classes (not † and p, which do not use strata)" if leaderboard.stratified else ""
    resamples = "" if leaderboard.interval == "jackknife-t" else f", {leaderboard.resamples:,} resamples"
    seeds = "of seeds and " if any(len(row.seeds) > 1 for row in leaderboard.rows) else ""
    drawn_whole = ", by patient where known" if leaderboard.unit == "cases" else ""
    return (
        f"Intervals ({leaderboard.confidence:.0%}, {leaderboard.interval}{resamples}) are for the drawing {seeds}of "
        f"evaluated {leaderboard.unit}{drawn_whole}{strata}; {_of_training_sets(leaderboard)}."
    )


def _of_training_sets(leaderboard: Leaderboard) -> str:
    if leaderboard.training_populations:
        return "only those under Training populations are also for other training cases"
    return "nothing here resamples the population that training sets come from"
