"""The answer of a page for who reads no statistics: which, how sure, how much is lost elsewhere, what is noise."""

from collections.abc import Sequence

from reports.page.answer import unranked_since
from reports.page.part import Said
from reports.statistics.cases import INTERNAL
from reports.statistics.cell import Cell
from reports.statistics.comparison import PRIMARY, Comparison, Endpoint
from reports.statistics.metrics import share_right
from reports.tables.claims import IMPORTED, RANDOM, RECOMMENDED_SEEDS, is_best, mixed_weights
from reports.tables.leaderboard import Leaderboard
from reports.tables.row import Row
from reports.tables.wording import listed, p_value, site_name

RIGHT = share_right().name
_NAMED = 3


def plain_words(leaderboard: Leaderboard) -> tuple[Said, ...]:
    """Four questions on the first row of the leaderboard, answered in cases of a hundred; none without a row."""
    if not leaderboard.rows:
        return ()
    best = leaderboard.rows[0]
    return (
        Said("Which backbone?", _which(leaderboard, best)),
        Said("How sure is that?", _sure(leaderboard, best)),
        Said("How much is lost elsewhere?", _elsewhere(leaderboard, best)),
        Said("How much is only noise?", _noise(leaderboard, best)),
    )


def of_hundred(share: float) -> str:
    """`72`; where it would else be called all or none, `under 1` or `over 99`."""
    rounded = round(100 * share)
    if rounded == 0 and share > 0:
        return "under 1"
    return "over 99" if rounded == 100 and share < 1 else str(rounded)


def _range(low: float, high: float) -> str:
    return f"{of_hundred(low)} to {of_hundred(high)}"


def _right(leaderboard: Leaderboard, cell: Cell) -> str:
    """`right in 72 of 100 cases (68 to 75)`."""
    if cell.value is None:
        return "right in an unknown share of cases"
    ends = "" if cell.low is None or cell.high is None else f" ({_range(cell.low, cell.high)})"
    return f"right in {of_hundred(cell.value)} of 100 {leaderboard.unit}{ends}"


def _which(leaderboard: Leaderboard, best: Row) -> str:
    others = leaderboard.rows[1:]
    here = "at hospitals that its models had not seen" if best.name in leaderboard.hospitals else "here"
    reached = f"was {_right(leaderboard, best.cells.internal[RIGHT])} {here}"
    if not others:
        return f"{best.name} alone was tested. It {reached}."
    beside = f"; {_beside(others)}"
    if leaderboard.near_guessing(best):
        return f"None is shown to be better than guessing. {best.name}, the first of the list, {reached}{beside}."
    if best.rank is None:
        return f"None is ranked, since {unranked_since(leaderboard)}. {best.name} {reached}{beside}."
    if best.ties:
        return f"None is clearly the best. {best.name} {reached}{beside}."
    return f"{best.name}. It {reached}{beside}."


def _beside(others: Sequence[Row]) -> str:
    known = [(row.name, row.cells.internal[RIGHT].value) for row in others]
    said = [f"{name} in {of_hundred(value)}" for name, value in known if value is not None]
    return listed(said, _NAMED)


def _sure(leaderboard: Leaderboard, best: Row) -> str:
    if leaderboard.near_guessing(best):
        guessing = leaderboard.chance[INTERNAL].get(RIGHT)
        known = "" if guessing is None else f": guessing would be right in {of_hundred(guessing)} of 100"
        return f"Not sure at all. What {best.name} reached may be luck{known}."
    if len(leaderboard.rows) == 1:
        return "There was nothing to compare it with."
    said = [_judged(leaderboard, best), _weights(leaderboard)]
    return " ".join(text for text in said if text)


def _judged(leaderboard: Leaderboard, best: Row) -> str:
    by = f"by {PRIMARY.metric.in_sentence}"
    if PRIMARY.metric.kind == "class average":
        by += ", which counts every class alike"
    if best.rank is None:
        return "That is not known, since nothing is ranked."
    if best.ties:
        return f"These data do not tell {best.name} from {listed(best.ties)} ({by}): the difference may be luck."
    if not is_best(leaderboard, best):
        return f"{best.name} is the only one that is ranked, so nothing was compared with it."
    beaten = [row.name for row in leaderboard.rows[1:] if row.rank is not None]
    known = [one.p_holm for one in _of(leaderboard, PRIMARY) if best.name in (one.a, one.b) and one.p_holm is not None]
    p = f"p {_p(max(known))} " if known else ""
    return f"{best.name} beats {listed(beaten)}, and luck is an unlikely explanation ({p}{by})."


