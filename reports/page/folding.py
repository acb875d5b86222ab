"""What of a section is seen at once, and what is folded under a line that names it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from reports.page.confused_cases import Confusions
from reports.page.part import Chart, Gallery, Listing, Part, Section
from reports.tables.table import Table

SHOWN_TABLES = ("leaderboard",)
MOST_PICTURES = 8
"""Of a gallery that are seen at once: a row of a wide screen."""
MOST_LINES = 6
"""Of a text that is seen at once."""


@dataclass(frozen=True)
class Block:
    """Parts that are shown, or folded under a title."""

    parts: tuple[Part, ...]
    folded: str = ""


def blocks(section: Section) -> tuple[Block, ...]:
    """The section in its order; what is folded keeps its place, and charts of one fold are folded together."""
    found: list[Block] = []
    for part in section.parts:
        for block in _of(part):
            before = found[-1] if found else None
            if before and before.folded == block.folded and not isinstance(part, Table):
                found[-1] = Block((*before.parts, *block.parts), before.folded)
            else:
                found.append(block)
    return tuple(found)


def _of(part: Part) -> Iterator[Block]:
    if isinstance(part, Table) and part.name not in SHOWN_TABLES:
        yield Block((part,), f"Table: {part.title} ({_rows(part)})")
    elif isinstance(part, Chart) and part.folded:
        yield Block((part,), part.folded)
    elif isinstance(part, Gallery) and len(part.pictures) > MOST_PICTURES and not part.large:
        rest = part.pictures[MOST_PICTURES:]
        yield Block((replace(part, pictures=part.pictures[:MOST_PICTURES]),))
        yield Block((replace(part, title="", note="", pictures=rest),), f"{len(rest)} more pictures")
    elif isinstance(part, Listing) and part.text.count("\n") >= MOST_LINES:
        yield Block((part,), part.title)
    elif isinstance(part, Confusions):
        yield from _of_backbones(part)
    else:
        yield Block((part,))


def _of_backbones(part: Confusions) -> Iterator[Block]:
    for place, name in enumerate(part.of_backbone):
        one = replace(part, of_backbone={name: part.of_backbone[name]})
        yield Block((one,), f"Confusions of {name}" if place else "")


def _rows(table: Table) -> str:
    return f"{len(table.rows)} row{'' if len(table.rows) == 1 else 's'}"
