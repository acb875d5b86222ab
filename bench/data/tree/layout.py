"""What the folders of a tree name: classes, or classes and patients. Pure."""

import re
from collections import Counter
from collections.abc import Collection, Iterable
from typing import Literal, get_args

Layout = Literal["auto", "any/class", "class/patient", "class/any"]
LAYOUTS: tuple[Layout, ...] = get_args(Layout)
AUTO: Layout = "auto"
OUTERMOST: tuple[Layout, ...] = ("class/patient", "class/any")
"""Those in which the outermost folder is the class."""
Folders = tuple[str, ...]
"""The folders that an image lies in below the root of its tree, the outermost first."""

_DIGIT = re.compile(r"\d")


def named_by(folders: Folders, layout: Layout) -> tuple[str, str | None]:
    """Class and patient of an image in `folders`, of which there is one or more.

    `any/class`: the innermost folder is the class; `class/patient`: the outermost, and the next one is the patient;
    `class/any`: the outermost, and those in it mean nothing.
    """
    if layout == "class/patient":
        return folders[0], folders[1] if len(folders) > 1 else None
    return folders[0] if layout == "class/any" else folders[-1], None


def layout_of(places: Iterable[Folders]) -> Layout | None:
    """The layout of a tree whose images lie in `places`, none of which is the root; None where it may be several.

    One folder above each image is a class. Where every image lies deeper, sub-folders are patients if each has a digit
    in its name and fewer than half of the names come back in another folder; innermost folders are classes if none has
    a digit in its name and half or more come back elsewhere. Where some images lie deeper than others, the innermost
    folder is the class, unless it would lie in a class or be one of several that are called like patients.
    """
    folders = set(places)
    shallow = {path for path in folders if len(path) == 1}
    deep = folders - shallow
    if not deep:
        return "any/class"
    if shallow:
        inside = any(path[:depth] in folders for path in deep for depth in range(1, len(path)))
        return None if inside or _like_patients({path[:2] for path in deep}, shallow) else "any/class"
    if len({path[0] for path in folders}) == 1:
        return "any/class" if layout_of(path[1:] for path in folders) == "any/class" else None
    patients = _like_patients({path[:2] for path in folders}, ()) and not _come_back({path[:2] for path in folders})
    classes = not any(_DIGIT.search(path[-1]) for path in folders) and _come_back(folders)
    if patients == classes:
        return None
    return "class/patient" if patients else "any/class"


def _like_patients(pairs: Collection[Folders], classes: Collection[Folders]) -> bool:
    """Whether sub-folders, given with the folder that they lie in, are called like patients and no class is."""
    names = {name for _, name in pairs}
    several = len(pairs) > len({top for top, _ in pairs})
    return several and all(map(_DIGIT.search, names)) and not any((name,) in classes for name in names)


def _come_back(folders: Collection[Folders]) -> bool:
    """Whether of two or more innermost names half or more are met in several places."""
    met = Counter(path[-1] for path in folders)
    return len(met) > 1 and 2 * sum(times > 1 for times in met.values()) >= len(met)
