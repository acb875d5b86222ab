"""The answer of a page: which backbone, how sure, what is lost elsewhere, and how much is only the seed."""

import math

from reports.statistics.cases import INTERNAL
from reports.statistics.cell import Cell
from reports.statistics.comparison import PRIMARY, Comparison
from reports.statistics.hospitals.synthesis import FEW_SITES
from reports.statistics.metrics import primary
from reports.tables.caveats import NEAR_GUESSING, has
from reports.tables.claims import is_best, mixed_weights, said_probability
from reports.tables.comparison_tables import floor_cells, turned
from reports.tables.hospitals import Hospitals
from reports.tables.leaderboard import Leaderboard
from reports.tables.row import Row
from reports.tables.wording import interval, listed, number, points, site_name

METRIC, METRIC_NAME = primary().name, primary().in_sentence
_NAMED = 3
_CERTAIN = 0.995


def answer(leaderboard: Leaderboard) -> tuple[str, ...]:
    """Three sentences on the first row of the leaderboard; one where there is none."""
    if not leaderboard.rows:
        return ("No backbone has a complete seed yet, so there is nothing to rank.",)
    leaderboard = leaderboard.unadapted()
    best = leaderboard.rows[0]
    over = leaderboard.hospitals.get(best.name)
    return (_which(leaderboard, best), _to_come(best, over) if over else _elsewhere(best), _noise(leaderboard, best))


def _which(leaderboard: Leaderboard, best: Row) -> str:
    """Which backbone, how sure that is, and whether weights differ beside the architecture."""
    mixed = mixed_weights(leaderboard.rows)
    return f"{_claim(leaderboard, best)}{f'; {mixed}' if mixed else ''}."


def _claim(leaderboard: Leaderboard, best: Row) -> str:
    where = f"{leaderboard.unit} of all sites" if leaderboard.hospitals else f"internal {leaderboard.unit}"
    reached = f"{METRIC_NAME} on {where}, {interval(best.cells.internal[METRIC], 2)}"
    if leaderboard.near_guessing(best):
        return _no_claim(leaderboard, best, reached)
    if len(leaderboard.rows) == 1:
        return f"{best.name} was tested alone, with a {reached}"
    if best.rank is None:
        return f"No backbone is ranked, since {unranked_since(leaderboard)}; {best.name} has the highest {reached}"
    if best.ties:
        return f"{best.name} has the highest {reached}, but these data do not tell it from {listed(best.ties)}"
    others = sum(row.rank is not None for row in leaderboard.rows) - 1
    if not others:
        return f"{best.name} is the only backbone that is ranked, with a {reached}"
    if not is_best(leaderboard, best):
        return f"{best.name} has the highest {reached}"
    beyond = "the other" if others == 1 else f"each of the {others} others"
    known = said_probability(leaderboard, best)
    probability = "" if known is None else f"; it is the best of them with probability {_probability(known)}"
    return f"{best.name} has the highest {reached}, and is resolved better than {beyond} (Holm p ≤ .05){probability}"


def _no_claim(leaderboard: Leaderboard, best: Row, reached: str) -> str:
    """Of a first row that guessing might equal."""
    guessing = f"guessing by class shares would reach {number(leaderboard.chance[INTERNAL][METRIC], 2)}"
    known = best.cells.internal[METRIC].low is not None
    why = f"{guessing}, and it is {NEAR_GUESSING.text}" if known else f"its uncertainty is not known, and {guessing}"
    if len(leaderboard.rows) == 1:
        return f"{best.name} was tested alone, with a {reached}; {why}"
    return f"No backbone is called the best: {best.name} has the highest {reached}, but {why}"


def unranked_since(leaderboard: Leaderboard) -> str:
    """Why no row has a rank."""
    if all(has(row.caveats, "tuned") for row in leaderboard.rows):
        return "all were tuned on these cases"
    if all(len(row.seeds) == 1 for row in leaderboard.rows):
        return "one seed does not show what another would change"
    return "too few of them could be compared"


def _probability(share: float) -> str:
    return "above 0.99" if share >= _CERTAIN else number(share, 2)


