"""A table as lines of text: columns give way where lines are short, rows are left out where there are many."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias
from unicodedata import combining, east_asian_width

GAP = 2
_NARROWEST = 14
_WORD = re.compile(r"[^\s_./-]*[\s_./-]|[^\s_./-]+")

Entry: TypeAlias = tuple[str, ...]
"""What stands in a row under one column, line by line."""


@dataclass(frozen=True)
class Column:
    """Under a title an entry for each row. may_go: if lines are short; flexible: wrapped to what is left."""

    title: str
    entries: tuple[Entry, ...]
    right: bool = False
    may_go: bool = False
    flexible: bool = False

    @property
    def width(self) -> int:
        """In columns of a terminal."""
        texts = (self.title, *(text for entry in self.entries for text in entry))
        return max(map(columns_of, texts))

    def wrapped(self, width: int) -> "Column":
        """Entries over as many lines as they take; nothing of them is lost."""
        cut = (tuple(line for text in entry for line in broken(text, width)) for entry in self.entries)
        return Column(self.title, tuple(cut), self.right)

    def placed(self, text: str) -> str:
        """Filled up to the width of the column."""
        blank = " " * (self.width - columns_of(text))
        return blank + text if self.right else text + blank


@dataclass(frozen=True)
class Lines:
    """A table of lines, before it is cut to a height. foot: what follows the rows in any case."""

    head: str
    rows: tuple[tuple[str, ...], ...]
    foot: tuple[str, ...]

    def fits(self, height: int, more: int) -> bool:
        """Whether no row need be left out."""
        return self.height(len(self.rows)) + (more > 0) <= height

    def height(self, shown: int) -> int:
        """With so many rows, and a line on those that are left out."""
        return 1 + sum(map(len, self.rows[:shown])) + (shown < len(self.rows)) + len(self.foot)

    def cut(self, height: int, more: int) -> list[str]:
        """As many rows as fit, at least one, and how many more there are: those left out, and `more`."""
        shown = len(self.rows)
        if not self.fits(height, more):
            shown = next((fewer for fewer in range(shown - 1, 1, -1) if self.height(fewer) <= height), 1)
        left = len(self.rows) - shown + more
        rest = [f"and {left} more: leaderboard.md"] if left else []
        return [self.head, *(line for row in self.rows[:shown] for line in row), *rest, *self.foot]


def fitted(columns: Sequence[Column], width: int) -> list[Column]:
    """Without those that may go, the last first, as far as all would not fit, and with the flexible one wrapped."""
    kept = list(columns)
    rigid = [column for column in columns if not column.flexible]
    while _total(rigid) + GAP + _NARROWEST > width and (going := [column for column in rigid if column.may_go]):
        rigid.remove(going[-1])
        kept.remove(going[-1])
    left = max(_NARROWEST, width - _total(rigid) - GAP)
    return [column.wrapped(left) if column.flexible else column for column in kept]


def rows_of(columns: Sequence[Column]) -> list[tuple[str, ...]]:
    """Each row as lines."""
    rows = zip(*(column.entries for column in columns), strict=True)
    return [tuple(_line(columns, entries, line) for line in range(max(map(len, entries)))) for entries in rows]


def head_of(columns: Sequence[Column]) -> str:
    """The line of titles."""
    return _joined([column.placed(column.title) for column in columns])


def columns_of(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(0 if combining(sign) else 2 if east_asian_width(sign) in "WF" else 1 for sign in text)


def broken(name: str, width: int) -> list[str]:
    """A name over lines of this width: after a space or a sign that parts words, and elsewhere where it must be."""
    lines = [""]
    for word in _WORD.findall(name):
        if lines[-1] and len(lines[-1]) + len(word.rstrip()) > width:
            lines.append("")
        lines[-1] += word
        while len(lines[-1].rstrip()) > width:
            lines[-1:] = [lines[-1][:width], lines[-1][width:]]
    return [line.rstrip() for line in lines]


def _line(columns: Sequence[Column], entries: Sequence[Entry], line: int) -> str:
    return _joined(
        [
            column.placed(entry[line] if line < len(entry) else "")
            for column, entry in zip(columns, entries, strict=True)
        ]
    )


def _total(columns: Sequence[Column]) -> int:
    return sum(column.width + GAP for column in columns) - GAP


def _joined(texts: Sequence[str]) -> str:
    return (" " * GAP).join(texts).rstrip()
