"""Charts of estimates with their intervals: one line for each row and series."""

from reports.page.dumbbell import Estimate, Guess, dumbbells
from reports.page.part import Chart
from reports.statistics.cases import INTERNAL
from reports.statistics.metrics import of_each_class, primary
from reports.statistics.metrics.metric import Metric
from reports.tables.leaderboard import Leaderboard
from reports.tables.row import Row
from reports.tables.wording import listed, number

MOST_ROWS = 40


def on_sides(leaderboard: Leaderboard, metric: Metric) -> tuple[Estimate, ...]:
    """A metric of each backbone internally and at each site."""
    return tuple(
        Estimate(row.name, side, cells[metric.name])
        for row in leaderboard.rows[:MOST_ROWS]
        for side, cells in ((INTERNAL, row.cells.internal), *row.cells.external.items())
        if metric.name in cells and cells[metric.name].value is not None
    )


def of_guessing(leaderboard: Leaderboard, metric: Metric, *, hundred: bool = False) -> tuple[Guess, ...]:
    """A line for each value that guessing reaches, to a hundredth, on the sides that backbones predict.

    hundred: said as so many of a hundred.
    """
    sides = list(dict.fromkeys(one.series for one in on_sides(leaderboard, metric)))
    at: dict[str, list[str]] = {}
    for side in sides:
        if metric.name in leaderboard.chance[side]:
            at.setdefault(number(leaderboard.chance[side][metric.name], 2), []).append(side)
    return tuple(
        Guess(
            leaderboard.chance[there[0]][metric.name],
            f"guessing {said}" if len(at) == 1 else f"guessing {said}, {listed(there)}",
        )
        for value, there in at.items()
        for said in (number(100 * float(value), 0) if hundred else value,)
    )


def of_gap(leaderboard: Leaderboard, site: str, metric: Metric) -> tuple[Estimate, ...]:
    """The gap of each backbone at a site, and its parts where it is split."""
    found = []
    for row in leaderboard.rows[:MOST_ROWS]:
        if site not in row.sites:
            continue
        parts = {"gap": row.cells.gap[site].get(metric.name)}
        if (split := row.gap_split.get(site, {}).get(metric.name)) is not None:
            parts |= {"appearance shift": split.appearance, "prevalence shift": split.prevalence}
        found += [Estimate(row.name, name, cell) for name, cell in parts.items() if cell and cell.value is not None]
    return tuple(found)


def of_classes(row: Row, metric: str) -> tuple[Estimate, ...]:
    """A metric of each class of one backbone, on each side; of many classes those with the lowest internal values."""
    by_value = sorted(row.per_class, key=lambda name: row.per_class[name].internal[metric].value or 0.0)
    kept = set(by_value[:MOST_ROWS])
    return tuple(
        Estimate(name, side, cells[metric])
        for name, sided in row.per_class.items()
        if name in kept
        for side, cells in ((INTERNAL, sided.internal), *sided.external.items())
        if cells[metric].value is not None
    )


def internal_against_external(leaderboard: Leaderboard, metric: Metric) -> Chart:
    """A dumbbell a backbone: its internal and external values, connected where there is one site."""
    title = metric.title
    return Chart(
        f"external-{metric.name.replace('_', '-')}",
        f"{title}, internal against external",
        f"{title} of each backbone with its interval, internally and at each external site, and what guessing by class "
        "shares would reach. The numbers are in the table of the leaderboard.",
        dumbbells(on_sides(leaderboard, metric), title, connected=True, guesses=of_guessing(leaderboard, metric)),
        wide=False,
        folded="" if metric.name == primary().name else f"Chart: {title}",
    )


def gap_parts(leaderboard: Leaderboard, site: str, metric: Metric, number: int) -> Chart:
    """The gap of each backbone at a site and what it is made of; number: that of the site, for the file's name."""
    title = metric.title
    return Chart(
        f"gap-{number}-{metric.name.replace('_', '-')}",
        f"{title} lost at {site}, and its parts",
        f"The gap in {title} of each backbone at {site}, its appearance and its prevalence shift, with intervals. The "
        "numbers are in the table below.",
        dumbbells(of_gap(leaderboard, site, metric), f"{title}, internal minus {site}", zero=True),
        wide=False,
    )


def each_class(row: Row, number: int) -> Chart:
    """The metric of each class of one backbone; number: its place, for the file's name."""
    metric = of_each_class()
    return Chart(
        f"classes-{number}",
        f"{metric.title} of each class, {row.name}",
        f"{metric.title} of each class with its interval, internally and at each site, of {row.name}. The numbers are "
        "in the table of classes.",
        dumbbells(of_classes(row, metric.name), metric.title),
        wide=False,
        folded="" if number == 1 else "Charts: the classes of other backbones",
    )
