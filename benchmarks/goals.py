"""Goals of speed: the line in which a benchmark says whether it reached one, and such lines read again."""

from collections.abc import Iterator
from dataclasses import dataclass

MARK, REACHED, MISSED = "goal", "reached", "not reached"
SEPARATOR = " | "


@dataclass(frozen=True)
class Goal:
    """What was to be reached and what was found, both in words."""

    what: str
    found: str
    wanted: str
    reached: bool

    def __str__(self) -> str:
        """`goal | bench --help | 0.29 s | at most 0.50 s | reached`."""
        return SEPARATOR.join([MARK, self.what, self.found, self.wanted, REACHED if self.reached else MISSED])


def at_least(what: str, found: float, wanted: float, form: str = "{:.2f} times") -> Goal:
    """A goal whose number is good where it is large; both are compared as they are printed."""
    return Goal(what, form.format(found), f"at least {form.format(wanted)}", _as_printed(found, form) >= wanted)


def at_most(what: str, found: float, wanted: float, form: str = "{:.2f} s") -> Goal:
    """The same of a number that is good where it is small."""
    return Goal(what, form.format(found), f"at most {form.format(wanted)}", _as_printed(found, form) <= wanted)


def goals_in(text: str) -> Iterator[Goal]:
    """Those that a benchmark has printed."""
    for line in text.splitlines():
        match line.strip().split(SEPARATOR):
            case [mark, what, found, wanted, reached] if mark == MARK and reached in (REACHED, MISSED):
                yield Goal(what, found, wanted, reached == REACHED)


def _as_printed(value: float, form: str) -> float:
    text = form.format(value)
    number = float(text.split()[0].rstrip("%"))
    return number / 100 if "%" in text else number
