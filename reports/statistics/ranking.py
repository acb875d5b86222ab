"""Ranks that the data resolve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reports.statistics.comparison import PRIMARY, Comparison


@dataclass(frozen=True)
class Standing:
    """A row's rank (None where it is not ranked) and the ranked rows it is not resolved from."""

    rank: int | None
    ties: tuple[str, ...]


def rank(names: Sequence[str], comparisons: Sequence[Comparison], eligible: Sequence[str]) -> Mapping[str, Standing]:
    """Rank by the primary endpoint: 1 + the number of rows resolved better.

    Eligible are rows of two seeds or more, as one seed cannot say how its backbone ranks. Only those that were compared
    with every other ranked row are ranked (a difference that could not be tested is no comparison, unless it is exactly
    0); where some pairs could not be compared, the rows with the most missing comparisons are left unranked until all
    others have been compared with each other. A row of several that was compared with none is not ranked.
    """
    primary = {(one.a, one.b): one for one in comparisons if one.endpoint == PRIMARY.name}
    compared = {frozenset(pair) for pair, one in primary.items() if one.p is not None or one.difference.value == 0}
    ranked = list(eligible)
    while True:
        missing = {
            name: sum(frozenset((name, other)) not in compared for other in ranked if other != name) for name in ranked
        }
        worst = max(missing.values(), default=0)
        if worst == 0:
            break
        ranked = [name for name in ranked if missing[name] < worst]
    if len(ranked) == 1 < len(eligible):
        ranked = []

    standings = dict.fromkeys(names, Standing(None, ()))
    for name in ranked:
        better, ties = 0, []
        for other in ranked:
            if other == name:
                continue
            one = primary.get((name, other)) or primary[other, name]
            advantage = (one.difference.value or 0.0) * (1 if one.a == name else -1)
            if not one.resolved:
                ties.append(other)
            elif advantage < 0:
                better += 1
        standings[name] = Standing(1 + better, tuple(ties))
    return standings
