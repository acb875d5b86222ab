"""What fits on one screen of a leaderboard, typed: the answer, the standings, the warnings."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from reports.statistics.cell import Cell


@dataclass(frozen=True)
class Elsewhere:
    """The primary metric of one backbone at one external site, and internal minus that."""

    site: str
    value: Cell
    gap: Cell


@dataclass(frozen=True)
class Hospitals:
    """Where sites were each held out: the lowest of them, and where the next one lies with 95 %, if that is known."""

    lowest: str
    value: Cell
    next_low: float | None
    next_high: float | None


@dataclass(frozen=True)
class Standing:
    """One backbone of the leaderboard, by the primary metric. ties: places in the order of the leaderboard, from 0."""

    name: str
    weights: str
    rank: int | None
    internal: Cell
    elsewhere: tuple[Elsewhere, ...]
    hospitals: Hospitals | None
    ties: tuple[int, ...]


@dataclass(frozen=True)
class Overview:
    """A leaderboard in short.

    data: which images, in a sentence. answer: which backbone, what is lost elsewhere, how much is only the seed.
    metric: the primary one, as in a sentence; unit: what it counts. standings: in the order of the leaderboard, with
    `more` behind them. guessing: site → what guessing by class shares reaches. warnings: each once, the most important
    first, with `more_warnings` behind them.
    """

    data: str
    answer: tuple[str, ...]
    metric: str
    unit: str
    confidence: float
    standings: tuple[Standing, ...]
    more: int
    guessing: Mapping[str, float]
    warnings: tuple[str, ...]
    more_warnings: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Of plain values, as JSON has them."""
        return asdict(self)
