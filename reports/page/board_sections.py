"""The sections that need the leaderboard alone."""

from dataclasses import replace

from reports.page.endpoints import in_words
from reports.page.estimates import each_class, gap_parts, internal_against_external
from reports.page.forest import forest_plot, subgroup_plot
from reports.page.pairs import pair_matrix
from reports.page.part import Part, Section
from reports.page.standings import page_standings
from reports.statistics.metrics import compared, of_each_class, primary
from reports.statistics.metrics.of_counts import CONFUSED
from reports.tables import (
    adaptation_tables,
    comparison_tables,
    hospital_tables,
    operating_tables,
    row_tables,
    subgroup_tables,
)
from reports.tables.all_tables import headline_names, known_metrics
from reports.tables.leaderboard import Leaderboard
from reports.tables.table import Table, Term

MOST_BACKBONES = 4
"""Of which small charts are drawn side by side, the first of the leaderboard; tables have all."""


def board_sections(leaderboard: Leaderboard) -> tuple[Section, ...]:
    """Leaderboard, external sites, gaps, classes, comparisons and noise floor."""
    if not leaderboard.rows:
        return (Section("leaderboard", "Leaderboard", (), (page_standings(leaderboard),)),)
    sections = (
        _leaderboard(leaderboard),
        _external(leaderboard),
        _gap(leaderboard),
        _adaptation(leaderboard),
        _operating(leaderboard),
        _hospitals(leaderboard),
        _subgroups(leaderboard),
        _classes(leaderboard),
        _comparisons(leaderboard),
        _noise(leaderboard),
    )
    return tuple(section for section in sections if section.parts)


def _leaderboard(leaderboard: Leaderboard) -> Section:
    return Section(
        "leaderboard",
        "Leaderboard",
        (
            "Internal: each case predicted by the model that did not see it. External: the mean over all fold models. "
            "Gap: internal minus external. Lines are 95 % intervals where there are any, dots the values.",
        ),
        (
            page_standings(leaderboard),
            of_one_site(leaderboard, row_tables.metrics(leaderboard, known_metrics(leaderboard))),
            row_tables.runs(leaderboard),
        ),
    )


def _external(leaderboard: Leaderboard) -> Section:
    charts = (internal_against_external(leaderboard, metric) for metric in compared())
    return Section(
        "external",
        "Internal against external",
        ("How much of the internal value is kept where the models were not trained. External sites never rank.",),
        tuple(charts) if leaderboard.sites else (),
    )


def _gap(leaderboard: Leaderboard) -> Section:
    split = row_tables.gap_split(leaderboard, headline_names())
    charts = (gap_parts(leaderboard, site, primary(), number) for number, site in enumerate(leaderboard.sites, start=1))
    return Section(
        "gap",
        "What the gaps are made of",
        (
            "Appearance shift is what is left of the gap with the internal class mix at both sides; prevalence shift "
            "is the rest, which the site's own mix of classes adds.",
        ),
        (*charts, of_one_site(leaderboard, split)) if leaderboard.sites else (),
    )


def _adaptation(leaderboard: Leaderboard) -> Section:
    table = adaptation_tables.against_baselines(leaderboard, headline_names())
    about = (
        "Models that met external images in another way than they were trained, each beside the same without that. No "
        "label of these images was used."
    )
    return Section("adaptation", "Domain adaptation", (about,), (table,) if table.rows else ())


def _operating(leaderboard: Leaderboard) -> Section:
    tables = (operating_tables.points(leaderboard), operating_tables.values(leaderboard))
    about = (
        "Where a model must say yes or no. Its threshold was set on internal cases, as who uses it would have to, and "
        "kept for the other sites."
    )
    return Section("operating", "Operating points", (about,), tuple(table for table in tables if table.rows))


