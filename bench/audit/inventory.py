"""Which images there are, without stopping at what is wrong with them. Reads folders and headers, makes a folder."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench.data.cases import INTERNAL, FoundImage
from bench.data.classes import say_alike
from bench.data.manifest.reader import read as read_manifest
from bench.data.manifest.table import is_manifest, read_table
from bench.data.options import AUTO_READER, ReadOptions
from bench.data.passed_over import PassedOver
from bench.data.readers import DataRequest, read_images
from bench.data.sites import parse_external, site_name, sites_of
from bench.data.tree.reader import look
from bench.data.tree.scan import Problem
from bench.errors import RequestError, cannot_write
from bench.quiet import quiet

NO_CLASS = ""


@dataclass(frozen=True)
class Inventory:
    """Images sorted by site, the internal one first; `roots` says where each site lies.

    `passed_over` counts what else lies there.
    """

    images: list[FoundImage]
    problems: list[Problem]
    roots: Mapping[str, Path]
    passed_over: PassedOver


def sites_given(texts: Sequence[str]) -> dict[str, Path]:
    """Sites from `[SITE=]PATH…`; a folder that holds `internal/` stands for all its sites.

    Raises:
        RequestError: no such path, or two of one name.
    """
    sites: dict[str, Path] = {}
    for text in texts:
        name, path = _named(text)
        name = name or site_name(path.name) or "external"
        found = sites_of(path) if (path / INTERNAL).is_dir() else {name: path}
        for site, root in found.items():
            if site in sites:
                raise RequestError(f"{sites[site]} and {root} are both site {site!r}. Name them: NAME=PATH.")
            sites[site] = root
    return dict(sorted(sites.items(), key=lambda item: item[0] != INTERNAL))


def _named(text: str) -> tuple[str, Path]:
    """Site and path of `[SITE=]PATH`; the site is "" where none is named."""
    name, given = parse_external(text)
    return "" if given == text else name, Path(given).expanduser().resolve()


@quiet()  # pydicom's warnings quote headers
def take_inventory(texts: Sequence[str], reader: str, options: ReadOptions) -> Inventory:
    """The images of `[SITE=]PATH…`. In a tree, an image in no class folder has no label.

    Raises:
        RequestError: no such path, no image, or a manifest or public set that its reader refuses.
    """
    account = PassedOver()
    options = replace(options, passed_over=account)
    if len(texts) == 1 and reader in (AUTO_READER, "manifest"):
        name, path = _named(texts[0])
        if is_manifest(path) and not path.is_dir():
            return _of_manifest(path, name, options)
    sites = sites_given(texts)
    if reader not in (AUTO_READER, "tree"):
        request = DataRequest(options, sites=sites, readers=dict.fromkeys(sites, reader))
        return Inventory(read_images(request), [], sites, account)
    images: list[FoundImage] = []
    problems: list[Problem] = []
    for site, root in sites.items():
        if root.is_file() and is_manifest(root):
            images += read_manifest(root, site, options)
        else:
            found, wrong = look(root, site, options)
            images += found
            problems += wrong
    say_alike(images, account)
    if not images and not problems:
        raise RequestError(f"No image found below {', '.join(map(str, sites.values()))}. Check the path.")
    return Inventory(images, problems, sites, account)


def _of_manifest(path: Path, site: str, options: ReadOptions) -> Inventory:
    by_site = not site and options.column("site") in read_table(path).columns
    images = read_manifest(path, None if by_site else site or INTERNAL, options)
    roots = dict.fromkeys((image.site for image in images), path)
    return Inventory(images, [], roots, options.passed_over)


def make_output(out: Path, roots: Iterable[Path]) -> None:
    """Make `out` before anything takes long.

    Raises:
        RequestError: it cannot be made, or lies among the images, where its pictures would be taken for some.
    """
    place = out.expanduser().resolve()
    inside = next((root for root in roots if root.is_dir() and place.is_relative_to(root)), None)
    if inside is not None:
        raise RequestError(
            f"--out {out} lies in {inside}, where its pictures would be taken for images of yours. Give a folder "
            f"elsewhere."
        )
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(f"The folder {out} (--out) cannot be made", error, "Give another.") from None
