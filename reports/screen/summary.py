"""What a screen shows of each backbone, and which of them nothing beats. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reports.statistics.cell import Cell


@dataclass(frozen=True)
class Screened:
    """A row of the leaderboard that is a probe.

    parameters: of the model with its classifier; speed: images a second through the body, None where not known; gap:
    by external site, of macro-F1.
    """

    name: str
    backbone: str
    weights: str
    recipe: str
    parameters: int
    speed: float | None
    accuracy: Cell
    macro_f1: Cell
    gap: Mapping[str, Cell]
    rank: int | None


@dataclass(frozen=True)
class ProbeOrNot:
    """Two rows of one backbone, a probe and one that was trained whole; difference: the trained one minus the probe."""

    backbone: str
    probe: str
    trained: str
    metric: str
    difference: Cell
    p: float | None
    p_holm: float | None


def front(costs: Sequence[float | None], values: Sequence[float | None]) -> list[bool]:
    """Which points no other beats: none that costs no more and has no lower value is better in one of the two.

    A point without cost or value is on no front and beats nobody.
    """
    order = sorted(
        (place for place in range(len(costs)) if costs[place] is not None and values[place] is not None),
        key=lambda place: (costs[place], -(values[place] or 0.0)),
    )
    on_it, highest, at = [False] * len(costs), float("-inf"), float("-inf")
    for place in order:
        cost, value = costs[place] or 0.0, values[place] or 0.0
        on_it[place] = value > highest or (value == highest and cost == at)
        if value > highest:
            highest, at = value, cost
    return on_it


def on_speed_front(rows: Sequence[Screened]) -> list[bool]:
    """By accuracy and images a second."""
    return front([None if row.speed is None else -row.speed for row in rows], _accuracies(rows))


def on_size_front(rows: Sequence[Screened]) -> list[bool]:
    """By accuracy and the number of parameters."""
    return front([row.parameters for row in rows], _accuracies(rows))


def _accuracies(rows: Sequence[Screened]) -> list[float | None]:
    return [row.accuracy.value for row in rows]
