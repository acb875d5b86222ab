"""The table of intervals over training populations, beside those for these training cases."""

from collections.abc import Iterator, Mapping, Sequence

from reports.statistics.cases import INTERNAL
from reports.statistics.metrics import METRICS
from reports.tables.leaderboard import Leaderboard
from reports.tables.row_tables import BACKBONE, METRIC, SITE
from reports.tables.table import Column, Item, Table, Term
from reports.tables.training_populations import OverTraining, TrainingPopulations

NAME = "training_populations"
_MEANING = (
    "These training cases: the interval of the other tables, for models of these training cases, tested on further "
    "patients and trained under further seeds. Other training cases: for models of as many other patients of the same "
    "hospital; it holds what training cases that are drawn anew change as well. Sd: the standard deviation that each "
    "source gives the value; of patients also what they add since internal ones are tested and train others' models. "
    "Values are those of the training cases as they are.",
)


def populations(leaderboard: Leaderboard, wanted: Sequence[str]) -> Table:
    """Both intervals of each row, side and metric, with the parts of the variance."""
    columns = (
        *(BACKBONE, Column("side", "Side"), SITE, METRIC),
        *(Column("these", "These training cases", "cell"), Column("other", "Other training cases", "cell")),
        *(_deviation(name, title) for name, title in _SOURCES.items()),
        *(_deviation("together", "Sd: patients who do both"), Column("draws", "Draws", "number", 0)),
        Column("df", "df of draws", "number", 0),
    )
    rows: tuple[tuple[Item, ...], ...] = tuple(
        (
            *(name, side, site, Term.of(METRICS[metric]), one.these, one.any, *_deviations(one)),
            *(sum(of_row.draws.values()), one.df),
        )
        for name, of_row in leaderboard.training_populations.items()
        for side, site, of_side in _sides(of_row)
        for metric, one in of_side.items()
        if metric in wanted
    )
    return Table(NAME, "With other training cases", columns, rows, _MEANING)


_SOURCES = {"clusters": "Sd: patients", "seeds": "Sd: seeds", "training_cases": "Sd: training cases"}


def _deviation(name: str, title: str) -> Column:
    return Column(f"sd_{name}", title, "number", 3)


def _deviations(one: OverTraining) -> tuple[Item, ...]:
    return (*((one.deviations or {}).get(name) for name in _SOURCES), one.together)


def _sides(of_row: TrainingPopulations) -> Iterator[tuple[str, str | None, Mapping[str, OverTraining]]]:
    yield INTERNAL, None, of_row.internal
    for site in of_row.external:
        yield "external", site, of_row.external[site]
        yield "gap", site, of_row.gap[site]
