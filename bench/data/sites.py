"""Where the sites of an experiment lie on the disk. Reads folder listings."""

from difflib import get_close_matches
from pathlib import Path
from shlex import quote

from bench.data.cases import INTERNAL
from bench.errors import RequestError

EXTERNAL = "external"


def sites_of(data: Path) -> dict[str, Path]:
    """Sites of a tree that holds `internal/` and `external*/`; `external-NAME/` names a site.

    Raises:
        RequestError: there is no such folder, or no `internal/` in it.
    """
    if not data.is_dir():
        raise RequestError(missing_folder(data, "bench run --data"))
    inner = data / INTERNAL
    if not inner.is_dir():
        refuse_sites_apart(data, "bench run --data")
        raise RequestError(
            f"{data} (--data) holds no folder 'internal'. Lay the images out as internal/CLASS/… and "
            f"external-NAME/CLASS/…. For one site without another type: bench run --internal {quote(str(data))}"
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


def folders_in(path: Path) -> set[str]:
    """The names of the folders in a folder; none where it cannot be read."""
    try:
        return {one.name for one in path.iterdir() if one.is_dir() and not one.name.startswith(".")}
    except OSError:
        return set()


def missing_folder(path: Path, command: str) -> str:
    """What to say where a path is not there: the nearest name, or the demo."""
    near = get_close_matches(path.name, [one.name for one in _siblings(path)], n=1)
    if near:
        return f"No such folder: {path}. Did you mean {near[0]}? Type: {command} {quote(str(path.with_name(near[0])))}"
    return f"No such folder: {path}. Check the spelling. An example that needs no images: bench demo"


def refuse_sites_apart(path: Path, command: str) -> None:
    """Raise `RequestError` where the sites lie one level deeper, or are not called as they must be."""
    below = sorted(name for name in folders_in(path) if INTERNAL in folders_in(path / name))
    if below:
        raise RequestError(
            f"{path} holds no folder 'internal', but its folder {below[0]!r} does: it is one level too high. Type: "
            f"{command} {quote(str(path / below[0]))}"
        )
    sites = sorted(name for name in folders_in(path) if called_like_site(name))
    inside = [name for name in sites if name.casefold() == INTERNAL]
    if not sites:
        return
    first = inside[0] if inside else "YOUR-OWN-SITE"
    others = [name for name in sites if name != first]
    given = " ".join(f"--external {quote(f'{site_name(name)}={path / name}')}" for name in others)
    raise RequestError(
        f"{path} holds {', '.join(sites)} and no folder 'internal', which models are trained on. Rename one so, or "
        f"type: bench run --internal {quote(str(path / first))}{' ' if given else ''}{given}"
    )


def _siblings(path: Path) -> list[Path]:
    try:
        return list(path.parent.iterdir())
    except OSError:
        return []
