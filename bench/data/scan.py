"""The image files below a folder, and what there is wrong with names and links. Reads folders."""

import os
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
    """Walk `root`, following links once.

    Hidden files and files that are neither image by content nor by name are passed over. Links that leave `root` are
    problems unless `allow_outside`; so are links to nothing, names that are no valid UTF-8 and what may not be read.
    """
    result = Scan()
    home, visited = os.path.realpath(root), set[str]()

    def unreadable(error: OSError) -> None:
        result.problems.append(Problem(str(error.filename), "may not be read", "Change its permissions."))

    for folder, subfolders, names in os.walk(root, followlinks=True, onerror=unreadable):
        real = os.path.realpath(folder)
        if real in visited:
            subfolders.clear()
            continue
        visited.add(real)
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        for name in [*subfolders] if not allow_outside else []:
            if _leaves(os.path.join(folder, name), home):  # noqa: PTH118 - as os.walk gives it
                result.problems.append(_outside(os.path.join(folder, name)))  # noqa: PTH118
                subfolders.remove(name)
        for name in names:
            if not name.startswith(".") and name.lower() not in NO_IMAGES:
                _look(Path(folder, name), root, home, allow_outside, result)
    result.files.sort(key=lambda file: file.relative)
    result.problems.sort(key=lambda problem: problem.path)
    return result


def _look(path: Path, root: Path, home: str, allow_outside: bool, result: Scan) -> None:
    if not is_text(str(path)):
        if kind_of_name(os.fsencode(path.name).decode(errors="replace")):
            result.problems.append(Problem(repr(str(path)), "has a name that is no valid UTF-8", "Rename it."))
    elif not path.is_file():
        if path.is_symlink() and kind_of_name(path.name):
            result.problems.append(Problem(str(path), "is a link that leads to no file", "Mend or remove it."))
    elif not allow_outside and _leaves(str(path), home):
        if kind_of_name(path.name):
            result.problems.append(_outside(str(path)))
    else:
        try:
            kind = kind_of(path)
        except OSError:
            if kind_of_name(path.name):
                result.problems.append(Problem(str(path), "may not be read", "Change its permissions."))
            return
        if kind:
            result.files.append(ScannedFile(path, path.relative_to(root).as_posix(), kind))


def _leaves(path: str, home: str) -> bool:
    return os.path.islink(path) and not (os.path.realpath(path) + os.sep).startswith(home + os.sep)  # noqa: PTH114


def _outside(path: str) -> Problem:
    return Problem(path, "is a link that leaves the folder", "Give --allow-outside where that is meant.")


def is_text(name: str) -> bool:
    """Whether a file name is valid UTF-8, so that tables can hold it."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
