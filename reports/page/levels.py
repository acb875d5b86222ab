"""The section that shows groups and cases side by side, where groups are ranked."""

from collections.abc import Iterator
from dataclasses import replace

from reports.page.board_sections import of_one_site
from reports.page.part import Section
from reports.page.standings import page_standings
from reports.statistics.metrics import of_each_class
from reports.tables.leaderboard import Leaderboard
from reports.tables.level_tables import UNRANKED, class_levels, comparison_levels, levels
from reports.tables.table import Table

ABOUT_GROUPS = (
    "What is called a case in the numbers, charts and lists of models below is a group: a patient, or a volume or "
    "series where no patient is known, under the name of its first case. Levels, labels and data alone are of cases."
)


def levels_section(groups: Leaderboard, cases: Leaderboard) -> Section:
    """Every metric at both levels, and the leaderboard of cases, which is not ranked."""
    return Section(
        "levels",
        "Groups and cases",
        (f"The same runs, scored by group and by case. {UNRANKED}",),
        tuple(_tables(groups, cases)) if groups.rows else (),
    )


def _tables(groups: Leaderboard, cases: Leaderboard) -> Iterator[Table]:
    """Metrics, the one that stands for a class, and comparisons at both levels; then the leaderboard of cases."""
    yield of_one_site(groups, levels(groups, cases))
    yield of_one_site(groups, class_levels(groups, cases, (of_each_class().name,)))
    compared_at_both = comparison_levels(groups, cases)
    if compared_at_both.rows:
        yield compared_at_both
    yield _of_cases(cases)


def _of_cases(cases: Leaderboard) -> Table:
    table = page_standings(cases)
    return replace(table, name="leaderboard_of_cases", title=f"{table.title}, of cases")
