"""A manifest without the images that an audit named. Writes a table beside it."""

import os
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from bench.audit.summary import Audit
from bench.audit.surplus import look_up_digests, named_cases
from bench.data.manifest.table import PARQUET_SUFFIXES, read_table
from bench.data.names import normal
from bench.errors import RequestError
from bench.new_output import write_output
from reports.draw.csv_table import csv_as_it_is

Row = tuple[str, int | None]  # path and part


def cleaned_name(manifest: Path) -> Path:
    """`list.csv` → `list-clean.csv`."""
    return manifest.with_name(f"{manifest.stem}-clean{manifest.suffix}")


def write_cleaned(manifest: Path, audit: Audit, kinds: Sequence[str], apply: bool, say: Callable[[str], None]) -> None:
    """Write the rows of `manifest` whose image the audit names not; files and the manifest itself stay.

    A row is known by its path, in whichever column that is, and by its column `part` if it has one. A row that stands
    for all images of a file stays.

    Raises:
        RequestError: the new table is there already.
    """
    table = read_table(manifest)
    named, unchanged = dict[Row, str](), look_up_digests()
    for case, reason in named_cases(audit, kinds, unchanged):
        if unchanged(case):
            named.setdefault((case.path, case.part), reason)
        else:
            say(f"stays: {case.case_id} (has changed since the audit; audit anew)")
    rows = _rows(manifest, table, {path for path, _ in named})
    for row, reason in named.items():
        if row not in rows and (row[0], None) in rows:
            say(f"stays: {_shown(row)} ({reason}, but its row stands for several images)")
    target, count = cleaned_name(manifest), sum(row in named for row in rows)
    if apply and count and os.path.lexists(target):
        raise RequestError(f"{target} is there already. Move it away first.")
    if apply and count:
        kept = table[[row not in named for row in rows]]
        write_output(target, lambda file: _write(kept, file, target.suffix.lower()))
    for row in dict.fromkeys(row for row in rows if row in named):
        say(f"{'left out' if apply else 'would leave out'}: {_shown(row)} ({named[row]})")
    if not count:
        say(f"No row of {manifest} is to be left out; nothing to do.")
    elif apply:
        say(f"Written: {target}, without {count} of {len(table)} rows. {manifest} and the files stay as they are.")
    else:
        say(f"{count} of {len(table)} rows would be left out of {target}. Do it with --apply.")


def _shown(row: Row) -> str:
    path, part = row
    return path if part is None else f"{path} image {part}"


def _rows(manifest: Path, table: pd.DataFrame, paths: set[str]) -> list[Row]:
    """Path and part of each row; the column of paths is the one that names most of `paths`."""
    home, ends = manifest.parent.resolve(), _ends(paths)
    read = {name: [_file_of(cell, home, paths, ends) for cell in table[name]] for name in table.columns}
    best = max(read.values(), key=lambda cells: sum(cell in paths for cell in cells))
    parts = map(normal, table["part"]) if "part" in table.columns else [""] * len(table)
    return [(path, int(part) if part.isdecimal() else None) for path, part in zip(best, parts, strict=True)]


def _ends(paths: set[str]) -> dict[str, list[str]]:
    """Paths by the names that a manifest may give for them: that of the file, with its suffix or without."""
    found: dict[str, list[str]] = {}
    for path in paths:
        for name in {Path(path).name, Path(path).stem}:
            found.setdefault(unicodedata.normalize("NFC", name), []).append(path)
    return found


def _file_of(cell: str, home: Path, paths: set[str], ends: dict[str, list[str]]) -> str:
    """As the reader resolves it: in the manifest's folder, else the one audited file that the cell is the end of."""
    direct = os.path.normpath(os.path.join(home, cell))  # noqa: PTH118 - a million of them
    if direct in paths:
        return direct
    wanted = unicodedata.normalize("NFC", cell.replace("\\", "/"))
    found = [
        path
        for path in ends.get(wanted.rpartition("/")[2], [])
        if unicodedata.normalize("NFC", path).endswith(f"/{wanted}")
        or unicodedata.normalize("NFC", os.path.splitext(path)[0]).endswith(f"/{wanted}")  # noqa: PTH122
    ]
    return found[0] if len(found) == 1 else direct


def _write(table: pd.DataFrame, file: Path, suffix: str) -> None:
    if suffix in PARQUET_SUFFIXES:
        table.to_parquet(file, index=False)
    else:
        separator = "\t" if suffix == ".tsv" else ","
        text = csv_as_it_is(list(table.columns), table.itertuples(index=False, name=None), separator)
        file.write_text(text, encoding="utf-8", newline="")
