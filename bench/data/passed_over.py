"""The one account of what did not become a case as it lies on the disk: passed over, left out, changed, doubtful. Pure.

Whatever drops files, changes pixels or labels, or goes by a guess says so here, through `ReadOptions.passed_over`; the
commands print it, `tables/passed_over.csv`, the audit and the page show it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bench.data.names import visible

Fate = Literal["passed over", "left out", "changed", "doubtful"]
"""No image of the set; an image that became no case; read otherwise than stored; read by a guess, to be looked at."""
FATES: tuple[Fate, ...] = ("doubtful", "left out", "changed", "passed over")
WARNED: tuple[Fate, ...] = ("doubtful", "left out")


@dataclass(frozen=True, slots=True)
class Entry:
    """`number` things of one kind, `what` they are, `example` the first, on one line; `advice` is a sentence, or ""."""

    fate: Fate
    site: str
    what: str
    number: int
    example: str
    advice: str = ""

    def line(self) -> str:
        """One line for the terminal."""
        where = f" ({self.site})" if self.site else ""
        example = f", such as {self.example}" if self.example else ""
        says = f"{self.fate.capitalize()}{where}: {self.number} {self.what}{example}."
        return f"{'Warning: ' if self.fate in WARNED else ''}{says}{self.advice and f' {self.advice}'}"


class PassedOver:
    """Counts by fate, site and kind; the first thing of a kind is its example."""

    def __init__(self) -> None:
        self._entries: dict[tuple[Fate, str, str, str], tuple[int, str]] = {}

    def add(
        self, fate: Fate, what: str, example: str = "", *, site: str = "", number: int = 1, advice: str = ""
    ) -> None:
        """Count `number` more of a kind."""
        key = (fate, site, what, advice)
        before, first = self._entries.get(key, (0, ""))
        self._entries[key] = (before + number, first or visible(example))

    def extend(self, entries: Sequence[Entry], *, site: str = "") -> None:
        """Count what was counted elsewhere; entries of no site become those of `site`."""
        for one in entries:
            self.add(one.fate, one.what, one.example, site=one.site or site, number=one.number, advice=one.advice)

    def entries(self) -> tuple[Entry, ...]:
        """Doubtful ones first, each fate in the order in which it was met."""
        return tuple(
            Entry(fate, site, what, number, example, advice)
            for wanted in FATES
            for (fate, site, what, advice), (number, example) in self._entries.items()
            if fate == wanted
        )
