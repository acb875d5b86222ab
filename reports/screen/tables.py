"""The tables of a screen."""

from collections.abc import Mapping, Sequence

from reports.screen.summary import ProbeOrNot, Screened, on_size_front, on_speed_front
from reports.statistics.metrics import METRICS, primary
from reports.tables.table import Column, Item, Table, Term

NAMES = ("screen", "screen_probe_or_not", "screen_left_out")
_FRONT = (
    "Front: no other backbone is at least as accurate and as fast (or as small), and better in one of the two. It goes "
    "by the estimates alone; their intervals say how sure that is."
)
_SPEED = (
    "Images/s: through the body alone, one worker, while its siblings worked too; measured when features were computed."
)
_BOTH = (
    "Trained minus probe, over the seeds and folds that both have; p (Holm) is that of the leaderboard's comparisons."
)


def screen_tables(
    rows: Sequence[Screened], both: Sequence[ProbeOrNot], left_out: Mapping[str, str]
) -> tuple[Table, ...]:
    """All tables, those without rows left out."""
    tables = (_screen(rows), _probe_or_not(both), _left_out(left_out))
    return tuple(table for table in tables if table.rows)


def _screen(rows: Sequence[Screened]) -> Table:
    sites = list(dict.fromkeys(site for row in rows for site in row.gap))
    columns = (
        *(Column("rank", "Rank", "number", 0), Column("name", "Name", shown="never"), Column("backbone", "Backbone")),
        *(Column("weights", "Weights"), Column("recipe", "Recipe")),
        Column("parameters", "Parameters (M)", "number", 1, unit=1e6),
        Column("images_per_second", "Images/s", "number", 0),
        Column("accuracy", "Accuracy", "cell"),
        Column("macro_f1", METRICS["macro_f1"].title, "cell"),
        *(Column(f"gap_{n}", f"Gap {site}, {METRICS['macro_f1'].in_sentence}", "cell") for n, site in enumerate(sites)),
        *(Column("front_speed", "Front: speed", "flag"), Column("front_size", "Front: size", "flag")),
    )
    lines: list[tuple[Item, ...]] = [
        (
            *(row.rank, row.name, row.backbone, row.weights, row.recipe, row.parameters, row.speed),
            *(row.accuracy, row.macro_f1, *(row.gap.get(site) for site in sites), fast, small),
        )
        for row, fast, small in zip(rows, on_speed_front(rows), on_size_front(rows), strict=True)
    ]
    return Table("screen", "Screened backbones", columns, tuple(lines), (_FRONT, _SPEED))


def _probe_or_not(both: Sequence[ProbeOrNot]) -> Table:
    columns = (
        *(Column("backbone", "Backbone"), Column("trained", "Trained"), Column("probe", "Probe")),
        *(Column("metric", "Metric"), Column("difference", "Trained minus probe", "cell")),
        *(Column("p", "p", "p"), Column("p_holm", "p (Holm)", "p")),
    )
    lines = tuple(
        (one.backbone, one.trained, one.probe, Term.of(METRICS[one.metric]), one.difference, one.p, one.p_holm)
        for one in both
    )
    title = f"Probe or fine-tune? Paired differences of {primary().in_sentence} and accuracy"
    return Table("screen_probe_or_not", title, columns, lines, (_BOTH,))


def _left_out(left_out: Mapping[str, str]) -> Table:
    columns = (Column("backbone", "Backbone"), Column("reason", "Why"))
    return Table("screen_left_out", "Backbones that could not be screened", columns, tuple(left_out.items()))
