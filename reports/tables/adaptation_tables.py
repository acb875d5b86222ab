"""The table of what adaptations change."""

from collections.abc import Sequence

from reports.tables.leaderboard import Leaderboard
from reports.tables.row_tables import BACKBONE
from reports.tables.table import Column, Item, Table

_NOTES = (
    "Difference: the row minus its baseline, which is the same without adaptation, over the same seeds, folds and "
    "cases. Below 0 at a gap: less is lost at the site. p: paired jackknife t; Holm p: adjusted over this table.",
    "A row that is called transductive has seen the unlabelled images that it is tested on. What it gains is for sites "
    "whose images can be had before the first is predicted.",
)


def against_baselines(leaderboard: Leaderboard, wanted: Sequence[str]) -> Table:
    """Each adapted row minus its baseline, on the endpoints of these metrics."""
    columns = (
        *(BACKBONE, Column("adaptation", "Adaptation"), Column("baseline", "Baseline")),
        *(Column("endpoint", "Endpoint"), Column("difference", "Difference", "cell", 3)),
        *(Column("p", "p", "p"), Column("p_holm", "Holm p", "p")),
    )
    rows: tuple[tuple[Item, ...], ...] = tuple(
        (name, of_row.how, of_row.baseline, one.endpoint, one.difference, one.p, one.p_holm)
        for name, of_row in leaderboard.adaptations.items()
        for one in of_row.differences
        if one.metric.name in wanted
    )
    return Table("adaptation", "What adaptation changes", columns, rows, _NOTES)
