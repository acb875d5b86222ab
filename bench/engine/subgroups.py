"""From cases to the levels of the subgroups that are asked for, and what is refused. Reads headers of DICOM files."""

from collections.abc import Callable, Sequence

import pandas as pd

from bench.data.cases import Case
from bench.data.dicom.attributes import tags_of
from bench.data.names import visible
from bench.data.subgroups import MOST_LEVELS, TAGS, Subgroup, number_in
from bench.errors import RequestError, listed


def subgroup_table(cases: Sequence[Case], texts: Sequence[str], say: Callable[[str], None]) -> pd.DataFrame | None:
    """A column a subgroup beside `case_id`, with the level of each case, None where it has none; None: none are asked.

    A column of the manifest goes before the tag of a DICOM file. Cells that are no numbers, where bands need them, are
    counted aloud.

    Raises:
        RequestError: a column is missing or constant, has too many levels, or holds numbers and no bands are given.
    """
    if not texts:
        return None
    wanted = [Subgroup.parse(text) for text in texts]
    columns = {one.name: _column(cases, one.name) for one in wanted}
    tags = [TAGS[one.name] for one in wanted if one.name in TAGS and not any(columns[one.name])]
    said = tags_of(cases, tags) if tags else {}
    table: dict[str, list[str | None]] = {"case_id": [case.case_id for case in cases]}
    for one in wanted:
        cells = columns[one.name]
        if one.name in TAGS and not any(cells):
            cells = [said.get(case.case_id, {}).get(TAGS[one.name], "") for case in cases]
        table[one.text] = _levels(one, cells, cases, say)
    return pd.DataFrame(table).astype("string")


def _column(cases: Sequence[Case], name: str) -> list[str]:
    """The cells of a manifest's column, by its name or, where no column has it, the same in other capitals."""
    names = {key for case in cases for key in case.extra}
    alike = [key for key in sorted(names) if key.casefold() == name.casefold()]
    key = name if name in names or len(alike) != 1 else alike[0]
    return [case.extra.get(key, "") for case in cases]


def _levels(one: Subgroup, cells: Sequence[str], cases: Sequence[Case], say: Callable[[str], None]) -> list[str | None]:
    where = f"The subgroup {one.text} (--subgroups)"
    filled = [cell for cell in cells if cell]
    if not filled:
        known = sorted({visible(key) for case in cases for key in case.extra if key != "mask"})
        there = f"; manifests have {listed(known, 8)}" if known else ""
        tag = f" nor the DICOM tag {TAGS[one.name]}" if one.name in TAGS else ""
        raise RequestError(
            f"{where} is missing: no case has a column {one.name}{tag}{there}. Give a column that the manifest has, or "
            f"leave it out."
        )
    if not one.cuts and any(map(_needs_bands, filled)):
        raise RequestError(
            f"{where} holds numbers, and each would be a level of its own. Say where its bands "
            f"begin, as in {one.name}:40:65."
        )
    levels = [one.level(cell) for cell in cells]
    without = sum(bool(cell) for cell in cells) - sum(level is not None for level in levels)
    found = sorted({level for level in levels if level is not None})
    if len(found) > MOST_LEVELS:
        raise RequestError(
            f"{where} has {len(found)} levels; up to {MOST_LEVELS} are told apart. A column with a value for nearly "
            f"every patient is no subgroup: merge its levels in the manifest, or leave it out."
        )
    if len(found) < 2:
        what = f"is {found[0]} for every case that has it" if found else "needs numbers, and no cell is one"
        raise RequestError(f"{where} {what}: there is nothing to compare. Leave it out, or give other bands.")
    if without:
        say(f"{where}: {without} case(s) have no number there and belong to no level.")
    return levels


def _needs_bands(cell: str) -> bool:
    """Whether it is a number beside the codes 0 to 9."""
    return number_in(cell) is not None and not (len(cell) == 1 and cell.isdecimal())
