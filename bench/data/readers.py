"""From where the images lie to the list of them: by manifest, by tree, or as a public set downloads. Reads headers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from bench.data.cases import FoundImage
from bench.data.manifest.reader import read as read_manifest
from bench.data.manifest.table import is_manifest
from bench.data.names import alike
from bench.data.options import AUTO_READER, EVERY_SITE, READER_NAMES, READERS, ReadOptions
from bench.data.sites import sites_of
from bench.errors import RequestError

Reader = Callable[[Path, str, ReadOptions], list[FoundImage]]


@dataclass(frozen=True)
class DataRequest:
    """Where images lie: `data` (a folder of sites, or a manifest with a column `site`), or else `sites` by name.

    `readers` names the reader of a site, under `*` that of all others; without one it is a manifest where the path
    is a table, else a tree.
    """

    options: ReadOptions
    data: Path | None = None
    sites: Mapping[str, Path] | None = None
    readers: Mapping[str, str] | None = None


def read_images(request: DataRequest) -> list[FoundImage]:
    """Every image of every site, the internal one first.

    Raises:
        RequestError: as the readers, an unknown reader, one for a site that does not exist, or an option that no
            reader asked for takes.
    """
    readers = request.readers or {}
    usual = readers.get(EVERY_SITE, AUTO_READER)
    unknown = sorted({name for name in readers.values() if name not in READER_NAMES})
    if unknown:
        raise RequestError(f"No reader {unknown[0]!r} (--reader). Known: {', '.join(READER_NAMES)}.")
    if request.data is not None and is_manifest(request.data) and usual in (AUTO_READER, "manifest"):
        return read_manifest(request.data, None, request.options)
    sites = sites_of(request.data) if request.data is not None else request.sites or {}
    astray = sorted(set(readers) - set(sites) - {EVERY_SITE})
    if astray:
        raise RequestError(f"--reader names site {astray[0]!r}, which is not given. Sites: {', '.join(sites)}.")
    if request.options.root is not None and not any(path.is_file() and is_manifest(path) for path in sites.values()):
        raise RequestError("--root says where the paths of a manifest begin, and no manifest is given. Leave it out.")
    for one, other, *_ in alike(sites):
        request.options.passed_over.add("doubtful", "set(s) of sites whose names look alike", f"{one} and {other}")
    return [
        image
        for site, path in sites.items()
        for image in _reader(readers.get(site, usual), path)(path, site, request.options)
    ]


def _reader(name: str, path: Path) -> Reader:
    if name == AUTO_READER:
        name = "manifest" if path.is_file() and is_manifest(path) else "tree"
    read: Reader = import_module(READERS[name]).read
    return read
