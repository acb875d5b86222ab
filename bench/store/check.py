"""Whether the files of a results folder are as they were written. Reads all of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.errors import BenchError, RequestError
from bench.formats import NewerError
from bench.store.aside import damage, left_aside, run_folders
from bench.store.digests import CHANGED, file_digest
from bench.store.files import COMPILED, EDITABLE, FolderFiles
from bench.store.json_files import DamagedError, read_json
from bench.store.records import checked_record, read_record

RUNS = ("runs", "trials", "repeats")
OWN = (*EDITABLE, *COMPILED, "cases.parquet", "tables/leaks.csv", "tuned.json", "nondeterminism.json", ".plan.json")
"""Files that are read again, which should have a digest where they are."""


@dataclass(frozen=True)
class Checked:
    """runs, files: how many of each; damaged: each with the reason; edited: files that may be; unknown: what has no
    digest, since it was stored before there were any."""

    runs: int
    files: int
    damaged: tuple[str, ...]
    edited: tuple[str, ...]
    unknown: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        """What to say."""
        yield f"Checked: {self.runs} run(s) and {self.files} other file(s)."
        yield from self.damaged
        for path in self.edited:
            yield f"{path} was changed since bench wrote it. It may be edited, and is used as it is."
        if self.unknown:
            yield f"Without a digest, so not checked ({len(self.unknown)}): {', '.join(self.unknown)}."
        if not self.damaged:
            yield "Nothing is damaged." if not self.unknown else "Nothing that has a digest is damaged."


def check_folder(root: Path) -> Checked:
    """Check every digest of a folder; writes nothing.

    Raises:
        RequestError: it is no results folder.
    """
    if not any((root / name).exists() for name in ("experiment.toml", *RUNS)):
        raise RequestError(f"{root} is no results folder. Give the one that `bench run` or `bench import` wrote.")
    damaged, edited, unknown = list[str](), list[str](), list[str]()
    folders = [folder for name in RUNS for folder in run_folders(root / name)]
    for folder in folders:
        if why := damage(folder, thorough=True):
            damaged.append(f"{folder} is damaged ({why}).")
        elif read_record(folder).sha256 is None:
            unknown.append(str(folder.relative_to(root)))
    for name in RUNS:
        damaged += [*left_aside(root / name), *_failed(root / name)]
    files, names = FolderFiles(root), list(OWN)
    try:
        names = list(dict.fromkeys([*OWN, *files.accepted()]))
        for name in names:
            if why := files.damage(name):
                (edited if name in EDITABLE and why == CHANGED else damaged).append(_said(root / name, why))
        unknown += [name for name in OWN if (root / name).exists() and name not in files.accepted()]
    except NewerError:
        raise
    except BenchError as error:
        damaged.append(str(error))
    damaged += _sealed(root)
    there = sum((root / name).exists() for name in names)
    return Checked(len(folders), there, tuple(damaged), tuple(edited), tuple(unknown))


def _said(path: Path, why: str) -> str:
    return str(path) if path.name in EDITABLE and why == CHANGED else f"{path} is damaged ({why})."


def _failed(root: Path) -> Iterator[str]:
    """Records of runs that failed or were stopped."""
    for folder in sorted([*root.glob("*.failed"), *root.glob("*.stopped")]):
        try:
            checked_record(folder)
        except DamagedError as error:
            yield f"{folder} is damaged ({error}). Delete it."


def _sealed(root: Path) -> Iterator[str]:
    """Records of searches and explanations, which hold their own digest and those of files beside them."""
    for file in sorted([*root.glob("search/*.json"), *root.glob("explain/explain.json")]):
        try:
            beside = read_json(file, dict[str, Any]).get("sha256", {})
        except DamagedError as error:
            yield f"{file} is damaged ({error})."
            continue
        for name, digest in beside.items():
            if name != file.name and file_digest(file.parent / name) != digest:
                yield f"{file.parent / name} is damaged ({CHANGED})."
