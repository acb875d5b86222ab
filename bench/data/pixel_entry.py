"""An entry of the pixel cache: its name, its index, its arrays. Reads the cache.

What an entry holds follows from its name alone, and nothing is ever written into its files: made a second time it is
the same bytes. So it does not matter who made it, or that another process makes it again while it is read.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import astuple, dataclass, field, replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.cached_array import open_checked
from bench.cached_file import read_sealed
from bench.data.images import PixelSettings
from bench.data.neighbours import Neighbours, Seen
from bench.data.reading import Note, Reading

SCHEME = 5  # raised when decoding changes so that the same file gives other pixels
DECODERS = (
    "pillow",
    "numpy",
    "pydicom",
    "pylibjpeg",
    "pylibjpeg-libjpeg",
    "pylibjpeg-openjpeg",
    "pylibjpeg-rle",
    "nibabel",
)
ALIKE = 8  # digits of a key that say how images were decoded, not which


@dataclass(frozen=True)
class PixelCache:
    """Decoded images of one data set.

    `array_file` is a .npy of shape (n_images, image_size, image_size, 3), uint8, one row for each distinct digest, in
    the order of the digests, `thumbnail_file` one of (n_images, 48, 48) in the same order; `row` maps a digest to its
    row; `sizes` to the (width, height) of the upright original; `readings` to how it was read; `unreadable` maps
    digests of images that could not be decoded to the reason. `checks` are the CRC-32 of each row of both arrays.
    `neighbours` say which slices a model sees with each, where it does not see them alone.
    """

    key: str
    array_file: Path
    thumbnail_file: Path
    row: dict[str, int]
    sizes: dict[str, tuple[int, int]]
    readings: dict[str, Reading]
    checks: tuple[list[int], list[int]] = field(repr=False)
    unreadable: dict[str, str] = field(default_factory=dict)
    neighbours: Neighbours | None = field(default=None, repr=False, compare=False)

    def open(self) -> NDArray[np.uint8]:
        """The array, memory-mapped and read-only: processes that open it share the memory.

        Raises:
            DamagedFileError: it is not as it was written.
        """
        return open_checked(self.array_file, self.checks[0], np.uint8)

    def with_neighbours(self, neighbours: Neighbours) -> "PixelCache":
        """The same, seen in threes, under a name that says so."""
        return replace(self, key=f"{self.key}-{neighbours.key}", neighbours=neighbours)

    @property
    def n_seen(self) -> int:
        """How many different images models see: as many as there are, or as there are threes of slices."""
        return len(self.row) if self.neighbours is None else len(self.neighbours.row)

    @property
    def threes(self) -> NDArray[np.int64] | None:
        """(n_seen, 3): of each the rows of its slices, from below; None where slices are seen alone."""
        return None if self.neighbours is None else self.neighbours.rows(self.row)

    def rows(self, cases: Iterable[Seen]) -> NDArray[np.int64]:
        """Of each case which of these it is: (n_cases,)."""
        beside = self.neighbours
        found = (self.row[case.digest] if beside is None else beside.row[beside.of_case(case)] for case in cases)
        return np.fromiter(found, dtype=np.int64)

    def order(self, cases: Iterable[Seen]) -> str:
        """A digest of the neighbours of these cases; empty where slices are seen alone."""
        return "" if self.neighbours is None else self.neighbours.order(cases)

    def refuse_other_neighbours(self, settings: PixelSettings, cases: Iterable[Seen]) -> None:
        """Raise ValueError where models would see these cases with other neighbours than `settings` say."""
        if (self.neighbours is not None) != (settings.slices == "3") or self.order(cases) != settings.order:
            raise ValueError("The slices have another order now than this run was planned with. Restore the data.")

    def thumbnails(self) -> NDArray[np.uint8]:
        """The thumbnails, memory-mapped and read-only.

        Raises:
            DamagedFileError: they are not as they were written.
        """
        return open_checked(self.thumbnail_file, self.checks[1], np.uint8)


def entry_key(digests: Iterable[str], settings: PixelSettings, max_pixels: int) -> str:
    """Names an entry by what decides its bytes: the contents that it holds, settings, limit, decoder versions.

    Entries that differ in contents alone have their first `ALIKE` digits in common.
    """
    settled = {"settings": settings.of_one_image(), "max_pixels": max_pixels, "scheme": SCHEME, "decoders": _decoders()}
    how = _digest(settled)[:ALIKE]
    return how + _digest({"how": how, "digests": sorted(set(digests))})[: 24 - ALIKE]


def entry_files(folder: Path, key: str) -> tuple[Path, Path, Path]:
    """Index, array, thumbnails."""
    return folder / f"{key}.json", folder / f"{key}.npy", folder / f"{key}.thumbnails.npy"


def read_entry(folder: Path, key: str) -> PixelCache | None:
    """The entry of this name, None where there is none; its arrays are checked when they are opened.

    Raises:
        DamagedFileError: its index is not as it was written.
    """
    index_file, array_file, thumbnail_file = entry_files(folder, key)
    text = read_sealed(index_file)
    if text is None or not (array_file.exists() and thumbnail_file.exists()):
        return None
    index = json.loads(text)
    row = {digest: number for number, digest in enumerate(index["digests"])}
    sizes = {digest: (width, height) for digest, (width, height) in zip(row, index["sizes"], strict=True)}
    kinds = [Reading(way, tuple(Note(*note) for note in notes), *rest) for way, notes, *rest in index["readings"]]
    readings = {digest: kinds[number] for digest, number in zip(row, index["reading_of"], strict=True)}
    return PixelCache(key, array_file, thumbnail_file, row, sizes, readings, (index["pixels"], index["thumbnails"]))


def index_text(entry: PixelCache) -> bytes:
    """What `read_entry` reads."""
    kinds = {reading: number for number, reading in enumerate(dict.fromkeys(entry.readings.values()))}
    index = {
        "digests": list(entry.row),
        "sizes": list(entry.sizes.values()),
        "readings": [astuple(reading) for reading in kinds],
        "reading_of": [kinds[reading] for reading in entry.readings.values()],
        "pixels": entry.checks[0],
        "thumbnails": entry.checks[1],
    }
    return json.dumps(index).encode()


def _digest(parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@cache
def _decoders() -> dict[str, str]:
    """Versions of the libraries that turn a file into pixels, as far as they are installed."""
    found = {}
    for name in DECODERS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