def _hospitals(leaderboard: Leaderboard) -> Section:
    names = [row.name for row in leaderboard.rows if row.name in leaderboard.hospitals]
    charts = (
        forest_plot(name, leaderboard.hospitals[name], metric, place)
        for place, name in enumerate(names[:MOST_BACKBONES], start=1)
        for metric in compared()
    )
    known = known_metrics(leaderboard)
    tables = (hospital_tables.each_site(leaderboard, known), hospital_tables.next_hospital(leaderboard, known))
    return Section(
        "hospitals",
        "Hospitals",
        (
            "Each site was held out whole and predicted by models that were trained on the others. The thick line is "
            "where the value at one more hospital lies with 95 %.",
            *first_of(leaderboard),
        ),
        (*charts, *tables) if names else (),
    )


def _subgroups(leaderboard: Leaderboard) -> Section:
    rows = [row for row in leaderboard.rows if leaderboard.subgroups.get(row.name)]
    charts = (
        subgroup_plot(row.name, leaderboard.subgroups[row.name], row.cells.internal[metric.name], metric, place)
        for place, row in enumerate(rows[:MOST_BACKBONES], start=1)
        for metric in compared()
    )
    known = known_metrics(leaderboard)
    tables = (subgroup_tables.each_level(leaderboard, known), subgroup_tables.tests(leaderboard, known))
    return Section(
        "subgroups",
        "Subgroups",
        (
            "Cases by what is known of them; plots are of internal ones. Whether a level differs from the rest is in "
            "the tables, with the tests over all levels, also at other sites.",
            *first_of(leaderboard),
        ),
        (*charts, *tables) if rows else (),
    )


def _classes(leaderboard: Leaderboard) -> Section:
    shown = leaderboard.rows[:MOST_BACKBONES]
    parts: list[Part] = [each_class(row, number) for number, row in enumerate(shown, start=1)]
    metric = of_each_class()
    table = row_tables.classes(leaderboard, (metric.name,)).where(metric=Term.of(metric))
    parts.append(replace(of_one_site(leaderboard, table), title=f"{metric.title} of each class"))
    confused = row_tables.confusion(leaderboard, (CONFUSED.name,)).where(metric=Term.of(CONFUSED))
    pairs = of_one_site(leaderboard, confused)
    return Section("classes", "Each class", first_of(leaderboard), (*parts, *([pairs] if pairs.rows else [])))


def _comparisons(leaderboard: Leaderboard) -> Section:
    table, tests = comparison_tables.comparisons(leaderboard), comparison_tables.fold_tests(leaderboard)
    chart = pair_matrix(leaderboard)
    return Section(
        "comparisons",
        "Pairwise comparisons",
        (
            "Every pair over the same seeds, folds and cases. A pair that is not resolved may be equal or not: these "
            "data do not say.",
        ),
        (*([chart] if chart else []), *(in_words(one, leaderboard.sites) for one in (table, tests) if one.rows)),
    )


def _noise(leaderboard: Leaderboard) -> Section:
    floors = comparison_tables.noise_floor(leaderboard, headline_names())
    gains = row_tables.sample_gain(leaderboard)
    known = any(gain.gain is not None for gain in leaderboard.sample_gains.values())
    return Section(
        "noise",
        "Noise floor",
        (
            "With data and recipe fixed, another seed alone gives another number. A difference that is not larger is "
            "no evidence of a better backbone.",
        ),
        (*([floors] if floors.rows else []), *([gains] if known else [])),
    )


def of_one_site(leaderboard: Leaderboard, table: Table) -> Table:
    """Without the column of sites where all rows name the same."""
    sites = leaderboard.sites
    return table.where(site=sites[0]) if len(sites) == 1 and all(row.sites for row in leaderboard.rows) else table


def first_of(leaderboard: Leaderboard) -> tuple[str, ...]:
    """What to say where charts are drawn of the first backbones only."""
    number = len(leaderboard.rows)
    if number <= MOST_BACKBONES:
        return ()
    return (f"Charts are of the first {MOST_BACKBONES} of {number} backbones.",)
