"""An overview drawn as plain lines that fit on one screen. Pure.

Sentences are wrapped; tables are made narrower where they must be; commands and paths stay whole, so that they can be
copied. Where lines are short, warnings and standings at the end are left out, and counted.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap

from reports.draw.notation import RESEARCH_ONLY
from reports.overview.overview import Overview
from reports.overview.standings import standings_lines

WIDEST, NARROWEST = 100, 60
HEIGHT = 40
_FEWEST_STANDINGS, _FEWEST_WARNINGS = 3, 1
_SENTENCE, _WARNING = "  ", "! "


@dataclass(frozen=True)
class Step:
    """A command to type next, and what it is for."""

    command: str
    purpose: str


@dataclass(frozen=True)
class Ending:
    """What stands below an overview. rest: where all else is; warnings: of this call, before all others."""

    rest: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    warnings: tuple[str, ...] = ()


def screen(overview: Overview, ending: Ending, width: int = WIDEST, height: int = HEIGHT) -> str:
    """The whole screen: no line is wider than `width`, but for paths and commands that are."""
    width = max(NARROWEST, min(width, WIDEST))
    above = [RESEARCH_ONLY, *wrap(overview.data, width, break_long_words=False), ""]
    above += [line for sentence in overview.answer for line in _hanging(_SENTENCE, sentence, width)]
    below = ["", *ending.rest, *_next(ending.steps, width)]
    free = height - len(above) - len(below)
    warnings = [*ending.warnings, *overview.warnings]
    if not overview.standings:
        return "\n".join([*above, *_warnings(warnings, overview.more_warnings, width, free), *below])
    lines = standings_lines(overview, width)
    if not lines.fits(free - 1 - _FEWEST_WARNINGS * bool(warnings), overview.more):
        lines = standings_lines(overview, width, short=True)
    least = 1 + lines.height(min(_FEWEST_STANDINGS, len(lines.rows)))
    told = _warnings(warnings, overview.more_warnings, width, free - least)
    return "\n".join([*above, "", *lines.cut(free - len(told) - 1, overview.more), *told, *below])


def _warnings(warnings: Sequence[str], more: int, width: int, free: int) -> list[str]:
    """As many as there is room for, at least the first ones, and how many more there are."""
    lines, shown = list[str](), 0
    for warning in warnings:
        drawn = _hanging(_WARNING, warning, width)
        last = shown + 1 == len(warnings) and not more
        if shown >= _FEWEST_WARNINGS and 1 + len(lines) + len(drawn) + (not last) > free:
            break
        lines += drawn
        shown += 1
    if left := len(warnings) - shown + more:
        lines.append(f"{_WARNING}{left} more in leaderboard.md")
    return ["", *lines] if lines else []


def _next(steps: Sequence[Step], width: int) -> Iterator[str]:
    """Each command after `Next:`, with its purpose beside it or below."""
    for step in steps:
        line = f"Next: {step.command}"
        beside = f"{line}   # {step.purpose}"
        yield from [beside] if len(beside) <= width else [line, *_hanging("      # ", step.purpose, width)]


def _hanging(first: str, text: str, width: int) -> list[str]:
    return wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=" " * len(first),
        break_long_words=False,
        break_on_hyphens=False,
    )
