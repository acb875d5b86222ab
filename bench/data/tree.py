"""Reads a class-per-folder tree: the class of an image is the name of the folder that it lies in."""

import os
from pathlib import Path

from bench.data.cases import FoundImage
from bench.errors import RequestError, listed

IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp"})


def read_tree(root: Path, site: str) -> list[FoundImage]:
    """Every image below `root`, sorted by path.

    Hidden files and files that are no images are passed over; linked folders are followed once.

    Raises:
        RequestError: no such folder, no image in it, or images that lie in no class folder.
    """
    if not root.exists():
        raise RequestError(f"No such path: {root} (given for site '{site}'). Check the spelling.")
    if not root.is_dir():
        raise RequestError(
            f"{root} (given for site '{site}') is a file. Give a folder that holds one folder of images a class."
        )
    paths = _image_paths(root)
    if not paths:
        raise RequestError(
            f"No image found below {root} (site '{site}'). Expected one folder a class, holding "
            f"{', '.join(sorted(IMAGE_SUFFIXES))} files."
        )
    unspeakable = [repr(str(path)) for path in paths if not _is_text(str(path))]
    if unspeakable:
        raise RequestError(f"File name(s) that are no valid UTF-8: {listed(unspeakable, 3)}. Rename them.")
    dangling = [str(path) for path in paths if not path.is_file()]
    if dangling:
        raise RequestError(f"Link(s) that lead to no file: {listed(dangling, 3)}. Mend or remove them.")
    loose = [path.name for path in paths if path.parent == root]
    if loose:
        raise RequestError(
            f"{len(loose)} image(s) lie directly in {root}, in no class folder: {listed(loose, 3)}. "
            f"Move them into folders named after their classes."
        )
    return [
        FoundImage(f"{site}/{path.relative_to(root).as_posix()}", str(path), path.parent.name, site) for path in paths
    ]


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _image_paths(root: Path) -> list[Path]:
    found: list[Path] = []
    visited: set[str] = set()
    for folder, subfolders, names in os.walk(root, followlinks=True):
        real = os.path.realpath(folder)
        if real in visited:
            subfolders.clear()
            continue
        visited.add(real)
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        found += [
            Path(folder, name)
            for name in names
            if not name.startswith(".") and Path(name).suffix.lower() in IMAGE_SUFFIXES
        ]
    return sorted(found, key=lambda path: path.relative_to(root).as_posix())
