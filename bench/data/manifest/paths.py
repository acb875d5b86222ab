"""The files that a manifest names: there, and inside its folder. Reads files' status and folder listings."""

import os
import re
import stat
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bench.data.kinds import KIND_OF_SUFFIX
from bench.data.manifest.columns import Manifest
from bench.data.manifest.lookalikes import are_paths, columns_like
from bench.data.options import MANIFEST_COLUMNS
from bench.data.tree.scan import why_passed_over

_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


@dataclass(frozen=True)
class Placed:
    """Of each row the path as it is meant, with forward slashes, and the absolute one of its file; "" where empty."""

    cells: list[str]
    paths: list[str]


def paths_of(manifest: Manifest, column: str) -> Placed:
    """Existing files inside the manifest's folder, or the one of `--root`.

    Windows separators are read as slashes where that names a file. What is not there is looked for by its name, or the
    end of its path, in all folders below; each such reading is counted in `options.passed_over`.

    Raises:
        RequestError: rows that name no file, several files, or one outside.
    """
    home = manifest.home
    given = manifest.cells(column)
    cells = [_slashes(home, cell) for cell in given]
    _count(manifest, column, "with Windows separators, read as slashes", given, cells)
    if not manifest.options.allow_outside:
        begin = "the manifest's folder" if manifest.options.root is None else f"--root {home}"
        below = [_below(cell, home) for cell in cells]
        manifest.refuse_rows(
            f"name a {column} that is absolute or leaves {begin} (give --allow-outside where that is meant)",
            (cell is None for cell in below),
        )
        cells = [cell or "" for cell in below]
    paths = [_joined(home, cell) for cell in cells]
    there = [_status(path) for path in paths]
    if not all(there):
        found = list(_searched(manifest, column, cells, paths, there))
        manifest.refuse_rows(
            f"name a {column} where there is no file", (path is None for path in found), _advice(manifest, column)
        )
        _count(manifest, column, "whose file was found by its name in a folder below", paths, found)
        paths = [path or "" for path in found]
    if not manifest.options.allow_outside:
        inside = _inside(home)
        manifest.refuse_rows(
            f"reach their {column} by a link that leaves the manifest's folder (give --allow-outside where that is "
            f"meant)",
            (bool(path) and not inside(path) for path in paths),
        )
    return Placed(cells, paths)


def _slashes(home: Path, cell: str) -> str:
    """Only where no file bears the name with backslashes, which other systems allow."""
    if "\\" not in cell or _status(_joined(home, cell)):
        return cell
    return cell.replace("\\", "/")


def _joined(home: Path, cell: str) -> str:
    return os.path.normpath(os.path.join(home, cell)) if cell else ""  # noqa: PTH118 - a million of them


def _below(cell: str, home: Path) -> str | None:
    """`cell` as it is below `home`, None where it leads elsewhere."""
    if not os.path.isabs(cell):  # noqa: PTH117
        return None if os.path.normpath(cell).startswith(os.pardir + os.sep) else cell
    for path in (os.path.normpath(cell), os.path.realpath(cell)):
        if path.startswith(f"{home}{os.sep}"):
            return os.path.relpath(path, home)
    return None


def _status(path: str) -> bool:
    """Whether a file is there; an empty cell asks for none."""
    if not path:
        return True
    try:
        return stat.S_ISREG(os.stat(path).st_mode)  # noqa: PTH116 - a million of them
    except (OSError, ValueError):
        return False


def _searched(
    manifest: Manifest, column: str, cells: Sequence[str], paths: Sequence[str], there: Sequence[bool]
) -> Iterator[str | None]:
    """Each row's path, found below where it is not there; None where nothing is found."""
    home = manifest.home
    below = _names_below(home)
    matches = [[] if known else _ending_in(cell, home, below) for cell, known in zip(cells, there, strict=True)]
    first = next((match for match in matches if len(match) > 1), None)
    if first:
        manifest.refuse_rows(
            f"name a {column} that several files bear below {home} ({first[0]}, {first[1]})",
            (len(match) > 1 for match in matches),
            f"Say where paths begin, such as --root {home / Path(first[0]).parent}, or write them out.",
        )
    for path, known, match in zip(paths, there, matches, strict=True):
        yield path if known else os.path.join(home, match[0]) if match else None  # noqa: PTH118


def _advice(manifest: Manifest, column: str) -> str:
    cells = manifest.cells(column)
    says = [f"Looked for in {manifest.home} and, by name, in all folders below."]
    if column == "path" and not are_paths(cells):
        others = columns_like("path", manifest.table, MANIFEST_COLUMNS)
        says += [f"Column {others[0]!r} looks like paths: --column path={others[0]}."] if others else []
    if any(map(_DRIVE.match, cells)):
        says.append("These are paths of a Windows drive, which is not here.")
    elif any("\\" in cell for cell in cells):
        says.append("Windows separators (\\) were read as slashes.")
    return " ".join([*says, "Give the folder where paths begin by --root DIR, or mend the rows."])


def _count(manifest: Manifest, column: str, what: str, before: Sequence[str], after: Sequence[str | None]) -> None:
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    if changed:
        old, new = changed[0]
        short = os.path.relpath(old, manifest.home) if os.path.isabs(old) else old  # noqa: PTH117
        found = os.path.relpath(new, manifest.home) if new and os.path.isabs(new) else new  # noqa: PTH117
        manifest.options.passed_over.add("changed", f"{column}(s) {what}", f"{short} as {found}", number=len(changed))


def _inside(home: Path) -> Callable[[str], bool]:
    real_home = os.path.realpath(home) + os.sep

    @cache
    def folder_inside(folder: str) -> bool:
        return (os.path.realpath(folder) + os.sep).startswith(real_home)

    def inside(path: str) -> bool:
        folder = os.path.dirname(path)  # noqa: PTH120 - a million of them
        return folder_inside(folder) and (
            not os.path.islink(path) or os.path.realpath(path).startswith(real_home)  # noqa: PTH114
        )

    return inside


def _names_below(root: Path) -> dict[str, list[str]]:
    """The files below `root` by their names in Unicode's NFC."""
    found: dict[str, list[str]] = defaultdict(list)
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = sorted(name for name in subfolders if not why_passed_over(name))
        for name in sorted(name for name in names if not why_passed_over(name)):
            found[_composed(name)].append(os.path.relpath(os.path.join(folder, name), root))  # noqa: PTH118
    return found


def _ending_in(name: str, root: Path, below: Mapping[str, Sequence[str]]) -> list[str]:
    """Paths `below` the folder that are `name` or end in it, in whatever form of Unicode, sorted.

    Where there is none, those of images called so before their suffix. None of a name that leads elsewhere.
    """
    if not name or os.path.isabs(name) or "\0" in name or os.pardir in Path(name).parts:  # noqa: PTH117
        return []

    def matching(wanted: str) -> list[str]:
        paths = below.get(os.path.basename(wanted), ())  # noqa: PTH119
        ending = [path for path in paths if f"/{_composed(path)}".endswith(f"/{wanted}")]
        return [path for path in ending if (root / path).is_file()]  # no pipe is opened

    wanted = _composed(os.path.normpath(name))
    return matching(wanted) or [found for suffix in KIND_OF_SUFFIX for found in matching(wanted + suffix)]


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)
