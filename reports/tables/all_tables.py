"""All tables of a leaderboard."""

from collections.abc import Sequence

from reports.statistics.metrics import headline, share_right
from reports.tables import (
    adaptation_tables,
    comparison_tables,
    hospital_tables,
    operating_tables,
    row_tables,
    subgroup_tables,
    training_tables,
)
from reports.tables.caveats import with_caveats
from reports.tables.claims import all_caveats_of, caveats_in_words
from reports.tables.leaderboard import Leaderboard
from reports.tables.table import Table

OF_SITES = ("hospitals", "next_hospital")
"""Those that there are only where sites were held out whole."""
OF_SUBGROUPS = ("subgroups", "subgroup_tests")
"""Those that there are only where subgroups were asked for."""
OF_DRAWS = (training_tables.NAME,)
"""Those that there are only where training cases were drawn anew."""
OF_ADAPTATION = ("adaptation",)
"""Those that there are only where rows were adapted."""
OF_POINTS = operating_tables.NAMES
"""Those that there are only where events were given."""
NAMES = (
    "leaderboard",
    "runs",
    "metrics",
    "gap_split",
    "classes",
    "confusion",
    "noise_floor",
    "sample_gain",
    *OF_POINTS,
    *OF_SITES,
    *OF_SUBGROUPS,
    *OF_DRAWS,
    *OF_ADAPTATION,
    "comparisons",
    "fold_tests",
    "against_baseline",
)


def headline_names() -> tuple[str, ...]:
    """The metrics of the leaderboard itself, where no others are asked for."""
    return tuple(metric.name for metric in headline())


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

    Each carries the caveats of its rows: in a column `stamps` for machines, in its notes for readers.

    metrics: only these (None: all; in the leaderboard itself the headline metrics). baseline: the name of a row; adds
    the differences of the others from it. Raises ValueError where there is no such metric or row.
    """
    known = known_metrics(leaderboard)
    wanted = known if metrics is None else tuple(dict.fromkeys(metrics))
    if unknown := [name for name in wanted if name not in known]:
        raise ValueError(f"The leaderboard has no metric {', '.join(unknown)}.")
    in_rows = {name for row in leaderboard.rows for name in row.cells.internal}
    standing = [name for name in (headline_names() if metrics is None else wanted) if name in in_rows]
    others = [
        row_tables.metrics(leaderboard, wanted),
        row_tables.gap_split(leaderboard, wanted),
        row_tables.classes(leaderboard, wanted),
        row_tables.confusion(leaderboard, wanted),
        comparison_tables.noise_floor(leaderboard, wanted),
        *([row_tables.sample_gain(leaderboard)] if share_right().name in wanted else []),
        *((operating_tables.points(leaderboard), operating_tables.values(leaderboard)) if metrics is None else ()),
        hospital_tables.each_site(leaderboard, wanted),
        hospital_tables.next_hospital(leaderboard, wanted),
        subgroup_tables.each_level(leaderboard, wanted),
        subgroup_tables.tests(leaderboard, wanted),
        training_tables.populations(leaderboard, wanted),
        adaptation_tables.against_baselines(leaderboard, wanted),
        comparison_tables.comparisons(leaderboard, wanted),
        comparison_tables.fold_tests(leaderboard, wanted),
    ]
    if baseline is not None:
        others.append(comparison_tables.against_baseline(leaderboard, wanted, baseline))
    first, *rest = row_tables.standings(leaderboard, standing), row_tables.runs(leaderboard), *others
    caveats = {row.name: all_caveats_of(leaderboard, row) for row in leaderboard.rows}
    said = caveats_in_words(leaderboard)
    return (
        with_caveats(first, caveats, (*said, *leaderboard.notes)),
        *(with_caveats(table, caveats, said) for table in rest if table.rows or table.name == "runs"),
    )
