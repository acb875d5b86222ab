"""The files that a manifest names: there, and inside its folder. Reads files' status."""

import os
import stat
from collections.abc import Callable
from functools import cache
from pathlib import Path

from bench.data.manifest_rows import Manifest


def paths_of(manifest: Manifest, column: str) -> list[str]:
    """Absolute paths of existing files inside the manifest's folder; "" where the cell is empty."""
    home = manifest.file.parent.resolve()
    cells = manifest.cells(column)
    if not manifest.options.allow_outside:
        manifest.refuse_rows(
            f"name a {column} that is absolute or leaves the manifest's folder (give --allow-outside where that is "
            f"meant)",
            (_leaves(cell) for cell in cells),
        )
    paths = [os.path.normpath(os.path.join(home, cell)) if cell else "" for cell in cells]  # noqa: PTH118 - a million
    status = [_status(path) for path in paths]
    manifest.refuse_rows(f"name a {column} where there is no file", (mode is None for mode in status))
    if not manifest.options.allow_outside:
        inside = _inside(home)
        manifest.refuse_rows(
            f"reach their {column} by a link that leaves the manifest's folder (give --allow-outside where that is "
            f"meant)",
            (bool(path) and not inside(path) for path in paths),
        )
    return paths


def _leaves(cell: str) -> bool:
    return bool(cell) and (os.path.isabs(cell) or os.path.normpath(cell).startswith(os.pardir + os.sep))  # noqa: PTH117


def _status(path: str) -> bool | None:
    """Whether a file is there; None where not. An empty cell asks for none."""
    if not path:
        return True
    try:
        return True if stat.S_ISREG(os.stat(path).st_mode) else None  # noqa: PTH116 - a million of them
    except (OSError, ValueError):
        return None


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
