"""From a leaderboard to typed tables."""

from __future__ import annotations

from collections.abc import Sequence

from reports.tables import difference_tables, row_tables
from reports.tables.caveats import caveats, caveats_of
from reports.tables.leaderboard import Leaderboard
from reports.tables.stamped import stamped
from reports.tables.table import Table

NAMES = (
    "leaderboard",
    "runs",
    "metrics",
    "gap_split",
    "classes",
    "confusion",
    "noise_floor",
    "sample_gain",
    "comparisons",
    "fold_tests",
    "against_baseline",
)
STANDING_METRICS = ("accuracy", "macro_f1")


def known_metrics(leaderboard: Leaderboard) -> tuple[str, ...]:
    """The metrics by which `build_tables` can be limited."""
    cells = (
        sided
        for row in leaderboard.rows
        for sided in (row.cells, *row.per_class.values(), *row.confusion_pairs.values())
    )
    return tuple(dict.fromkeys(metric for sided in cells for metric in sided.internal))


def build_tables(
    leaderboard: Leaderboard, metrics: Sequence[str] | None = None, baseline: str | None = None
) -> tuple[Table, ...]:
    """All tables, the leaderboard itself first; those that would be empty are left out.

    Each carries what limits its rows: in a column stamps for machines, in its notes for readers.

    metrics: only these (None: all; in the leaderboard itself accuracy and macro F1). baseline: the name of a row; adds
    the differences of the others from it. Raises ValueError where there is no such metric or row.
    """
    known = known_metrics(leaderboard)
    wanted = known if metrics is None else tuple(dict.fromkeys(metrics))
    if unknown := [name for name in wanted if name not in known]:
        raise ValueError(f"The leaderboard has no metric {', '.join(unknown)}.")
    in_rows = {name for row in leaderboard.rows for name in row.cells.internal}
    standing = [name for name in (STANDING_METRICS if metrics is None else wanted) if name in in_rows]
    others = [
        row_tables.metrics(leaderboard, wanted),
        row_tables.gap_split(leaderboard, wanted),
        row_tables.classes(leaderboard, wanted),
        row_tables.confusion(leaderboard, wanted),
        difference_tables.noise_floor(leaderboard, wanted),
        *([row_tables.sample_gain(leaderboard)] if "accuracy" in wanted else []),
        difference_tables.comparisons(leaderboard, wanted),
        difference_tables.fold_tests(leaderboard, wanted),
    ]
    if baseline is not None:
        others.append(difference_tables.against_baseline(leaderboard, wanted, baseline))
    first, *rest = row_tables.standings(leaderboard, standing), row_tables.runs(leaderboard), *others
    stamps = {row.name: caveats_of(leaderboard, row) for row in leaderboard.rows}
    said = caveats(leaderboard)
    return (
        stamped(first, stamps, (*said, *leaderboard.notes)),
        *(stamped(table, stamps, said) for table in rest if table.rows or table.name == "runs"),
    )
