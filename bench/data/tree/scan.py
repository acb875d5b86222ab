"""The image files below a folder, what there is wrong with names and links, what is passed over. Reads folders."""

import os
import stat
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from bench.data.kinds import Kind, kind_of, kind_of_name, unread_kind_of_name
from bench.data.passed_over import PassedOver

NO_IMAGES = frozenset({"dicomdir"})
DIRECTORIES = "DICOMDIR file(s), which list files and hold no pixels"
UNREAD = "file(s) of a kind of image that cannot be read here ({})"
HIDDEN = "hidden files (their name, or that of a folder above, begins with a dot)"
BY_PRODUCT = "by-products of a system or viewer (such as @eaDir, .thumbnails, __MACOSX, Thumbs.db)"
SYSTEM_DOTS = frozenset(
    {".thumbnails", ".ds_store", ".appledouble", ".spotlight-v100", ".trashes", ".fseventsd", ".@__thumb"}
)
SYSTEM_NAMES = frozenset(
    {
        "@eadir",  # Synology: thumbnails, called after their image
        "@tmp",
        "@sharebin",
        "#recycle",
        "#snapshot",
        "@recycle",  # QNAP
        "@recently-snapshot",
        "__macosx",  # archives packed on macOS
        "icon\r",
        "thumbs.db",
        "ehthumbs.db",
        "desktop.ini",
        "$recycle.bin",
        "system volume information",
        "lost+found",
    }
)
EXPORT = "Export them as PNG or DICOM, or give a tree without them."
NO_KIND = "file(s) that are no image by content nor by name (*{})"
NO_SUFFIX = "file(s) that are no image by content and have no suffix"


@dataclass(frozen=True)
class ScannedFile:
    """An image file: its path, its path below the root with forward slashes, and what it holds."""

    path: Path
    relative: str
    kind: Kind

    @property
    def folders(self) -> tuple[str, ...]:
        """Those that it lies in below the root, the outermost first."""
        return tuple(self.relative.split("/")[:-1])


@dataclass(frozen=True)
class Problem:
    """Why something below the root cannot be used, with what to do about it."""

    path: str
    reason: str
    advice: str


@dataclass
class Scan:
    """Image files sorted by relative path, the problems met, and the count of all other files."""

    files: list[ScannedFile] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    passed_over: PassedOver = field(default_factory=PassedOver)


def scan(root: Path, *, allow_outside: bool = False) -> Scan:
    """Walk `root`, following links to folders once; a folder's own name goes before those of links to it.

    Hidden files, by-products and files that are neither image by content nor by name are counted and passed over.
    Links that leave `root` are problems unless `allow_outside`; so are links to nothing, pipes, names that are no
    valid UTF-8 and what may not be read.
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
            for name in sorted(subfolders):
                if reason := why_passed_over(name):
                    subfolders.remove(name)
                    _count_below(Path(folder, name), reason, result)
            subfolders.sort()
            for path in [path for name in subfolders if os.path.islink(path := os.path.join(folder, name))]:  # noqa: PTH114, PTH118
                if allow_outside or not _leaves(path, home):
                    pending.append(path)
                else:
                    result.problems.append(_outside(path))
            for name in sorted(names):
                if reason := why_passed_over(name):
                    result.passed_over.add("passed over", reason, str(Path(folder, name)))
                elif name.lower() in NO_IMAGES:
                    result.passed_over.add("passed over", DIRECTORIES, str(Path(folder, name)))
                else:
                    _look(Path(folder, name), root, home, allow_outside, result)
    result.files.sort(key=lambda file: file.relative)
    result.problems.sort(key=lambda problem: problem.path)
    return result


def _count_below(folder: Path, reason: str, result: Scan) -> None:
    """The files of a folder that is passed over; one of nothing but folders, or closed, counts as nothing."""
    for inner, subfolders, names in os.walk(folder):
        subfolders.sort()
        if names:
            result.passed_over.add("passed over", reason, str(Path(inner, min(names))), number=len(names))


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
    elif unread := unread_kind_of_name(path.name):
        result.passed_over.add("left out", UNREAD.format(unread), str(path), advice=EXPORT)
    else:
        result.passed_over.add(
            "passed over", NO_KIND.format(path.suffix.lower()) if path.suffix else NO_SUFFIX, str(path)
        )


def _unreadable_name(path: Path) -> Problem:
    """Of a name that Python could not decode: it is odd, or Python was told of another encoding than UTF-8."""
    encoding = sys.getfilesystemencoding()
    with suppress(UnicodeDecodeError):
        os.fsencode(path).decode()
        what = f"has a name that this process cannot read, since it takes names for {encoding}"
        return Problem(repr(str(path)), what, "Set PYTHONUTF8=1 (or LANG=C.UTF-8), and give the same command again.")
    return Problem(repr(str(path)), "has a name that is no valid UTF-8", "Rename it.")


def _problem(path: Path, home: str, allow_outside: bool) -> Problem | None:
    try:
        str(path).encode()  # tables can hold no other names
    except UnicodeEncodeError:
        return _unreadable_name(path)
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


def why_passed_over(name: str) -> str | None:
    """What is said of a file or folder of that name, None where it is looked at."""
    lower = name.lower()
    if lower in SYSTEM_NAMES or lower in SYSTEM_DOTS or name.startswith("._"):
        return BY_PRODUCT
    return HIDDEN if name.startswith(".") else None
