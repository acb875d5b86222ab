"""The answer of a page: which backbone, how sure, what is lost elsewhere, and how much is only the seed."""

from __future__ import annotations

from reports.comparison import PRIMARY
from reports.leaderboard import Leaderboard
from reports.notation import interval, number
from reports.page.wording import METRIC, METRIC_NAME, listed, site_name
from reports.row import Row

_NAMED = 3
_CERTAIN = 0.995


def answer(leaderboard: Leaderboard) -> tuple[str, ...]:
    """Three sentences on the first row of the leaderboard; one where there is none."""
    if not leaderboard.rows:
        return ("No backbone has a complete seed yet, so there is nothing to rank.",)
    best = leaderboard.rows[0]
    return (_which(leaderboard, best), _elsewhere(best), _noise(leaderboard, best))


def _which(leaderboard: Leaderboard, best: Row) -> str:
    """Which backbone, and how sure that is."""
    reached = f"{METRIC_NAME} on internal cases, {interval(best.cells.internal[METRIC], 2)}"
    if len(leaderboard.rows) == 1:
        return f"{best.name} was tested alone, with a {reached}."
    if best.rank is None:
        return f"No backbone is ranked, since all were tuned on these cases; {best.name} has the highest {reached}."
    known = leaderboard.probability_of_best.get(best.name)
    chance = "" if known is None else f"; it is the best with probability {_probability(known)} (bootstrap)"
    if best.ties:
        return f"{best.name} has the highest {reached}, but these data do not tell it from {listed(best.ties)}{chance}."
    others = sum(row.rank is not None for row in leaderboard.rows) - 1
    if not others:
        return f"{best.name} is the only backbone that is ranked, with a {reached}."
    beyond = "the other" if others == 1 else f"each of the {others} others"
    return f"{best.name} has the highest {reached}, and is resolved better than {beyond} (Holm p ≤ .05){chance}."


def _probability(share: float) -> str:
    return "above 0.99" if share >= _CERTAIN else number(share, 2)


def _elsewhere(best: Row) -> str:
    """How much of that is lost outside."""
    if not best.sites:
        return "No external site was tested, so what is lost at another hospital is not known."
    losses = [_loss(best, site) for site in best.sites[:_NAMED]]
    rest = len(best.sites) - _NAMED
    more = f"; {rest} more below" if rest > 0 else ""
    return f"{losses[0][0].upper()}{'; '.join(losses)[1:]}{more}."


def _loss(best: Row, site: str) -> str:
    value, gap, where = best.cells.external[site][METRIC], best.cells.gap[site][METRIC], f"at {site_name(site)}"
    if value.value is None or gap.value is None:
        return f"{where} the loss cannot be estimated ({gap.reason or value.reason})"
    reached = f"{where} it has {interval(value, 2)}, a loss of {interval(gap, 2)}"
    if gap.low is None or gap.high is None:
        return f"{reached}, whose uncertainty is not known ({gap.reason})"
    return reached if gap.low > 0 or gap.high < 0 else f"{reached}, which may be none"


def _noise(leaderboard: Leaderboard, best: Row) -> str:
    """What of the differences is only the seed."""
    floors = leaderboard.noise_floor.get(best.name)
    if floors is None:
        why = "one seed was trained" if len(best.seeds) == 1 else "its seeds hold out different cases"
        return f"How much is only the seed is not known, since {why}."
    floor, seeds = floors[METRIC], len(best.seeds)
    text = (
        f"By the seed alone, two runs of it differ by up to {number(floor.floor_1, 3)} in {METRIC_NAME}, and two means "
        f"of {seeds} seeds by up to {number(floor.floor_s, 3)} (95 %)"
    )
    judged = [one for one in leaderboard.comparisons if one.endpoint == PRIMARY.name]
    below = sum(one.below_noise_floor is True for one in judged)
    if not judged:
        return f"{text}."
    if len(judged) == 1:
        return f"{text}; the difference between the backbones is {'smaller' if below else 'larger'} than that."
    return f"{text}; of the {len(judged)} differences between backbones, {below} are smaller than that."
