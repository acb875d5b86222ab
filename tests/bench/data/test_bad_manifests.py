"""Odd and broken manifests: each is read as documented, or refused with its rows; none is a traceback."""

import os
from pathlib import Path

import pytest
from odd_files import NO_IMAGE, SETTINGS, SOUND, TEXT, encoded, holding, sound_tree
from trees import load_sites

from bench.cache import Caches
from bench.errors import RequestError

GOOD = "path,label\na/sound0.png,a\na/sound1.png,a\nb/sound0.png,b\nb/sound1.png,b\n"
MANIFESTS: dict[str, tuple[str | bytes, str]] = {
    "byte-order mark, semicolons, Windows line ends": ("\ufeff" + GOOD.replace(",", ";").replace("\n", "\r\n"), ""),
    "old Macintosh line ends": (GOOD.replace("\n", "\r"), ""),
    "empty": ("", "begins with an empty line"),
    "header only": ("path,label\n", "has a header but no rows"),
    "Windows encoding": (GOOD.encode() + "b/ä.png,b\n".encode("cp1252"), "is not UTF-8 (near line 6)"),
    "UTF-16": (GOOD.encode("utf-16"), "is not UTF-8"),
    "UTF-16 without a mark": (GOOD.encode("utf-16-le"), "holds zero bytes"),
    "a picture": (encoded("PNG"), "is not UTF-8"),
    "duplicate header": ("path,label,label\na/sound0.png,a,b\n", "names column(s) label more than once"),
    "columns without a name": ("path,label,,\na/sound0.png,a,,\n", "names column(s) (without a name) more than once"),
    "huge header": (f"path,label,{'x' * 200_000}\na/sound0.png,a,\n", "field larger than field limit"),
    "no column of labels": ("path,class\na/sound0.png,a\n", "has no column 'label'; it has path, class"),
    "blank label": (GOOD + "b/sound1.png, \n", "1 row(s)"),
    "blank line": (GOOD.replace("\nb/sound0", "\n\nb/sound0"), "have no path: row(s) 4"),
    "duplicate path": (
        GOOD + "b/../a/sound0.png,b\n",
        "name the same image, or have the same case_id, at one site: row(s) 2, 6",
    ),
    "duplicate id": ("path,label,case_id\na/sound0.png,a,1\nb/sound0.png,b,1\n", "at one site: row(s) 2, 3"),
    "up and out": (GOOD + "../outside.png,a\n", "is absolute or leaves the manifest's folder (give --allow-outside"),
    "absolute path": (GOOD + "/dev/null,a\n", "is absolute or leaves the manifest's folder (give --allow-outside"),
    "missing file": (
        GOOD + "a/gone.png,a\n",
        "name a path where there is no file: row(s) 6; the first is for 'a/gone.png'",
    ),
    "folder": (GOOD + "a,a\n", "name a path where there is no file: row(s) 6"),
    "pipe": (GOOD + "pipe.png,a\n", "name a path where there is no file: row(s) 6"),
    "zero byte in a path": (GOOD + "a/\0.png,a\n", "name a path where there is no file: row(s) 6"),
    "path too long": (GOOD + "x" * 5000 + ".png,a\n", "name a path where there is no file: row(s) 6"),
    "huge part": (f"path,label,part\na/sound0.png,a,{'9' * 5000}\n", "have a part that is no whole number from 0 on"),
    "a part of a picture": (
        "path,label,part\na/sound0.png,a,1\nb/sound0.png,b,\n",
        "it is one image; number 1, counted from 0",
    ),
    "text called an image": (GOOD + "text.png,a\n", f"text.png ({NO_IMAGE})"),
}


@pytest.mark.parametrize(("content", "reason"), MANIFESTS.values(), ids=MANIFESTS)
def test_odd_manifests(tmp_path: Path, caches: Caches, content: str | bytes, reason: str) -> None:
    tree = sound_tree(tmp_path / "tree")
    holding(TEXT)(tree / "text.png")
    os.mkfifo(tree / "pipe.png")
    holding(content)(tree / "list.csv")
    sites = {"internal": tree / "list.csv"}
    if not reason:
        cases = load_sites(sites, SETTINGS, caches).cases
        assert {case.case_id: case.label for case in cases} == SOUND
        return
    with pytest.raises(RequestError) as caught:
        load_sites(sites, SETTINGS, caches)
    assert reason in str(caught.value)
    assert str(tree) in str(caught.value)
