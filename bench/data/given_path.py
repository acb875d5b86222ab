"""What a path that is given alone stands for: sites, or one site's images. Reads folder listings and manifests."""

from pathlib import Path
from shlex import quote
from typing import Literal

from bench.data.cases import INTERNAL
from bench.data.manifest.table import is_manifest, read_table
from bench.data.sites import called_like_site, folders_in, missing_folder, refuse_sites_apart
from bench.errors import RequestError

Source = Literal["data", "internal"]
"""The option that it is the same as."""


def source_of(path: Path, site_column: str = "site", command: str = "bench run") -> Source:
    """`data` for a folder of sites and a manifest that names them; `internal` for one tree of classes or a manifest.

    site_column: how the manifest calls it. command: what was typed before the path.

    Raises:
        RequestError: it is neither, with the line to type instead.
    """
    if not path.exists():
        raise RequestError(missing_folder(path, command))
    if path.is_file():
        return _of_file(path, site_column, command)
    names = folders_in(path)
    if INTERNAL in names:
        return "data"
    if (path / "experiment.toml").is_file() and (path / "runs").is_dir():
        raise RequestError(
            f"{path} is a folder of results, not of images. Its leaderboard: bench report {quote(str(path))}. To go on "
            f"with it: {command} --config {quote(str(path / 'experiment.toml'))}"
        )
    refuse_sites_apart(path, command)
    return "internal"


def _of_file(path: Path, site_column: str, command: str) -> Source:
    if not is_manifest(path):
        raise RequestError(
            f"{path} is a file, and no table of images (.csv, .tsv, .parquet). Give the folder that holds one folder "
            f"of images a class: {command} {quote(str(path.parent.parent))}"
        )
    return "data" if site_column in read_table(path).columns else "internal"


def overlooked(source: Source, path: Path) -> str:
    """What to say of a site that lies beside the images and is not used; empty where there is none."""
    if not path.is_dir():
        return ""
    if source == "internal":
        beside = [name for name in folders_in(path.parent) if called_like_site(name) and name != path.name]
        if path.name != INTERNAL or not beside:
            return ""
        return (
            f"{path.parent / beside[0]} lies beside {path} and is not used. To see what is lost there: bench run "
            f"{quote(str(path.parent))}"
        )
    inner = path / INTERNAL
    others = [name for name in folders_in(path) if not called_like_site(name)]
    alike = [name for name in others if folders_in(inner) & folders_in(path / name)]
    if not alike:
        return ""
    given = " ".join(f"--external {quote(f'{name}={path / name}')}" for name in sorted(alike))
    return (
        f"{path / min(alike)} has folders called like the classes of {inner} and is not used, since its name does not "
        f"begin with 'external'. To see what is lost there: bench run --internal {quote(str(inner))} {given}"
    )
