"""Trees, sites and classes: what is found, and what is refused."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from trees import READ

from bench.data.cases import FoundImage
from bench.data.classes import class_list, rename
from bench.data.sites import parse_external, sites_of
from bench.data.tree.reader import read as read_tree
from bench.errors import RequestError


def put(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (4, 4)).save(path)


def image(label: str, site: str = "internal") -> FoundImage:
    return FoundImage(f"{site}/{label}.png", f"/{label}.png", label, site)


def test_the_class_is_the_parent_folder_at_any_depth(tmp_path: Path) -> None:
    put(tmp_path / "b" / "1.png")
    put(tmp_path / "ward" / "a" / "2.JPG")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "notes.txt").write_text("")
    put(tmp_path / "a" / ".hidden.png")
    found = read_tree(tmp_path, "bern", READ)
    assert [(i.case_id, i.label, i.site) for i in found] == [
        ("bern/b/1.png", "b", "bern"),
        ("bern/ward/a/2.JPG", "a", "bern"),
    ]


def test_linked_folders_are_followed_once(tmp_path: Path) -> None:
    put(tmp_path / "real" / "a" / "1.png")
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "a").symlink_to(tmp_path / "real" / "a")
    (tree / "loop").symlink_to(tree)
    with pytest.raises(RequestError, match="leaves the folder"):
        read_tree(tree, "internal", READ)
    outside = replace(READ, allow_outside=True)
    assert [i.case_id for i in read_tree(tree, "internal", outside)] == ["internal/a/1.png"]


def test_trees_that_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="No such path"):
        read_tree(tmp_path / "absent", "internal", READ)
    (tmp_path / "empty").mkdir()
    with pytest.raises(RequestError, match="No image found"):
        read_tree(tmp_path / "empty", "internal", READ)
    put(tmp_path / "loose" / "a.png")
    with pytest.raises(RequestError, match="in no class folder"):
        read_tree(tmp_path / "loose", "internal", READ)
    (tmp_path / "linked" / "a").mkdir(parents=True)
    (tmp_path / "linked" / "a" / "gone.png").symlink_to(tmp_path / "nowhere.png")
    with pytest.raises(RequestError, match="leads to no file"):
        read_tree(tmp_path / "linked", "internal", READ)
    (tmp_path / "bytes" / "a").mkdir(parents=True)
    Path(os.fsdecode(os.fsencode(tmp_path / "bytes" / "a") + b"/\xe9.png")).write_bytes(b"")
    with pytest.raises(RequestError, match="no valid UTF-8"):
        read_tree(tmp_path / "bytes", "internal", READ)
    with pytest.raises(RequestError, match="is a file"):
        read_tree(tmp_path / "loose" / "a.png", "internal", READ)


def test_sites_of_a_data_folder(tmp_path: Path) -> None:
    for name in ("internal", "external", "external-bern", "masks"):
        (tmp_path / name).mkdir()
    assert list(sites_of(tmp_path)) == ["internal", "external", "bern"]
    (tmp_path / "external-internal").mkdir()
    with pytest.raises(RequestError, match="are both site 'internal'"):
        sites_of(tmp_path)
    (tmp_path / "internal").rmdir()
    with pytest.raises(RequestError, match="no folder 'internal'"):
        sites_of(tmp_path)


def test_external_sites_are_named_by_option_or_folder() -> None:
    assert parse_external("bern=/data/b") == ("bern", "/data/b")
    assert parse_external("/data/bern/") == ("bern", "/data/bern/")
    assert parse_external("data/external-bern") == ("bern", "data/external-bern")
    assert parse_external("/a=b/c") == ("c", "/a=b/c")


def test_classes_are_sorted_or_as_declared() -> None:
    images = [image("b"), image("a"), image("a", "bern")]
    assert class_list(images, None) == ("a", "b")
    assert class_list(images, ["b", "a"]) == ("b", "a")


def test_renaming_merges() -> None:
    images = rename([image("EDH"), image("epidural"), image("normal")], {"EDH": "epidural"})
    assert class_list(images, None) == ("epidural", "normal")
    with pytest.raises(RequestError, match="SDH"):
        rename(images, {"SDH": "subdural"})


@pytest.mark.parametrize(
    ("images", "declared", "message"),
    [
        ([image("a")], None, "Only one class"),
        ([image("a"), image("b")], ["a", "a"], "more than once"),
        ([image("a"), image("b")], ["a", "b", "c"], "no internal image"),
        ([image("a"), image("b"), image("c")], ["a", "b"], r'"c" = "a"'),
    ],
)
def test_class_lists_that_are_refused(images: list[FoundImage], declared: list[str] | None, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        class_list(images, declared)


def test_a_class_only_outside_is_named_with_the_line_to_add() -> None:
    images = [image("a"), image("b"), image("contusion", "bern")]
    with pytest.raises(RequestError, match="'contusion' exists only at external site 'bern'") as caught:
        class_list(images, None)
    assert '[classes]\n"contusion" = "a"' in str(caught.value)
    assert class_list(rename(images, {"contusion": "b"}), None) == ("a", "b")
