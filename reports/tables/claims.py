"""What may be said of the rows of a leaderboard: their caveats, whether one is the best, and where weights differ."""

from collections.abc import Sequence

from reports.tables.caveats import NEAR_GUESSING, Caveat
from reports.tables.leaderboard import Leaderboard
from reports.tables.row import Row
from reports.tables.wording import listed

RECOMMENDED_SEEDS = 5
_CERTAIN = 0.95
RANDOM, IMPORTED = "random", "imported"


def caveats_of(leaderboard: Leaderboard, row: Row) -> tuple[Caveat, ...]:
    """The caveats of a row, and whether it is not clearly better than guessing."""
    return (*row.caveats, *([NEAR_GUESSING] if leaderboard.near_guessing(row) else []))


def all_caveats_of(leaderboard: Leaderboard, row: Row) -> tuple[Caveat, ...]:
    """The caveats of a row, and also whether it has few seeds."""
    few = Caveat("few_seeds", f"fewer than {RECOMMENDED_SEEDS} seeds")
    return (*caveats_of(leaderboard, row), *([few] if len(row.seeds) < RECOMMENDED_SEEDS else []))


def few_seeds(leaderboard: Leaderboard) -> tuple[str, ...]:
    """The warning where a row has few seeds."""
    if all(len(row.seeds) >= RECOMMENDED_SEEDS for row in leaderboard.rows):
        return ()
    how_much = "since so few show little of how much they do; one shows nothing of it"
    return (f"Fewer than {RECOMMENDED_SEEDS} seeds: intervals are long where seeds matter, {how_much}.",)


def caveats_in_words(leaderboard: Leaderboard) -> tuple[str, ...]:
    """What to say below each table: every caveat with the rows that carry it, and the warning of few seeds."""
    carriers: dict[str, list[str]] = {}
    for row in leaderboard.rows:
        for one in caveats_of(leaderboard, row):
            carriers.setdefault(one.text, []).append(row.name)
    every = len(leaderboard.rows)
    lines = (
        f"{'Every backbone' if 1 < every == len(names) else ', '.join(names)}: {text}."
        for text, names in carriers.items()
    )
    return (*lines, *few_seeds(leaderboard))


def is_best(leaderboard: Leaderboard, row: Row) -> bool:
    """Whether a row is resolved better than all others that are ranked, and clearly better than guessing."""
    ranked = sum(one.rank is not None for one in leaderboard.rows)
    return row.rank == 1 and ranked > 1 and not row.ties and not leaderboard.near_guessing(row)


def said_probability(leaderboard: Leaderboard, row: Row) -> float | None:
    """The probability that a row is the best, where it may be said.

    Not of a row that guessing might equal. And not where it is close to 0 or 1 though the tests do not tell the row
    from others: of one pair nobody should read both "tied" and "surely the best".
    """
    known = leaderboard.probability_of_best.get(row.name)
    if known is None or leaderboard.near_guessing(row):
        return None
    return known if not row.ties or 1 - _CERTAIN <= known <= _CERTAIN else None


def mixed_weights(rows: Sequence[Row]) -> str | None:
    """`a starts from random weights and b from ImageNet weights: this difference is of …`, or None where none is mixed.

    Rows of imported predictions, of whose weights nothing is known, do not count.
    """
    random = [row for row in rows if row.weights == RANDOM]
    others = [row for row in rows if row.weights not in (RANDOM, IMPORTED)]
    if not random or not others:
        return None
    sources = list(dict.fromkeys(row.weights for row in others))
    starts = "starts" if len(random) == 1 else "start"
    first = f"{_names(random, RANDOM)} {starts} from random weights"
    origins = [first, *(f"{_names(others, source)} from {source} weights" for source in sources)]
    differences = "this difference is" if len(random) == len(others) == 1 else "differences between them are"
    same = len({row.backbone for row in (*random, *others)}) == 1
    what = "weights, not of architecture" if same else "weights and architecture together"
    return f"{listed(origins, len(origins))}: {differences} of {what}"


def _names(rows: Sequence[Row], source: str) -> str:
    return listed([row.name for row in rows if row.weights == source])
