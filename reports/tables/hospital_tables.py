"""The tables of sites that were each held out whole."""

from collections.abc import Iterator, Sequence

from reports.statistics.metrics import METRICS
from reports.tables.hospitals import OverSites
from reports.tables.leaderboard import Leaderboard
from reports.tables.row_tables import BACKBONE, METRIC
from reports.tables.table import Column, Item, Table, Term
from reports.tables.wording import listed

_MEANING = (
    "Mean: random-effects mean over the sites, on the logit scale and taken back, with the interval of Hartung, Knapp, "
    "Sidik and Jonkman; Between sites: the standard deviation τ of the sites' true logits (Paule and Mandel), with its "
    "Q-profile interval; Next hospital: where the value at one more hospital lies with 95 %.",
    "This takes hospitals for a sample of those that come next, which they are not if they were chosen by "
    "convenience. Models of different sites share most of their training cases.",
)


def next_hospital(leaderboard: Leaderboard, wanted: Sequence[str]) -> Table:
    """Mean over sites, spread between them, and the interval of the next one, of each row and metric."""
    columns = (
        *(BACKBONE, METRIC, Column("sites", "Sites", "number", 0)),
        *(Column("mean", "Mean", "cell"), Column("tau", "Between sites (τ)", "cell")),
        *(Column("next_low", "Next hospital from", "number", 3), Column("next_high", "to", "number", 3)),
        Column("left_out", "Left out", shown="filled"),
    )
    rows: tuple[tuple[Item, ...], ...] = tuple(
        (
            *(name, Term.of(METRICS[metric]), len(one.synthesis.sites), one.synthesis.mean, one.synthesis.tau),
            *(one.synthesis.next.low, one.synthesis.next.high, _left_out(one)),
        )
        for name, metric, one in _of_metrics(leaderboard, wanted)
    )
    return Table("next_hospital", "What the sites say of the next hospital", columns, rows, _MEANING)


def each_site(leaderboard: Leaderboard, wanted: Sequence[str]) -> Table:
    """These metrics at each site, under models of the other sites."""
    known = [name for name in wanted if any(name in one.metrics for one in leaderboard.hospitals.values())]
    columns = (
        *(BACKBONE, Column("site", "Site"), Column("cases", "Cases", "number", 0)),
        Column("clusters", "Clusters", "number", 0),
        *(Column(name, METRICS[name].title, "cell") for name in known),
    )
    rows: tuple[tuple[Item, ...], ...] = tuple(
        (name, site, cases, clusters, *(of_row.metrics[metric].sites[site] for metric in known))
        for name, of_row in leaderboard.hospitals.items()
        for site, (cases, clusters) in of_row.clusters.items()
    )
    return Table("hospitals", "Each site, predicted by models of the others", columns, rows)


def _of_metrics(leaderboard: Leaderboard, wanted: Sequence[str]) -> Iterator[tuple[str, str, OverSites]]:
    for name, of_row in leaderboard.hospitals.items():
        for metric in wanted:
            if metric in of_row.metrics:
                yield name, metric, of_row.metrics[metric]


def _left_out(one: OverSites) -> str | None:
    return listed(list(one.left_out.values()), len(one.left_out)) or None
