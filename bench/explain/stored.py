"""What `bench explain` leaves in a results folder: explain/ and its tables. Reads and writes them."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
from PIL import Image

from bench.errors import RequestError
from bench.store.digests import file_digest
from bench.store.folder import ResultsFolder
from bench.store.json_files import read_json_of, sealed
from bench.store.runs import RunStore
from reports.draw.csv_table import csv_text
from reports.draw.json_table import table_from_json, table_to_json
from reports.draw.notation import RESEARCH_ONLY
from reports.explanation.tables import NAMES
from reports.tables.table import Table

FOLDER = "explain"
GALLERIES = "galleries"
_INDEX, _VALUES = "explain.json", "values.parquet"
_NAME_BYTES = 100
_ADVICE = "Give the bench explain command again."


@dataclass(frozen=True)
class GalleryPicture:
    """A gallery as it is to be stored: of which backbone and class, and the drawn page."""

    backbone: str
    label: str
    picture: Image.Image


@dataclass(frozen=True)
class Gallery:
    """A stored gallery: the cases of one class, as one backbone sees them."""

    backbone: str
    label: str
    file: Path


@dataclass(frozen=True)
class _Index:
    """What is read of explain.json: galleries with their place below explain/, and tables as JSON has them."""

    galleries: tuple[Gallery, ...]
    tables: tuple[dict[str, Any], ...]


def write_explanations(
    folder: ResultsFolder,
    tables: Sequence[Table],
    values: pd.DataFrame,
    galleries: Sequence[GalleryPicture],
    about: Mapping[str, Any],
) -> list[Path]:
    """Replace explain/ as a whole, then tables/explanation_*.csv. Call only under the folder's lock."""

    def fill(target: Path) -> None:
        (target / GALLERIES).mkdir()
        index: list[dict[str, str]] = []
        for gallery in galleries:
            name = _free_name(f"{gallery.backbone}--{gallery.label}", [entry["file"] for entry in index])
            gallery.picture.save(target / GALLERIES / name, optimize=True)
            index.append({"backbone": gallery.backbone, "label": gallery.label, "file": f"{GALLERIES}/{name}"})
        values.to_parquet(target / _VALUES, index=False)
        content = {
            "use": RESEARCH_ONLY,
            **about,
            "galleries": index,
            "tables": [table_to_json(table) for table in tables],
        }
        beside = {name: file_digest(target / name) for name in (_VALUES, *(entry["file"] for entry in index))}
        text = sealed(json.dumps(content, allow_nan=False), _INDEX, beside)
        (target / _INDEX).write_text(text, encoding="utf-8")

    store = RunStore(folder.root)
    store.remove_leftovers()
    written = store.store(FOLDER, fill)
    folder.files.remove(f"tables/{name}.csv" for name in NAMES)
    paths = folder.files.write_all({f"tables/{table.name}.csv": csv_text(table) for table in tables})
    return [written / _INDEX, written / _VALUES, written / GALLERIES, *paths]


def explanation_tables(folder: ResultsFolder) -> tuple[Table, ...]:
    """The tables of the last `bench explain` on the folder; none where there was no such call.

    Raises:
        RequestError: explain.json is damaged.
    """
    try:
        return tuple(table_from_json(table) for table in _read_index(folder).tables)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise RequestError(f"{folder.root / FOLDER / _INDEX} is damaged ({error}). {_ADVICE}") from None


def explanation_galleries(folder: ResultsFolder) -> tuple[Gallery, ...]:
    """The galleries of the last `bench explain` on the folder, in the order of backbones and classes.

    Raises:
        RequestError: explain.json is damaged.
    """
    root = folder.root / FOLDER
    return tuple(replace(gallery, file=root / gallery.file) for gallery in _read_index(folder).galleries)


def _read_index(folder: ResultsFolder) -> _Index:
    """Galleries are files of this folder, and tables those of `bench explain`: their names become paths."""
    path = folder.root / FOLDER / _INDEX
    index = read_json_of(path, _Index, _ADVICE) or _Index((), ())
    names = [table.get("name") for table in index.tables]
    outside = [gallery.file for gallery in index.galleries if gallery.file != Path(GALLERIES, gallery.file.name)]
    if strange := [*map(str, outside), *(str(name) for name in names if name not in NAMES)]:
        raise RequestError(f"{path} is damaged (it names {strange[0]!r}). {_ADVICE}")
    return index


def _free_name(name: str, used: Sequence[str]) -> str:
    """A file name that file systems take, and that no other gallery has, be it in capitals."""
    stem = re.sub(r"[^\w.-]+", "_", name).encode()[:_NAME_BYTES].decode(errors="ignore")
    taken = {Path(file).name.lower() for file in used}
    names = [f"{stem}.png", *(f"{stem}-{number}.png" for number in range(2, len(taken) + 3))]
    return next(free for free in names if free.lower() not in taken)
