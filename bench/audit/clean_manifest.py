"""A manifest without the images that an audit named. Writes a table beside it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bench.audit.clean import named_cases
from bench.data.manifest_table import PARQUET_SUFFIXES, read_table
from bench.errors import RequestError


def cleaned_name(manifest: Path) -> Path:
    """`list.csv` → `list-clean.csv`."""
    return manifest.with_name(f"{manifest.stem}-clean{manifest.suffix}")


def write_cleaned(
    manifest: Path, audit: dict[str, Any], kinds: Sequence[str], apply: bool, say: Callable[[str], None]
) -> None:
    """Write the rows of `manifest` whose file the audit does not name; files and the manifest itself stay.

    A row is known by its path column as the audit's manifest had it; a file of several images loses its row only
    where every one of its images was named.

    Raises:
        RequestError: the new table is there already.
    """
    table = read_table(manifest)
    home = manifest.parent
    reasons: dict[str, str] = {}
    for path, case, reason in named_cases(audit, kinds):
        if case["part"] is None:
            reasons.setdefault(str(Path(path)), reason)
        else:
            say(f"stays: {case['case_id']} ({reason}, but its file holds several images)")
    column = next((name for name in table.columns if _names_files(home, list(table[name]), set(reasons))), None)
    if column is None:
        say(f"No row of {manifest} was named; nothing to do.")
        return
    named = [reasons.get(str((home / cell).resolve())) for cell in table[column]]
    for cell, why in zip(table[column], named, strict=True):
        if why:
            say(f"{'left out' if apply else 'would leave out'}: {cell} ({why})")
    target = cleaned_name(manifest)
    count = sum(reason is not None for reason in named)
    if not apply:
        say(f"{count} row(s) would be left out of {target}. Do it with --apply.")
        return
    if target.exists():
        raise RequestError(f"{target} is there already. Move it away first.")
    kept = table[[reason is None for reason in named]]
    if target.suffix.lower() in PARQUET_SUFFIXES:
        kept.to_parquet(target, index=False)
    else:
        kept.to_csv(target, index=False)
    say(f"Written: {target}, with {len(kept)} of {len(table)} rows. {manifest} and the files stay as they are.")


def _names_files(home: Path, cells: Sequence[str], paths: set[str]) -> bool:
    return any(str((home / cell).resolve()) in paths for cell in cells if cell)