def _elsewhere(best: Row) -> str:
    """How much of the first row is lost at external sites."""
    if not best.sites:
        return "No external site was tested, so what is lost at another hospital is not known."
    losses = [_loss(best, site) for site in best.sites[:_NAMED]]
    rest = len(best.sites) - _NAMED
    more = f"; {rest} more below" if rest > 0 else ""
    return f"{losses[0][0].upper()}{'; '.join(losses)[1:]}{more}."


def _to_come(best: Row, hospitals: Hospitals) -> str:
    """What the next hospital is expected to bring, where each site was held out."""
    over = hospitals.metrics[METRIC].synthesis
    start = f"Each site was predicted by models of the others; the mean {METRIC_NAME} of {best.name} over the sites is"
    if over.next.low is None or over.next.high is None:
        why = over.next.reason or over.mean.reason
        return f"{start} {interval(over.mean, 2)}; what the next hospital would bring is not known ({why})."
    ahead = f"{number(over.next.low, 2)} and {number(over.next.high, 2)}"
    few = f", which {len(over.sites)} sites show only roughly" if len(over.sites) < FEW_SITES else ""
    return f"{start} {interval(over.mean, 2)}, and at one more hospital like these it lies between {ahead} (95 %){few}."


def _loss(best: Row, site: str) -> str:
    value, gap, where = best.cells.external[site][METRIC], best.cells.gap[site][METRIC], f"at {site_name(site)}"
    if value.value is None or gap.value is None:
        return f"{where} the loss cannot be estimated ({gap.reason or value.reason})"
    reached = f"{where} it has {_kept(best, site)}, a {_change(gap)}"
    if gap.low is None or gap.high is None:
        return f"{reached}, whose uncertainty is not known ({gap.reason})"
    return reached if gap.low > 0 or gap.high < 0 else f"{reached}, which may be none"


def _kept(best: Row, site: str) -> str:
    """The value outside; over the classes of both sides where these differ, since the loss is over those."""
    shared = best.shared.get(site)
    if shared is None:
        return interval(best.cells.external[site][METRIC], 2)
    inside, outside = (number(side[METRIC], 2) for side in (shared.internal, shared.external))
    over = f"the {len(shared.classes)} classes on both sides ({listed(shared.classes)})"
    return f"{outside} against {inside} internally over {over}"


def _change(gap: Cell) -> str:
    """A loss, or where more is reached outside a gain, which turns its interval."""
    if gap.value is not None and gap.value < 0:
        return f"gain of {interval(turned(gap), 2)}"
    return f"loss of {interval(gap, 2)}"


def _noise(leaderboard: Leaderboard, best: Row) -> str:
    """How much of the differences is only the seed."""
    floors = leaderboard.noise_floor.get(best.name)
    if floors is None:
        why = "one seed was trained" if len(best.seeds) == 1 else "its seeds hold out different cases"
        return f"How much is only the seed is not known, since {why}."
    one_seed, means = floor_cells(floors[METRIC], 1.0)
    text = (
        f"By the seed alone, two runs of it differ by up to {points(one_seed)} points of {METRIC_NAME}, and two means "
        f"of {len(best.seeds)} seeds by up to {points(means)} (95 %, in brackets how well that is known)"
    )
    judged = [one for one in leaderboard.comparisons if one.endpoint == PRIMARY.name]
    if not judged:
        return f"{text}."
    if len(judged) == 1:
        return f"{text}; the difference between the backbones is {_beside_the_floor(leaderboard, judged[0])}."
    below = sum(one.below_noise_floor is True for one in judged)
    return f"{text}; of the {len(judged)} differences between backbones, {below} are not larger than their noise floor."


def _beside_the_floor(leaderboard: Leaderboard, one: Comparison) -> str:
    """The noise floor of a pair is the larger one of both, and known only within its own interval."""
    if one.below_noise_floor is None or one.difference.value is None:
        return "not held against that"
    if one.below_noise_floor:
        return "not larger than the noise floor of both"
    floors = [leaderboard.noise_floor[name][METRIC] for name in (one.a, one.b)]
    highest = max(floor.high for floor in floors) / math.sqrt(one.seeds)
    sure = abs(one.difference.value) > highest
    return f"larger than the noise floor of both{'' if sure else ', but not than its upper limit'}"
