"""Where the sites of an experiment lie on the disk. Reads folder listings."""

from pathlib import Path

from bench.data.cases import INTERNAL
from bench.errors import RequestError

EXTERNAL = "external"


def sites_of(data: Path) -> dict[str, Path]:
    """Sites of a tree that holds `internal/` and `external*/`; `external-NAME/` names a site.

    Raises:
        RequestError: there is no such folder, or no `internal/` in it.
    """
    if not data.is_dir():
        raise RequestError(f"No such folder: {data} (--data). Check the spelling.")
    inner = data / INTERNAL
    if not inner.is_dir():
        raise RequestError(
            f"{data} (--data) holds no folder 'internal'. Lay the images out as internal/CLASS/… and "
            f"external-NAME/CLASS/…, or give the paths by --internal and --external."
        )
    sites = {INTERNAL: inner}
    for path in sorted(path for path in data.glob(f"{EXTERNAL}*") if path.is_dir()):
        name = site_name(path.name)
        if name in sites:
            raise RequestError(f"{sites[name]} and {path} are both site {name!r}. Rename one: external-NAME.")
        sites[name] = path
    return sites


def called_like_site(folder: str) -> bool:
    """Whether a folder bears the name of a site: `internal`, `External-Bern`."""
    return folder.casefold() == INTERNAL or folder.casefold().startswith(EXTERNAL)


def site_name(folder: str) -> str:
    """`external-bern` → `bern`; any other folder name as it is."""
    return folder.removeprefix("external-") or folder


def parse_external(text: str) -> tuple[str, str]:
    """Split `[NAME=]PATH`; without a name the site is called after the last folder of the path."""
    name, separator, path = text.partition("=")
    if separator and name and "/" not in name:
        return name, path
    return site_name(Path(text).name or "external"), text
