"""A manifest as it is found: which of its columns are paths, classes, patients and sites. Reads tables."""

from pathlib import Path

import pandas as pd

from bench.data.cases import INTERNAL
from bench.data.manifest.lookalikes import columns_like
from bench.data.manifest.table import read_table
from bench.data.names import visible
from bench.errors import RequestError
from bench.initial.choice import Choice
from bench.initial.source import Source

MOST_SITES = 100


def table_source(file: Path, given: dict[str, str]) -> Source:
    """How a manifest is read. given: the columns that the user named, which nothing is guessed against.

    Raises:
        RequestError: it is no table.
    """
    table = read_table(file)
    columns = columns_of(table, given)
    by_site = columns.get("site", "site") in table
    key, why = ("data", "a manifest with a column of sites") if by_site else ("internal", "a manifest of one site")
    choices = [Choice(key, str(file), why)]
    if columns:
        named = ", ".join(f"{ours} is its {visible(theirs)!r}" for ours, theirs in columns.items())
        choices.append(Choice("columns", columns, f"by their names and what is in them: {named}"))
    text = str(file) if by_site else f"{INTERNAL}={file}"
    return Source(
        file.parent, (text,), tuple(choices), columns=columns, parts_given=columns.get("part", "part") in table
    )


def table_of(folder: Path, files: list[Path], ours: Path) -> Path | None:
    """The one table of a folder that names images and their classes; `ours` is what an earlier call wrote."""
    found = [file for file in files if file != ours and _names_images(file)]
    return found[0] if len(found) == 1 else None


def _names_images(file: Path) -> bool:
    try:
        table = read_table(file)
    except RequestError:
        return False
    columns = columns_of(table, {})
    return len(table) > 0 and all(columns.get(name, name) in table for name in ("path", "label"))


def columns_of(table: pd.DataFrame, given: dict[str, str]) -> dict[str, str]:
    """Our names for columns that are called otherwise."""
    columns = dict(given)
    for ours in ("path", "label"):
        if ours not in table and ours not in columns and (others := columns_like(ours, table, [*columns.values()])):
            columns[ours] = others[0]
    if "group" not in table and "group" not in columns:
        others = columns_like("group", table, [*columns.values()])
        shared = [name for name in others if table[name].nunique() < len(table)]
        columns |= {"group": shared[0]} if shared else {}
    if "site" not in table and "site" not in columns:
        others = columns_like("site", table, [*columns.values()])
        few = [name for name in others if table[name].nunique() <= MOST_SITES and all(table[name])]
        columns |= {"site": few[0]} if few else {}
    return columns
