"""A tree of folders as it is found: which of them are classes, patients, hospitals, or parts for training and testing.

Reads folders.
"""

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from shlex import quote

from bench.data.cases import INTERNAL
from bench.data.names import visible
from bench.data.tree.layout import AUTO, Folders, Layout, layout_of
from bench.data.tree.scan import scan
from bench.errors import RequestError, listed
from bench.initial.choice import Choice
from bench.initial.source import Source, entries, holds_images, of_sites

PARTS = re.compile(
    r"(train(ing)?|val(id(ation)?)?|test(ing)?|dev(el(opment)?)?|eval(uation)?|fold[-_ ]?\d+)(set)?", re.I
)
PATIENT = re.compile(r"(patients?|pat|pt|p|subjects?|subj|sub|s|cases?|person|id)?[-_ ]?\d+", re.I)
SURE = re.compile(r"(patients?|pat|subjects?|subj|persons?|participants?|probands?)[-_ ]?\d+", re.I)
MOST_BESIDE = 200  # folders that are looked into
MOST_NUMBERED = 10  # classes that are called by numbers
MANY = 8  # outer folders with numbers for names: patients rather than hospitals


def tree_source(root: Path, *, allow_outside: bool, tree: Layout) -> Source:
    """How a tree is read. tree: what the user said of its folders, `auto` where that is left to us.

    Raises:
        RequestError: no image is there, or all images lie in no folder.
    """
    found = scan(root, allow_outside=allow_outside).files
    places = Counter(file.folders for file in found if file.folders)
    if not found:
        raise RequestError(_no_image(root))
    if not places:
        raise RequestError(_no_class(root, len(found)))
    if tree != AUTO:
        why = "as was given by --tree"
        return _with_layout(_one_site(root, "one site, so folds are drawn from all of it"), tree, why)
    outer = {folders[0] for folders in places}
    if min(map(len, places)) > 1 and not all(map(PARTS.fullmatch, outer)) and _classes_inside(places):
        if _are_patients(outer):
            source = _one_site(root, "its outer folders are patients, and the folders in these are classes")
            return replace(source, tree="any/class", patients_above=True)
        return _hospitals(root, places)
    layout, why = _layout(places)
    inside = "one folder a class: one site, so folds are drawn from all of it"
    if all(map(PARTS.fullmatch, outer)) and layout == "any/class":
        inside = (
            f"its folders {listed(sorted(outer))} are parts of one set: folds are drawn anew from all of it. If one "
            f"of them is another hospital, give internal and external"
        )
    return _with_layout(_one_site(root, inside), layout, why)


def inner_layout(source: Source, *, allow_outside: bool, tree: Layout) -> Source:
    """The same for the trees of several sites, which have one layout together."""
    if tree != AUTO:
        return _with_layout(source, tree, "as was given by --tree")
    roots = [Path(text.partition("=")[2]) for text in source.texts]
    folders = [root for root in roots if root.is_dir()]
    places = Counter(file.folders for root in folders for file in scan(root, allow_outside=allow_outside).files)
    del places[()]
    return _with_layout(source, *_layout(places)) if places else source


def _layout(places: Counter[Folders]) -> tuple[Layout, str]:
    """What folders name, and why; `auto` where a class is all that there is."""
    if max(map(len, places)) == 1:
        return AUTO, ""
    found = layout_of(places)
    if found == "class/patient":
        return found, "the folders inside a class are called like patients, who are held out whole"
    if found is not None or _classes_inside(places):
        return "any/class", "the innermost folder is the class"
    return "class/patient", (
        "folders inside a class may be patients: images that lie together are held out together, which cannot make "
        "numbers too good"
    )


def _with_layout(source: Source, layout: Layout, why: str) -> Source:
    if layout == AUTO:
        return source
    instead = ('tree = "class/any"   # where the inner folders mean nothing',) if layout == "class/patient" else ()
    return replace(source, tree=layout, choices=(*source.choices, Choice("tree", layout, why, instead)))


def _one_site(root: Path, why: str) -> Source:
    return Source(root, (f"{INTERNAL}={root}",), (Choice("internal", str(root), why),))


def _hospitals(root: Path, places: Counter[Folders]) -> Source:
    sizes = Counter[str]()
    classes: dict[str, set[str]] = {}
    for folders, number in places.items():
        sizes[folders[0]] += number
        classes.setdefault(folders[0], set()).add(folders[-1])
    first = max(sizes, key=lambda name: (len(classes[name]), sizes[name], name))
    others = {name: root / name for name in sorted(sizes) if name != first}
    why = (
        f"{len(sizes)} outer folders with the same classes are taken for hospitals; {visible(first)!r} has "
        f"{sizes[first]:,} images, the most, so it is trained on"
    )
    source = of_sites(root, root / first, others, why, "only tested on: how much of the internal value is kept there")
    return _with_layout(source, "any/class", "the innermost folder is the class") if _deep(places) else source


def _deep(places: Collection[Folders]) -> bool:
    return max(map(len, places)) > 2


def _are_patients(outer: Collection[str]) -> bool:
    """Called like patients (`patient03`, `P3`); or by numbers alone, and many."""
    return (
        len(outer) > 2
        and all(map(PATIENT.fullmatch, outer))
        and (len(outer) >= MANY or not all(name[-1:].isdigit() and name.isdigit() for name in outer))
    )


def _classes_inside(places: Collection[Folders]) -> bool:
    """Whether half or more of the innermost names are met under several outer folders, none called like a patient.

    Of numbers that holds where they are few, and all of them under each outer folder.
    """
    pairs = {(folders[0], folders[-1]) for folders in places}
    met = Counter(name for _, name in pairs)
    if all(map(SURE.fullmatch, met)):
        return False
    if all(map(PATIENT.fullmatch, met)):
        outer = len({name for name, _ in pairs})
        return outer > 1 and len(met) <= MOST_NUMBERED and all(times == outer for times in met.values())
    return 2 * sum(times > 1 for times in met.values()) >= len(met)


def _no_image(root: Path) -> str:
    _, files = entries(root)
    there = f"It holds {listed([visible(file.name) for file in files], 3)}. " if files else ""
    return (
        f"No image found below {root}. {there}Expected one folder a class, each with its images (PNG, JPEG, TIFF, "
        f"DICOM, NIfTI, …), or a manifest (CSV with the columns path and label)."
    )


def _no_class(root: Path, number: int) -> str:
    above, _ = entries(root.parent)
    beside = [visible(folder.name) for folder in above[:MOST_BESIDE] if folder != root and holds_images(folder)]
    class_of = f" If it is a class beside {listed(beside, 3)}: bench init {quote(str(root.parent))}." if beside else ""
    return (
        f"{number} image(s) lie directly in {root}, so that nothing says which class each has.{class_of} "
        f"{'Else move' if beside else 'Move'} them into one folder a class; or write a manifest beside them (CSV with "
        f"the columns path and label, one row an image) and give that: bench init {quote(str(root / 'manifest.csv'))}"
    )
