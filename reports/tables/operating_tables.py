"""The tables of operating points: how right calls are on each side, and what a call is worth at a prevalence."""

from collections.abc import Iterator

from reports.statistics.cell import Cell
from reports.tables.leaderboard import Leaderboard
from reports.tables.operating_point import (
    LR_NEGATIVE,
    LR_POSITIVE,
    NPV,
    PPV,
    SENSITIVITY,
    SPECIFICITY,
    OperatingPoint,
    SidePoint,
)
from reports.tables.row_tables import BACKBONE
from reports.tables.table import Column, Item, Table, Term

NAMES = ("operating_points", "predictive_values")
_OF_POINT = (BACKBONE, Column("event", "Event"), Column("rule", "Threshold by"), Column("side", "Side"))
_ABOUT_POINTS = (
    "A case is called where the probability of the event reaches the threshold. Thresholds are set on internal cases, "
    "by seed, and locked: for internal cases a fold's threshold comes from the other folds, so that no case judges a "
    "threshold that it helped to set; for other sites it comes from all. Threshold: the mean over seeds. Intervals are "
    "for further cases and seeds at these thresholds. Lost: internal minus the site.",
)
_ABOUT_VALUES = (
    "PPV: the share of called cases that have the event; NPV: the share of the others that have it not. Both depend on "
    "how frequent the event is: as in the cases (of the row without a stated prevalence), or as stated, by Bayes' rule "
    "from the likelihood ratios, which do not. LR+: sensitivity / (1 − specificity); LR−: (1 − sensitivity) / "
    "specificity.",
)


def points(leaderboard: Leaderboard) -> Table:
    """Sensitivity and specificity on each side, and what of them a site loses."""
    columns = (
        *_OF_POINT,
        *(Column("with_event", "With it", "number", 0), Column("without_event", "Without", "number", 0)),
        Column("threshold", "Threshold", "number", 3),
        *(Column(SENSITIVITY, "Sensitivity", "cell"), Column(SPECIFICITY, "Specificity", "cell")),
        Column("gap_sensitivity", "Sensitivity lost", "cell", shown="filled"),
        Column("gap_specificity", "Specificity lost", "cell", shown="filled"),
    )
    rows = tuple(
        (*of, *at.cases, _mean(one), at.measures[SENSITIVITY], at.measures[SPECIFICITY], *_lost(one, side))
        for of, one, side, at in _sides(leaderboard)
    )
    return Table(NAMES[0], "At operating points", columns, rows, _ABOUT_POINTS)


def values(leaderboard: Leaderboard) -> Table:
    """Predictive values and likelihood ratios, of the cases as they are, then at stated prevalences."""
    columns = (
        *(*_OF_POINT, Column("prevalence", "Prevalence", "number", 3), Column("stated", "Stated", "flag")),
        *(Column(PPV, "PPV", "cell"), Column(NPV, "NPV", "cell")),
        *(Column(LR_POSITIVE, "LR+", "cell", drawn=False), Column(LR_NEGATIVE, "LR−", "cell", drawn=False)),
    )
    rows = tuple(line for of, _, _, at in _sides(leaderboard) for line in _worth(of, at))
    return Table(NAMES[1], "What a call is worth", columns, rows, _ABOUT_VALUES)


def _worth(of: tuple[Item, ...], at: SidePoint) -> Iterator[tuple[Item, ...]]:
    found = [at.measures[name] for name in (PPV, NPV, LR_POSITIVE, LR_NEGATIVE)]
    yield (*of, at.cases[0] / sum(at.cases), False, *found)
    for prevalence, (ppv, npv) in at.at_prevalence.items():
        yield (*of, prevalence, True, ppv, npv, None, None)


def _sides(leaderboard: Leaderboard) -> Iterator[tuple[tuple[Item, ...], OperatingPoint, str, SidePoint]]:
    for row in leaderboard.rows:
        for one in leaderboard.operating_points.get(row.name, ()):
            for side, at in one.sides.items():
                yield (row.name, one.event.name, Term(one.rule.text, one.rule.in_words), side), one, side, at


def _mean(one: OperatingPoint) -> float | None:
    """None where under some seed no case would be called."""
    known = [threshold for threshold in one.thresholds if threshold is not None]
    return sum(known) / len(known) if len(known) == len(one.thresholds) else None


def _lost(one: OperatingPoint, side: str) -> tuple[Cell | None, Cell | None]:
    gaps = one.gaps.get(side, {})
    return gaps.get(SENSITIVITY), gaps.get(SPECIFICITY)
