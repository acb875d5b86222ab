"""The tables that have lines for each row of a leaderboard."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from reports.statistics.cases import INTERNAL
from reports.statistics.cell import Cell
from reports.statistics.metrics import METRICS, of_each_class, primary
from reports.statistics.metrics.of_counts import CONFUSED
from reports.tables.caveats import has
from reports.tables.claims import said_probability
from reports.tables.leaderboard import Leaderboard
from reports.tables.row import Row, SidedCells
from reports.tables.table import Column, Item, Table, Term

BACKBONE = Column("backbone", "Backbone")
METRIC = Column("metric", "Metric")
SITE = Column("site", "Site", shown="filled")
_SIDES = (
    Column("internal", "Internal", "cell"),
    *(Column("external", "External", "cell", shown="filled"), Column("gap", "Gap", "cell", shown="filled")),
)
_PRIMARY = primary().in_sentence
GUESSING = "Guessing by class shares"
GUESSING_MEANING = (
    f"{GUESSING}: the expected value of predicting each case's class at random, each class as often as it is "
    "internally; for metrics of probabilities, of giving these shares as probabilities."
)
_RANK = (
    f"Rank: 1 + the number of backbones resolved better on internal {_PRIMARY}. "
    "Only the column Ties says which pairs these data do not resolve."
)
_BEST = (
    "P(best): a conservative probability, from the same variances as p, that a backbone's true internal "
    f"{_PRIMARY} is the highest of these; – where the row is not clearly better than guessing, or where it would "
    "contradict the ties."
)
_GAIN = (
    "Gain: the variance of internal accuracy with one seed over that with all, patients (or cases) and seeds drawn "
    "anew; from few seeds a rough figure. Effective cases: so many cases, each right or wrong on its own under a model "
    "that no seed changes, would know the accuracy as well."
)

Line = tuple[Item, ...]


def standings(leaderboard: Leaderboard, metrics: Sequence[str]) -> Table:
    """Rank, what was trained, these internal metrics, and where it is known the probability of being the best.

    The last line is that of guessing, without rank and interval. The column name, by which other tables call a row, is
    for machines; the notes say what ranks mean.
    """
    best, guessing = leaderboard.probability_of_best, leaderboard.chance.get(INTERNAL, {})
    by = "" if primary().name in metrics else f" ({_PRIMARY})"
    probability = (Column("probability_of_best", f"P(best){by}", "number"),) if best else ()
    cells = (
        Column(f"internal_{name}", f"Internal {METRICS[name].in_sentence}", "cell", reference=guessing.get(name))
        for name in metrics
    )
    last = (None, GUESSING, GUESSING, None, None, *_guessed(guessing, metrics), None, *((None,) if best else ()))
    trained = (
        *(Column("name", "Name", shown="never"), BACKBONE),
        *(Column("weights", "Weights"), Column("recipe", "Recipe")),
    )
    return Table(
        "leaderboard",
        "Leaderboard",
        (Column("rank", f"Rank{by}", "number"), *trained, *cells, Column("ties", f"Ties{by}"), *probability),
        (
            *(
                (
                    row.rank,
                    *(row.name, row.backbone, row.weights, row.recipe),
                    *(row.cells.internal.get(name) for name in metrics),
                    ", ".join(row.ties) or None,
                    *((said_probability(leaderboard, row),) if best else ()),
                )
                for row in leaderboard.rows
            ),
            *((last,) if leaderboard.rows else ()),
        ),
        (
            *([_RANK] if len(leaderboard.rows) > 1 and leaderboard.ranks else []),
            *([_BEST] if best else []),
            *([GUESSING_MEANING] if leaderboard.rows else []),
        ),
    )


def at_site(leaderboard: Leaderboard, site: str, metrics: Sequence[str]) -> Table:
    """These metrics at an external site, and their gaps, of the rows that have it; guessing last."""
    sides, guessing = (("external", f"{site} "), ("gap", "Gap ")), leaderboard.chance.get(site, {})
    return Table(
        "site",
        f"External site {site}, and the gap (internal minus {site})",
        (
            BACKBONE,
            *(
                Column(
                    f"{side}_{name}",
                    f"{title}{METRICS[name].in_sentence}",
                    "cell",
                    reference=guessing.get(name) if side == "external" else None,
                )
                for side, title in sides
                for name in metrics
            ),
        ),
        (
            *(
                (
                    row.name,
                    *(row.cells.external[site].get(name) for name in metrics),
                    *(row.cells.gap[site].get(name) for name in metrics),
                )
                for row in leaderboard.rows
                if site in row.sites
            ),
            (GUESSING, *_guessed(guessing, metrics), *(None for _ in metrics)),
        ),
    )


def runs(leaderboard: Leaderboard) -> Table:
    """How much was trained, and on how many cases."""
    return Table(
        "runs",
        "What was run",
        (
            BACKBONE,
            Column("seeds", "Seeds", "number"),
            Column("folds", "Folds", "number"),
            Column("parameters", "Parameters (M)", "number", 1, unit=1e6),
            Column("seconds_per_run", "Seconds a run", "number", 1),
            Column("cases", f"{leaderboard.unit.capitalize()} (clusters)"),
        ),
        tuple(
            (
                row.name,
                len(row.seeds),
                None if has(row.caveats, "unknown_folds") else row.folds,
                row.parameters,
                row.seconds_per_run,
                ", ".join(f"{side} {cases} ({clusters})" for side, (cases, clusters) in row.clusters.items()),
            )
            for row in leaderboard.rows
        ),
    )


def metrics(leaderboard: Leaderboard, wanted: Sequence[str]) -> Table:
    """Each metric of a row, internally, at each site, and the gap."""

    def lines(row: Row) -> Iterator[Line]:
        return _on_sides(row, (), row.cells, wanted)

    return _sided(leaderboard, "metrics", "Internal, external and gap", (), lines)


def classes(leaderboard: Leaderboard, wanted: Sequence[str]) -> Table:
    """Each metric of each class of a row, internally, at each site, and the gap."""

    def lines(row: Row) -> Iterator[Line]:
        return (line for name, cells in row.per_class.items() for line in _on_sides(row, (name,), cells, wanted))

    return _sided(leaderboard, "classes", "Each class", (Column("class", "Class"),), lines)


def confusion(leaderboard: Leaderboard, wanted: Sequence[str]) -> Table:
    """The share of two classes' cases taken for the other of the two."""

    def lines(row: Row) -> Iterator[Line]:
        return (line for pair, cells in row.confusion_pairs.items() for line in _on_sides(row, pair, cells, wanted))

    pair = (Column("class_a", "Class A"), Column("class_b", "Class B"))
    return _sided(leaderboard, "confusion", "Classes taken for each other", pair, lines)


