"""The pixel cache: every image decoded once into a memory-mapped array. Reads images, writes the cache."""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import PIL
from numpy.typing import NDArray

from bench.data.cases import Source
from bench.data.images import MAX_PIXELS, Decoded, PixelSettings, decode_parts, each_file
from bench.data.reading import Note, Reading, UnreadableImage
from bench.near_duplicates.thumbnail import SIDE
from bench.quiet import quiet

SCHEME = 4  # raised when decoding changes so that the same file gives other pixels
Progress = Callable[[int, int], None]
Outcome = tuple[str, Decoded | UnreadableImage]


@dataclass(frozen=True)
class PixelCache:
    """Decoded images of one data set.

    `array_file` is a .npy of shape (n_images, image_size, image_size, 3), uint8, one row for each distinct
    digest, `thumbnail_file` one of (n_images, 48, 48) in the same order; `row` maps a digest to its row; `sizes` to
    the (width, height) of the upright original; `unreadable` maps digests of images that could not be decoded to
    the reason, `readings` those of the others to how they were read.
    """

    key: str
    array_file: Path
    thumbnail_file: Path
    row: dict[str, int]
    sizes: dict[str, tuple[int, int]]
    unreadable: dict[str, str]
    readings: dict[str, Reading]

    def open(self) -> NDArray[np.uint8]:
        """The array, memory-mapped and read-only: processes that open it share the memory."""
        array: NDArray[np.uint8] = np.load(self.array_file, mmap_mode="r")
        return array

    def thumbnails(self) -> NDArray[np.uint8]:
        """The thumbnails, memory-mapped and read-only."""
        array: NDArray[np.uint8] = np.load(self.thumbnail_file, mmap_mode="r")
        return array


def cache_key(digests: Iterable[str], settings: PixelSettings) -> str:
    """Names a cache by what decides its bytes: contents, pixel settings, decoder version."""
    decoder = [SCHEME, PIL.__version__]
    parts = {"digests": sorted(set(digests)), "settings": asdict(settings), "decoder": decoder}
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:24]


def build_cache(
    folder: Path,
    sources: Mapping[str, Source],
    settings: PixelSettings,
    on_done: Progress | None = None,
    *,
    max_pixels: int = MAX_PIXELS,
    say: Callable[[str], None] | None = None,
) -> PixelCache:
    """The cache of `sources` (digest → where it lies) in `folder`; decoded only where it is not there yet or spoilt."""
    with quiet():
        key = cache_key(sources, settings)
        stored = load_cache(folder, key, say)
        if stored is not None:
            failed = {digest: sources[digest] for digest in stored.unreadable}
            allowed = all(width * height <= max_pixels for width, height in stored.sizes.values())
            again = _decoded(failed, settings, max_pixels)
            if allowed and all(isinstance(outcome, UnreadableImage) for _, outcome in again):
                return stored  # what could not be read then cannot be read now
        return _write(folder, key, _decoded(sources, settings, max_pixels), len(sources), settings.image_size, on_done)


def load_cache(folder: Path, key: str, say: Callable[[str], None] | None = None) -> PixelCache | None:
    """The stored cache named `key`; None where there is none or, which is said, where a file of it is cut short."""
    index_file, array_file, thumbnail_file = _files(folder, key)
    if not (index_file.exists() and array_file.exists() and thumbnail_file.exists()):
        return None
    try:
        index = json.loads(index_file.read_text())
        for file in (array_file, thumbnail_file):
            np.load(file, mmap_mode="r")  # refuses a file that is shorter than its header says
    except (ValueError, EOFError) as error:
        if say:
            say(f"The pixel cache {index_file} is spoilt ({error}): its images are decoded again.")
        return None
    row = {digest: number for number, digest in enumerate(index["digests"])}
    sizes = {digest: (width, height) for digest, (width, height) in zip(row, index["sizes"], strict=True)}
    kinds = [Reading(way, tuple(Note(*note) for note in notes), *rest) for way, notes, *rest in index["readings"]]
    readings = {digest: kinds[number] for digest, number in zip(row, index["reading_of"], strict=True)}
    return PixelCache(key, array_file, thumbnail_file, row, sizes, index["unreadable"], readings)


def _files(folder: Path, key: str) -> tuple[Path, Path, Path]:
    return folder / f"{key}.json", folder / f"{key}.npy", folder / f"{key}.thumbnails.npy"


def _decoded(sources: Mapping[str, Source], settings: PixelSettings, max_pixels: int) -> Iterator[Outcome]:
    """Each image by its digest; the images of one file are decoded together, files in parallel."""
    order = sorted(sources, key=lambda digest: (sources[digest].part or 0, digest))

    def work(path: Path, numbers: list[int]) -> list[Decoded | UnreadableImage]:
        return list(decode_parts(path, [sources[order[number]].part for number in numbers], settings, max_pixels))

    for outcomes in each_file([sources[digest] for digest in order], work):
        yield from ((order[number], outcome) for number, outcome in outcomes)


def _write(
    folder: Path, key: str, outcomes: Iterator[Outcome], total: int, size: int, on_done: Progress | None
) -> PixelCache:
    files = _files(folder, key)
    temporary = [file.with_name(f"{file.name}.{os.getpid()}.tmp") for file in files]
    sizes: dict[str, tuple[int, int]] = {}
    unreadable: dict[str, str] = {}
    readings: list[Reading] = []
    try:
        array = _allocated(temporary[1], (total, size, size, 3))
        thumbnails = _allocated(temporary[2], (total, SIDE, SIDE))
        for done, (digest, outcome) in enumerate(outcomes, start=1):
            if isinstance(outcome, Decoded):
                array[len(sizes)], thumbnails[len(sizes)] = outcome.pixels, outcome.thumbnail
                sizes[digest] = (outcome.width, outcome.height)
                readings.append(outcome.reading)
            else:
                unreadable[digest] = str(outcome)
            if on_done:
                on_done(done, total)
        array.flush()
        thumbnails.flush()
        temporary[0].write_text(json.dumps(_index(sizes, unreadable, readings)))
        for number in (1, 2, 0):  # the index last: a cache without it does not exist
            temporary[number].replace(files[number])
    finally:
        for file in temporary:
            file.unlink(missing_ok=True)
    stored = load_cache(folder, key)
    assert stored is not None
    return stored


def _allocated(file: Path, shape: tuple[int, ...]) -> "np.memmap[Any, np.dtype[np.uint8]]":
    array: np.memmap[Any, np.dtype[np.uint8]] = np.lib.format.open_memmap(file, mode="w+", dtype=np.uint8, shape=shape)
    if hasattr(os, "posix_fallocate"):  # a full disk is an error now, not a bus error at some later write
        with file.open("r+b") as opened:
            os.posix_fallocate(opened.fileno(), 0, file.stat().st_size)
    return array


def _index(
    sizes: Mapping[str, tuple[int, int]], unreadable: Mapping[str, str], readings: list[Reading]
) -> dict[str, Any]:
    """What the JSON file holds: images that were read alike share a reading."""
    kinds = {reading: number for number, reading in enumerate(dict.fromkeys(readings))}
    return {
        "digests": list(sizes),
        "sizes": list(sizes.values()),
        "unreadable": unreadable,
        "readings": [astuple(reading) for reading in kinds],
        "reading_of": [kinds[reading] for reading in readings],
    }
