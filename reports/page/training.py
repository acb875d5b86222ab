"""The section on training cases that were drawn anew."""

from reports.page.part import Section
from reports.tables.all_tables import known_metrics
from reports.tables.leaderboard import Leaderboard
from reports.tables.training_tables import populations


def training_section(leaderboard: Leaderboard) -> Section:
    """Intervals for these training cases and for others, side by side."""
    table = populations(leaderboard, known_metrics(leaderboard))
    return Section("training", "Training populations", (), (table,) if table.rows else ())