def _p(value: float) -> str:
    text = p_value(value)
    return text if text.startswith("<") else f"= {text}"


def _weights(leaderboard: Leaderboard) -> str:
    """That some were pretrained and others not."""
    if not mixed_weights(leaderboard.rows):
        return ""
    ready = [row.name for row in leaderboard.rows if row.weights not in (RANDOM, IMPORTED)]
    were = "was" if len(ready) == 1 else "were"
    return f"But only {listed(ready)} {were} pretrained, so the weights may be all that differs."


def _elsewhere(leaderboard: Leaderboard, best: Row) -> str:
    lines = [_at(leaderboard, best, site) for site in best.sites[:_NAMED]]
    if len(best.sites) > _NAMED:
        lines.append(f"{len(best.sites) - _NAMED} more sites are below.")
    if (of_row := leaderboard.hospitals.get(best.name)) is not None:
        to_come = of_row.metrics[RIGHT].synthesis.next
        if to_come.low is not None and to_come.high is not None:
            lines.append(f"At one more hospital like these it would be right in {_range(to_come.low, to_come.high)}.")
    return " ".join(lines) or "That is not known: no other hospital was tested."


def _at(leaderboard: Leaderboard, best: Row, site: str) -> str:
    there, gap = best.cells.external[site][RIGHT], best.cells.gap[site][RIGHT]
    start = f"At {site_name(site)} it was {_right(leaderboard, there)}"
    lacking = ", though that site lacks some classes" if site in best.shared else ""
    return f"{start}{_fewer(gap)}{lacking}."


def _fewer(gap: Cell) -> str:
    """`: 9 fewer than here (1 to 18 fewer)`."""
    if gap.value is None:
        return "; how that compares is not known"
    one = f": {_more_or_fewer(gap.value)} than here" if round(100 * gap.value) else ": about as many as here"
    if gap.low is None or gap.high is None:
        return one
    chance = ", which may be chance" if gap.low <= 0 <= gap.high else ""
    return f"{one}{chance} ({_ends(gap.low, gap.high)})"


def _ends(low: float, high: float) -> str:
    """`1 to 18 fewer`, `2 more to 9 fewer`."""
    fewest, most = round(100 * low), round(100 * high)
    if fewest < 0 < most:
        return f"{-fewest} more to {most} fewer"
    return f"{fewest} to {most} fewer" if most > 0 else f"{-most} to {-fewest} more"


def _more_or_fewer(gap: float) -> str:
    return f"{of_hundred(abs(gap))} {'fewer' if gap >= 0 else 'more'}"


def _noise(leaderboard: Leaderboard, best: Row) -> str:
    floor = leaderboard.noise_floor.get(best.name, {}).get(RIGHT)
    if floor is None:
        why = "one seed was trained" if len(best.seeds) == 1 else "its seeds hold out different cases"
        return f"That is not known, since {why}."
    scale = floor.floor_s / floor.floor_1 if floor.floor_1 else 1.0
    seeds, few = len(best.seeds), len(best.seeds) < RECOMMENDED_SEEDS
    roughly = f"; {seeds} seeds show that only roughly" if few else ""
    text = (
        f"Trained again with {seeds} other seeds, {best.name} would differ by up to {of_hundred(floor.floor_s)} of 100 "
        f"({_range(scale * floor.low, scale * floor.high)}{roughly})."
    )
    judged = [one for one in _of(leaderboard, Endpoint(share_right())) if one.below_noise_floor is not None]
    within = sum(one.below_noise_floor is True for one in judged)
    if not judged:
        return text
    if len(judged) == 1:
        return f"{text} The two backbones differ by {'no ' if within else ''}more than that noise."
    return f"{text} Of {len(judged)} differences between backbones, {within} are no more than noise."


def _of(leaderboard: Leaderboard, endpoint: Endpoint) -> list[Comparison]:
    return [one for one in leaderboard.comparisons if one.endpoint == endpoint.name]
