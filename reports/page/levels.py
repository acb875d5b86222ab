"""The section that shows groups and cases side by side, where groups are ranked."""

from dataclasses import replace

from reports.page.board_sections import of_one_site
from reports.page.part import Section
from reports.page.standings import page_standings
from reports.tables.leaderboard import Leaderboard
from reports.tables.level_tables import UNRANKED, levels
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
        (of_one_site(groups, levels(groups, cases)), _of_cases(cases)) if groups.rows else (),
    )


def _of_cases(cases: Leaderboard) -> Table:
    table = page_standings(cases)
    return replace(table, name="leaderboard_of_cases", title=f"{table.title}, of cases")
