"""The image files below a folder, and what there is wrong with names and links. Reads folders."""

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from bench.data.kinds import Kind, kind_of, kind_of_name

NO_IMAGES = frozenset({"dicomdir"})


@dataclass(frozen=True)
class ScannedFile:
    """An image file: its path, its path below the root with forward slashes, and what it holds."""

    path: Path
    relative: str
    kind: Kind


@dataclass(frozen=True)
class Problem:
    """Why something below the root cannot be used, with what to do about it."""

    path: str
    reason: str
    advice: str


@dataclass
class Scan:
    """Image files sorted by relative path, and the problems met."""

    files: list[ScannedFile] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def scan(root: Path, *, allow_outside: bool = False) -> Scan:
    """Walk `root`, following links to folders once; a folder's own name goes before those of links to it.

    Hidden files and files that are neither image by content nor by name are passed over. Links that leave `root` are
    problems unless `allow_outside`; so are links to nothing, pipes, names that are no valid UTF-8 and what may not be
    read.
    """
    result = Scan()
    home, visited = os.path.realpath(root), set[str]()

    def unreadable(error: OSError) -> None:
        result.problems.append(_closed(str(error.filename)))

    pending = [str(root)]
    for top in pending:
        for folder, subfolders, names in os.walk(top, onerror=unreadable):
            real = os.path.realpath(folder)
            if real in visited:
                subfolders.clear()
                continue
            visited.add(real)
            subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
            for path in [path for name in subfolders if os.path.islink(path := os.path.join(folder, name))]:  # noqa: PTH114, PTH118
                if allow_outside or not _leaves(path, home):
                    pending.append(path)
                else:
                    result.problems.append(_outside(path))
            for name in names:
                if not name.startswith(".") and name.lower() not in NO_IMAGES:
                    _look(Path(folder, name), root, home, allow_outside, result)
    result.files.sort(key=lambda file: file.relative)
    result.problems.sort(key=lambda problem: problem.path)
    return result


def _look(path: Path, root: Path, home: str, allow_outside: bool, result: Scan) -> None:
    try:
        problem = _problem(path, home, allow_outside)
        kind = None if problem else kind_of(path)
    except OSError:
        problem, kind = _closed(str(path)), None
    if kind:
        result.files.append(ScannedFile(path, path.relative_to(root).as_posix(), kind))
    elif problem and kind_of_name(os.fsencode(path.name).decode(errors="replace")):
        result.problems.append(problem)


def _problem(path: Path, home: str, allow_outside: bool) -> Problem | None:
    if not is_text(str(path)):
        return Problem(repr(str(path)), "has a name that is no valid UTF-8", "Rename it.")
    try:
        mode = path.stat().st_mode
    except PermissionError:
        raise
    except OSError:  # nothing there, a circle of links, or a target with too long a name
        return Problem(str(path), "is a link that leads to no file", "Mend or remove it.")
    if not stat.S_ISREG(mode):
        return Problem(str(path), "is no file but a pipe, socket or device", "Remove it.")
    return None if allow_outside or not _leaves(str(path), home) else _outside(str(path))


def _leaves(path: str, home: str) -> bool:
    return os.path.islink(path) and not (os.path.realpath(path) + os.sep).startswith(home + os.sep)  # noqa: PTH114


def _closed(path: str) -> Problem:
    return Problem(path, "may not be read", "Change its permissions.")


def _outside(path: str) -> Problem:
    return Problem(path, "is a link that leaves the folder", "Give --allow-outside where that is meant.")


def is_text(name: str) -> bool:
    """Whether a file name is valid UTF-8, so that tables can hold it."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
