"""The one picture of a page: how often each backbone is right here and elsewhere, and what the seed alone can do."""

from reports.page.dumbbell import Band, dumbbells
from reports.page.estimates import of_guessing, on_sides
from reports.page.part import Chart
from reports.statistics.metrics import share_right
from reports.tables.leaderboard import Leaderboard
from reports.tables.wording import listed

RIGHT = share_right()
MOST_ROWS = 6


def noise_bands(leaderboard: Leaderboard) -> tuple[Band, ...]:
    """Around the first row's internal value, on the line of each row: the larger noise floor of both, either way."""
    first, *others = leaderboard.rows[:MOST_ROWS]
    middle, floors = first.cells.internal[RIGHT.name].value, leaderboard.noise_floor
    if middle is None:
        return ()
    found = []
    for row in (first, *others):
        both = [
            floors[name][RIGHT.name].floor_s for name in (first.name, row.name) if RIGHT.name in floors.get(name, {})
        ]
        if len(both) == 2:
            found.append(Band(row.name, max(0.0, middle - max(both)), min(1.0, middle + max(both))))
    return tuple(found)


def overview(leaderboard: Leaderboard) -> Chart | None:
    """The first six rows; None where there is no row or nothing is known of them."""
    shown = [row.name for row in leaderboard.rows[:MOST_ROWS]]
    estimates = [one for one in on_sides(leaderboard, RIGHT) if one.row in shown]
    if not estimates:
        return None
    sides = list(dict.fromkeys(one.series for one in estimates))
    bands = noise_bands(leaderboard)
    grey = " Grey: as far as other seeds alone can move a result from that of the first." if bands else ""
    more = f" The first {MOST_ROWS} of {len(leaderboard.rows)}." if len(leaderboard.rows) > MOST_ROWS else ""
    where = ", here (internal) and elsewhere" if len(sides) > 1 else ""
    return Chart(
        "overview",
        f"How many of 100 {leaderboard.unit} were right{where}",
        f"Share of {leaderboard.unit} that {listed(shown, MOST_ROWS)} were right in, at {listed(sides, len(sides))}, "
        "each with its interval. The words beside it and the table of the leaderboard have the numbers.",
        dumbbells(
            estimates,
            f"Right, of 100 {leaderboard.unit}",
            connected=True,
            guesses=of_guessing(leaderboard, RIGHT, hundred=True),
            bands=bands,
            hundred=True,
            line=32,
        ),
        wide=False,
        note=f"Lines are 95 % intervals.{grey}{more}",
    )
