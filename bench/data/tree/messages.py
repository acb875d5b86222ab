"""What to say of trees that hold whole sites, or whose folders may be classes or patients."""

from collections.abc import Collection
from pathlib import Path
from shlex import quote

from bench.data.cases import INTERNAL
from bench.data.names import visible
from bench.data.sites import called_like_site
from bench.data.tree.layout import LAYOUTS, Folders, named_by
from bench.errors import RequestError, listed


def refuse_sites(root: Path, site: str, places: Collection[Folders]) -> None:
    """Raise `RequestError` where the folders of several sites would become one site."""
    outer = sorted({folders[0] for folders in places if len(folders) > 1})
    sites = [name for name in outer if called_like_site(name)]
    if not sites or len(outer) < 2 or (len(sites) < 2 and sites[0].casefold() != INTERNAL):
        return
    if site != INTERNAL:
        line = " ".join(_external(name, root / name) for name in sites)
    elif INTERNAL in sites:
        line = f"--data {quote(_typed(root))}"
    else:
        inner = next((name for name in sites if name.casefold() == INTERNAL), "…")
        others = [_external(name, root / name) for name in sites if name != inner]
        line = " ".join([_internal(root / inner), *others])
    raise RequestError(
        f"{root} (given for site '{site}') holds whole sites: {listed(sites)}. Read as one tree they would be "
        f"trained and tested on as one hospital. (Were they classes, --tree class/patient or class/any would say so.) "
        f"Give instead: {line}"
    )


def ambiguous_text(root: Path, site: str, places: Collection[Folders]) -> str:
    """Each reading that gives two classes or more, as a line to type."""
    outer = {folders[0] for folders in places}
    if len(outer) == 1:
        (name,) = outer
        option = _internal(root / name) if site == INTERNAL else _external(site, root / name)
        return (
            f"All images of {root} (site '{site}') lie in its folder {visible(name)!r}, below which folders may be "
            f"classes or patients. Give that folder: {option}"
        )
    lines = []
    for layout in LAYOUTS[1:]:
        named = [named_by(folders, layout) for folders in places]
        classes = sorted({label for label, _ in named})
        patients = sorted({patient for _, patient in named if patient is not None})
        if layout == "class/patient" and len(patients) < 2:
            continue
        if len(classes) > 1:
            whose = f"; {len(patients)} patients: {listed(patients, 3)}" if patients else ""
            lines.append(f"  --tree {layout:<15}{len(classes)} classes: {listed(classes, 5)}{whose}")
    head = f"The folders of {root} (site '{site}') can be read in several ways. Add the one that is meant:"
    if site == INTERNAL:
        lines += _hospitals(root, places)
    return "\n".join(map(visible, [head, *lines]))


def _hospitals(root: Path, places: Collection[Folders]) -> list[str]:
    """The line for outer folders that all hold folders of the same names: they may be hospitals."""
    inside: dict[str, set[str]] = {}
    for folders in places:
        if len(folders) > 1:
            inside.setdefault(folders[0], set()).add(folders[1])
    if len(inside) < 2 or len(set.intersection(*inside.values())) < 2:
        return []
    own, *others = sorted(inside, key=lambda name: (-len(inside[name]), name))
    given = " ".join([_internal(root / own), *(_external(name, root / name) for name in others)])
    sites = " and ".join(sorted(inside))
    return [f"Are {sites} hospitals with these classes, name the one to train on first:", f"  {given}"]


def _internal(path: Path) -> str:
    return f"--internal {quote(_typed(path))}"


def _external(site: str, path: Path) -> str:
    return f"--external {quote(f'{site}={_typed(path)}')}"


def _typed(path: Path) -> str:
    """As short as it can be typed from the working folder."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
