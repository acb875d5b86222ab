"""How much is lost elsewhere, for who reads no statistics: at each site, at the next hospital, and after adaptation."""

from reports.page.of_hundred import fewer_than_here, of_hundred, range_of_hundred, right_of_hundred
from reports.statistics.comparison import PRIMARY, SIGNIFICANCE, Comparison, Endpoint
from reports.statistics.hospitals.synthesis import FEW_SITES
from reports.statistics.metrics import share_right
from reports.tables.leaderboard import Leaderboard
from reports.tables.row import Row
from reports.tables.wording import listed, site_name

RIGHT = share_right().name
MOST_NAMED = 3


def lost_elsewhere(leaderboard: Leaderboard, best: Row) -> str:
    """What is lost at other hospitals, in cases of a hundred; leaderboard: without adapted rows."""
    lines = [f"{_at(leaderboard, best, site)}{_kept_more(leaderboard, best, site)}" for site in best.sites[:MOST_NAMED]]
    if len(best.sites) > MOST_NAMED:
        lines.append(f"{len(best.sites) - MOST_NAMED} more sites are below.")
    if (of_row := leaderboard.hospitals.get(best.name)) is not None:
        to_come = of_row.metrics[RIGHT].synthesis.next
        if to_come.low is not None and to_come.high is not None:
            known = len(of_row.metrics[RIGHT].synthesis.sites)
            few = f"; {known} hospitals show that only roughly" if known < FEW_SITES else ""
            ahead = range_of_hundred(to_come.low, to_come.high)
            lines.append(f"At one more hospital like these it would be right in {ahead} of 100 (95 %{few}).")
        else:
            lines.append("What it would be at one more hospital is not known.")
    return " ".join(lines) or "That is not known: no other hospital was tested."


def kept_by_adaptation(leaderboard: Leaderboard) -> str:
    """Whether adaptation kept more somewhere, by the primary metric and after Holm's adjustment."""
    ends = {Endpoint(PRIMARY.metric, site).name: site_name(site) for site in leaderboard.sites}
    ways = list(dict.fromkeys(one.how for one in leaderboard.adaptations.values()))
    if not ways or not ends:
        return ""
    more = [
        f"{name} at {ends[one.endpoint]}"
        for name, adapted in leaderboard.adaptations.items()
        for one in adapted.differences
        if one.endpoint in ends and (one.difference.value or 0) > 0 and _told(one)
    ]
    if more:
        return f"Adapted, more was kept: {listed(more)}."
    return f"That adaptation ({listed(ways, len(ways))}) keeps more is not shown."


def _at(leaderboard: Leaderboard, best: Row, site: str) -> str:
    here, there, gap = (of[RIGHT] for of in (best.cells.internal, best.cells.external[site], best.cells.gap[site]))
    of_rounded = None  # where a site lacks classes, the gap is of the others alone
    if site not in best.shared and here.value is not None and there.value is not None:
        of_rounded = round(here.value, 2) - round(there.value, 2)
    start = f"At {site_name(site)} it was {right_of_hundred(there, leaderboard.unit)}"
    lacking = ", though that site lacks some classes" if site in best.shared else ""
    return f"{start}{fewer_than_here(gap, of_rounded)}{lacking}."


def _kept_more(leaderboard: Leaderboard, best: Row, site: str) -> str:
    """Which other row was right more often at a site, where chance is no explanation."""
    known = {row.name: row.cells.external[site][RIGHT].value or 0.0 for row in leaderboard.rows if site in row.sites}
    name = max(known, key=lambda one: known[one])
    value = known[name]
    if best.cells.external[site][RIGHT].value is None or value <= known[best.name]:
        return ""
    endpoint, pair = Endpoint(share_right(), site).name, {best.name, name}
    if not any(_told(one) for one in leaderboard.comparisons if one.endpoint == endpoint and {one.a, one.b} == pair):
        return ""
    return f" {name}, after it here, was right in {of_hundred(value)} there."


def _told(one: Comparison) -> bool:
    """Whether a difference is told from chance, after Holm's adjustment."""
    return one.p_holm is not None and one.p_holm <= SIGNIFICANCE
