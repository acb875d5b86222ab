"""What folders of a tree name: classes, or classes and patients, or nobody can tell."""

import pytest

from bench.data.tree.layout import layout_of, named_by

TREES = {
    "a/ b/": "any/class",
    "0/ 1/ 2/": "any/class",
    "p1/ p2/": "any/class",
    "set/a/ set/b/": "any/class",
    "set/0/ set/1/": "any/class",
    "b/ ward/a/": "any/class",
    "a/ b/ ward-2/a/ ward-2/b/": "any/class",
    "0/ 1/ more/0/ more/1/": "any/class",
    "ward-1/a/ ward-1/b/ ward-2/a/ ward-2/b/": "any/class",
    "ward-1/a/ ward-1/b/ ward-2/a/": "any/class",
    "bern/ct/a/ bern/ct/b/ bonn/ct/a/ bonn/ct/b/": "any/class",
    "a/p1/ a/p2/ b/p3/ b/p4/": "class/patient",
    "a/p1/ a/p2/ a/p3/ b/p3/": "class/patient",
    "a/p1/ a/p2/ b/p3/": "class/patient",
    "a/CT0 12/S1/ a/CT1 13/S1/ b/CT2 9/S1/": "class/patient",
    "grade1/p1/ grade1/p2/ grade2/p3/ grade2/p4/": "class/patient",
    "a/p1/ a/p2/ b/p1/ b/p2/": None,  # two classes of two patients, or two wards with two classes
    "a/0/ a/1/ b/0/ b/1/": None,
    "a/anna/ a/ben/ b/cleo/ b/dora/": None,
    "a/images/ b/images/": None,
    "ward-1/a/ ward-2/b/": None,
    "a/ a/more/": None,
    "a/ b/ b/more/": None,
    "a/ b/p1/ b/p2/": None,
    "set/a/p1/ set/a/p2/ set/b/p3/ set/b/p4/": None,  # the folder to give is set
    "a/p1/axial/ a/p2/axial/ b/p3/coronal/ b/p4/coronal/": None,
}


@pytest.mark.parametrize(("tree", "layout"), TREES.items(), ids=TREES)
def test_layouts(tree: str, layout: str | None) -> None:
    assert layout_of(tuple(path.rstrip("/").split("/")) for path in tree.split("/ ")) == layout


def test_what_each_layout_says_of_an_image() -> None:
    assert named_by(("bern", "a"), "any/class") == ("a", None)
    assert named_by(("a", "p1", "series"), "class/patient") == ("a", "p1")
    assert named_by(("a",), "class/patient") == ("a", None)
    assert named_by(("a", "images"), "class/any") == ("a", None)
