"""The answer of a page for who reads no statistics: which, how sure, how much is lost elsewhere, what is noise."""

from collections.abc import Sequence

from reports.page.answer import unranked_since
from reports.page.of_hundred import of_hundred, range_of_hundred, right_of_hundred
from reports.page.part import Said
from reports.page.plain_elsewhere import MOST_NAMED, RIGHT, kept_by_adaptation, lost_elsewhere
from reports.statistics.cases import INTERNAL
from reports.statistics.comparison import PRIMARY, Comparison, Endpoint
from reports.statistics.metrics import share_right
from reports.tables.claims import IMPORTED, RANDOM, RECOMMENDED_SEEDS, is_best, mixed_weights
from reports.tables.comparison_tables import floor_cells
from reports.tables.leaderboard import Leaderboard
from reports.tables.row import Row
from reports.tables.wording import interval, listed, number, p_value

_BY = f"by {PRIMARY.metric.in_sentence}" + (
    ", which counts every class alike" if PRIMARY.metric.kind == "class average" else ""
)


def plain_words(leaderboard: Leaderboard) -> tuple[Said, ...]:
    """Four questions on the first row of the leaderboard, answered in cases of a hundred; none without a row."""
    if not leaderboard.rows:
        return ()
    plain = leaderboard.unadapted()
    best = plain.rows[0]
    lost = " ".join(text for text in (lost_elsewhere(plain, best), kept_by_adaptation(leaderboard)) if text)
    return (
        Said("Which backbone?", _which(plain, best)),
        Said("How sure is that?", _sure(plain, best)),
        Said("How much is lost elsewhere?", lost),
        Said("How much is only noise?", _noise(plain, best)),
    )


def _which(leaderboard: Leaderboard, best: Row) -> str:
    others = leaderboard.rows[1:]
    here = "at hospitals that its models had not seen" if best.name in leaderboard.hospitals else "here"
    reached = f"was {right_of_hundred(best.cells.internal[RIGHT], leaderboard.unit)} {here}"
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
    return listed(said, MOST_NAMED)


def _sure(leaderboard: Leaderboard, best: Row) -> str:
    if leaderboard.near_guessing(best):
        reached = interval(best.cells.internal[PRIMARY.metric.name], 2)
        guessing = number(leaderboard.chance[INTERNAL][PRIMARY.metric.name], 2)
        return (
            f"Not sure at all. {_BY[0].upper()}{_BY[1:]}, it reached {reached} and guessing {guessing}: it may be luck."
        )
    if len(leaderboard.rows) == 1:
        return "There was nothing to compare it with."
    said = [_judged(leaderboard, best), _weights(leaderboard, best)]
    return " ".join(text for text in said if text)


def _judged(leaderboard: Leaderboard, best: Row) -> str:
    if best.rank is None:
        return "That is not known, since nothing is ranked."
    if best.ties:
        return f"These data do not tell {best.name} from {listed(best.ties)} ({_BY}): the difference may be luck."
    if not is_best(leaderboard, best):
        return f"{best.name} is the only one that is ranked, so nothing was compared with it."
    beaten = [row.name for row in leaderboard.rows[1:] if row.rank is not None]
    known = [one.p_holm for one in _of(leaderboard, PRIMARY) if best.name in (one.a, one.b) and one.p_holm is not None]
    p = f"p {_p(max(known))} " if known else ""
    return f"{best.name} beats {listed(beaten)}, and luck is an unlikely explanation ({p}{_BY})."


def _p(value: float) -> str:
    text = p_value(value)
    return text if text.startswith("<") else f"= {text}"


def _weights(leaderboard: Leaderboard, best: Row) -> str:
    """That some were pretrained and others not."""
    if not mixed_weights(leaderboard.rows):
        return ""
    ready = [row.name for row in leaderboard.rows if row.weights not in (RANDOM, IMPORTED)]
    were = "was" if len(ready) == 1 else "were"
    only = f"only {listed(ready)} {were} pretrained"
    if best.ties or best.rank is None:
        return f"The comparison is not even: {only}."
    return f"But {only}, so the weights may be all that differs."


def _noise(leaderboard: Leaderboard, best: Row) -> str:
    floor = leaderboard.noise_floor.get(best.name, {}).get(RIGHT)
    if floor is None:
        why = "one seed was trained" if len(best.seeds) == 1 else "its seeds hold out different cases"
        return f"That is not known, since {why}."
    seeds, (_, means) = len(best.seeds), floor_cells(floor, 1.0)
    if means.value is None or means.low is None or means.high is None or means.value >= 1:
        return f"That is not known: {seeds} seeds are too few to show it."
    roughly = f"; {seeds} seeds show that only roughly" if seeds < RECOMMENDED_SEEDS else ""
    text = (
        f"Trained again with {seeds} other seeds, {best.name} would differ by up to {of_hundred(means.value)} of 100 "
        f"({range_of_hundred(means.low, means.high)}{roughly})."
    )
    judged = [one for one in _of(leaderboard, Endpoint(share_right())) if one.below_noise_floor is not None]
    within = sum(one.below_noise_floor is True for one in judged)
    if not judged:
        return text
    if len(judged) == 1:
        return f"{text} {_beside_noise(leaderboard, judged[0])}"
    return f"{text} Of {len(judged)} differences between backbones, {within} are no more than noise."


def _beside_noise(leaderboard: Leaderboard, one: Comparison) -> str:
    """The noise of a pair is that of the row that seeds change more."""
    floors = {name: leaderboard.noise_floor[name][RIGHT] for name in (one.a, one.b)}
    larger = max(floors, key=lambda name: floors[name].floor_s)
    apart = "" if one.difference.value is None else f" by {of_hundred(abs(one.difference.value))}"
    more = "no more" if one.below_noise_floor else "more"
    noise = of_hundred(floor_cells(floors[larger], 1.0)[1].value or 0.0)
    return f"The two backbones differ{apart}, {more} than other seeds change {larger} (up to {noise})."


def _of(leaderboard: Leaderboard, endpoint: Endpoint) -> list[Comparison]:
    return [one for one in leaderboard.comparisons if one.endpoint == endpoint.name]
