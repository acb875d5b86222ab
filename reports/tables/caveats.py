"""Caveats: what limits a row, told apart by a code and told to readers by a text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from reports.tables.table import Column, Table

Code = Literal[
    "imported",
    "unknown_folds",
    "tuned",
    "not_deterministic",
    "mixed_weights",
    "mixed_environments",
    "leaks",
    "near_guessing",
    "few_seeds",
    "of_groups",
    "transductive",
]
_NAMING = ("backbone", "a", "b", "search")


@dataclass(frozen=True)
class Caveat:
    """What limits a row. code: what ranks, tables and pages decide by; text: what readers and JSON are told."""

    code: Code
    text: str


TUNED = "tuned on these cases"
"""How the text of the caveat `tuned` begins."""
TRANSDUCTIVE = Caveat(
    "transductive", "transductive: adapted to the unlabelled images of the external sites that it is tested on"
)
UNKNOWN_FOLDS = Caveat("unknown_folds", "one prediction a case and seed, made in folds that are not known")
NEAR_GUESSING = Caveat("near_guessing", "not clearly better than guessing")


def has(caveats: Sequence[Caveat], code: Code) -> bool:
    """Whether one of the caveats has this code."""
    return any(one.code == code for one in caveats)


def with_caveats(table: Table, caveats: Mapping[str, Sequence[Caveat]], notes: Sequence[str]) -> Table:
    """The table with a last column of the caveats of what each row names, and with these further notes.

    caveats: by the name of a backbone or a search.
    """
    named = [column.name for column in table.columns]
    naming = [named.index(name) for name in (("name",) if "name" in named else _NAMING) if name in named]
    of_rows = (
        dict.fromkeys(one.text for place in naming for one in caveats.get(str(row[place]), ())) for row in table.rows
    )
    return replace(
        table,
        columns=(*table.columns, Column("stamps", "Stamps", shown="never")),
        rows=tuple((*row, "; ".join(found) or None) for row, found in zip(table.rows, of_rows, strict=True)),
        notes=(*table.notes, *notes),
    )
