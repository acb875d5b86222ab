"""From the path that was given to how the images below it are laid out. Reads folders and tables."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from bench.data.cases import INTERNAL
from bench.data.kinds import kind_of_name
from bench.data.manifest.table import is_manifest
from bench.data.names import visible
from bench.data.options import AUTO_READER
from bench.data.sites import EXTERNAL, called_like_site, site_name, sites_of
from bench.data.tree.layout import AUTO, Layout
from bench.data.tree.scan import why_passed_over
from bench.errors import RequestError
from bench.initial.choice import Choice

PUBLIC = {
    "rsna-2019": ("stage_2_train.csv",),
    "cq500": ("reads.csv",),
    "ct-ich": ("hemorrhage_diagnosis_raw_ct.csv", "hemorrhage_diagnosis.csv"),
}
"""Files by which a public set is known, by the name of its reader."""


@dataclass(frozen=True)
class Source:
    """Where images lie and how they are read.

    root: the folder in which everything lies; texts: `[SITE=]PATH` as an inventory takes them; choices: the keys of the
    configuration that say so; patients_above: whether the outermost folder is the patient, which no key can say;
    parts_given: whether a table names the images inside files.
    """

    root: Path
    texts: tuple[str, ...]
    choices: tuple[Choice, ...]
    reader: str = AUTO_READER
    tree: Layout = AUTO
    columns: Mapping[str, str] = field(default_factory=dict)
    patients_above: bool = False
    parts_given: bool = False

    def keys(self) -> dict[str, Any]:
        """What the configuration would hold."""
        return {choice.key: choice.value for choice in self.choices}


def refuse_no_path(given: Path) -> Path:
    """The absolute path of what was given.

    Raises:
        RequestError: there is nothing, or a file that is no table.
    """
    path = given.expanduser().resolve()
    if not path.exists():
        names = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
        near = get_close_matches(path.name, names, 1)
        meant = f" Is {path.parent / near[0]} meant?" if near else " Check the spelling."
        raise RequestError(f"No such folder or manifest: {given}.{meant}")
    if path.is_file() and not is_manifest(path):
        raise RequestError(
            f"{given} is one file and no manifest (.csv, .tsv, .parquet). Give the folder that holds one folder of "
            f"images a class: bench init {path.parent.parent if kind_of_name(path.name) else path.parent}"
        )
    return path


def descended(folder: Path) -> Path:
    """The first folder downwards that holds more than one other folder: data are often unpacked a level too deep.

    A lone folder of images stays what it is, a class.
    """
    while True:
        folders, files = entries(folder)
        if len(folders) != 1 or any(kind_of_name(file.name) or is_table(file) for file in files):
            return folder
        if holds_images(folders[0]):
            return folder
        folder = folders[0]


def holds_images(folder: Path) -> bool:
    """Whether images lie in a folder itself, by their names."""
    return any(kind_of_name(file.name) for file in entries(folder)[1])


def entries(folder: Path) -> tuple[list[Path], list[Path]]:
    """The folders and the files in a folder that are not hidden, and no by-products, sorted.

    Raises:
        RequestError: it may not be read.
    """
    try:
        there = sorted(path for path in folder.iterdir() if not why_passed_over(path.name))
        return [path for path in there if path.is_dir()], [path for path in there if not path.is_dir()]
    except OSError as error:
        raise RequestError(f"{folder} may not be read: {error.strerror}. Change its permissions.") from None


def is_table(file: Path) -> bool:
    """Whether a file is called as a table of images may be; texts for people are not."""
    return is_manifest(file) and file.suffix.lower() != ".txt"


def public_set(folder: Path) -> Source | None:
    """A public set as it downloads."""
    for reader, files in PUBLIC.items():
        if known := next((name for name in files if (folder / name).is_file()), None):
            why = f"{known} is a file of the public set {reader}, which has a reader of its own"
            choices = (
                Choice("internal", str(folder), "one set, so folds are drawn from all of it"),
                Choice("reader", reader, why),
            )
            return Source(folder, (f"{INTERNAL}={folder}",), choices, reader)
    return None


def folders_of_sites(folder: Path) -> Source | None:
    """`internal/` and `external*/`, however they are written."""
    folders, _ = entries(folder)
    if any(one.name == INTERNAL for one in folders):
        sites = sites_of(folder)
        others = ", ".join(sites).removeprefix(f"{INTERNAL}, ")
        tested = f"; tested also at: {visible(others)}" if len(sites) > 1 else ""
        choice = Choice("data", str(folder), f"its folder internal is trained on{tested}")
        return Source(folder, tuple(f"{site}={path}" for site, path in sites.items()), (choice,))
    inner = [one for one in folders if one.name.casefold() == INTERNAL]
    outer = [one for one in folders if called_like_site(one.name) and one not in inner]
    if len(inner) != 1 or not outer:
        return None
    names = {_name(one.name): one for one in outer}
    return of_sites(folder, inner[0], names, "called so", "called so")


def of_sites(
    root: Path, inside: Path, others: Mapping[str, Path], why_inside: str, why_others: str, **more: Any
) -> Source:
    """One folder that is trained on, and others that are tested on."""
    choices = (
        Choice("internal", str(inside), why_inside),
        Choice("external", {name: str(path) for name, path in others.items()}, why_others),
    )
    texts = (f"{INTERNAL}={inside}", *(f"{name}={path}" for name, path in others.items()))
    return Source(root, texts, choices, **more)


def _name(folder: str) -> str:
    """`External_Bern` → `Bern`."""
    rest = folder[len(EXTERNAL) :].lstrip("-_ ") if folder.casefold().startswith(EXTERNAL) else folder
    return site_name(rest or folder)