def each_class(row: Row) -> Table:
    """The metric that stands for a class, of each class of one row, side by side."""
    metric, lines = of_each_class(), row.per_class.items()
    return _side_by_side("of_each_class", f"{metric.title} of each class", "Class", row.sites, lines, metric.name)


def taken_for_each_other(row: Row) -> Table:
    """The named pairs of classes of one row, side by side."""
    lines = ((f"{a} ↔ {b}", cells) for (a, b), cells in row.confusion_pairs.items())
    first = "Share of both classes' cases"
    return _side_by_side(
        "taken_for_each_other", f"Classes {CONFUSED.in_sentence}", first, row.sites, lines, CONFUSED.name
    )


def gap_split(leaderboard: Leaderboard, wanted: Sequence[str]) -> Table:
    """The parts of gaps: appearance and prevalence shift."""
    parts = (Column("appearance", "Appearance shift", "cell"), Column("prevalence", "Prevalence shift", "cell"))
    return Table(
        "gap_split",
        "What the gaps are made of",
        (BACKBONE, SITE, METRIC, *parts),
        tuple(
            (row.name, site, Term.of(METRICS[name]), split[name].appearance, split[name].prevalence)
            for row in leaderboard.rows
            for site, split in row.gap_split.items()
            for name in wanted
            if name in split
        ),
    )


def sample_gain(leaderboard: Leaderboard) -> Table:
    """What seeds are worth, by the variance of internal accuracy."""
    return Table(
        "sample_gain",
        "Sample gain of the seeds",
        (
            BACKBONE,
            Column("gain", "Gain", "number"),
            Column("effective_cases", "Effective cases", "number", 0),
            Column("next_seed", "The next seed adds (%)", "number", 1, unit=0.01),
            Column("reason", "Remark", shown="filled"),
        ),
        tuple(
            (name, gain.gain, gain.effective_cases, gain.next_seed, gain.reason)
            for name, gain in leaderboard.sample_gains.items()
        ),
        (_GAIN,),
    )


def _guessed(guessing: Mapping[str, float], metrics: Sequence[str]) -> Iterator[Cell | None]:
    """What guessing reaches on a side, None where that is not known."""
    return (Cell(guessing[name]) if name in guessing else None for name in metrics)


def _sided(
    leaderboard: Leaderboard,
    name: str,
    title: str,
    own: Iterable[Column],
    lines: Callable[[Row], Iterator[Line]],
) -> Table:
    rows = tuple(line for row in leaderboard.rows for line in lines(row))
    return Table(name, title, (BACKBONE, SITE, *own, METRIC, *_SIDES), rows)


def _side_by_side(
    name: str, title: str, first: str, sites: Sequence[str], lines: Iterable[tuple[str, SidedCells]], metric: str
) -> Table:
    """One metric on all sides, a line for each name."""
    external = (
        (Column(f"external_{site}", site, "cell"), Column(f"gap_{site}", f"Gap {site}", "cell")) for site in sites
    )
    return Table(
        name,
        title,
        (Column("name", first), Column("internal", "Internal", "cell"), *(one for pair in external for one in pair)),
        tuple(
            (
                *(of, cells.internal[metric]),
                *(cell for site in sites for cell in (cells.external[site][metric], cells.gap[site][metric])),
            )
            for of, cells in lines
        ),
    )


def _on_sides(row: Row, own: tuple[str, ...], cells: SidedCells, wanted: Sequence[str]) -> Iterator[Line]:
    """A line for each site and metric, or where there is no site for each metric."""
    for site in row.sites or (None,):
        for name in wanted:
            if name not in cells.internal:
                continue
            external = (None, None) if site is None else (cells.external[site].get(name), cells.gap[site].get(name))
            yield (row.name, site, *own, Term.of(METRICS[name]), cells.internal[name], *external)
