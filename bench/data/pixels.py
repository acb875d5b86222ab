"""The pixel cache: every image decoded once into a memory-mapped array. Reads images, writes the cache."""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import PIL
from numpy.typing import NDArray

from bench.data.images import Decoded, PixelSettings, UnreadableImage, decode, file_digest

DIGESTS_A_TASK = 64
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class PixelCache:
    """Decoded images of one data set.

    `array_file` is a .npy of shape (n_images, image_size, image_size, 3), uint8, one row for each distinct
    digest; `row` maps a digest to its row; `sizes` to the (width, height) of the upright original;
    `unreadable` maps digests of files that could not be decoded to the reason.
    """

    key: str
    array_file: Path
    row: dict[str, int]
    sizes: dict[str, tuple[int, int]]
    unreadable: dict[str, str]

    def open(self) -> NDArray[np.uint8]:
        """The array, memory-mapped and read-only: processes that open it share the memory."""
        array: NDArray[np.uint8] = np.load(self.array_file, mmap_mode="r")
        return array


def digests_of(paths: Sequence[Path]) -> list[str]:
    """SHA-256 of each file, read in parallel, many to a task since most files are small."""
    parts = [paths[start : start + DIGESTS_A_TASK] for start in range(0, len(paths), DIGESTS_A_TASK)]
    with ThreadPoolExecutor() as threads:
        return [digest for part in threads.map(lambda part: [*map(file_digest, part)], parts) for digest in part]


def cache_key(digests: Iterable[str], settings: PixelSettings) -> str:
    """Names a cache by what decides its bytes: contents, pixel settings, decoder version."""
    parts = {"digests": sorted(set(digests)), "settings": asdict(settings), "decoder": PIL.__version__}
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:24]


def build_cache(
    folder: Path, files: dict[str, Path], settings: PixelSettings, on_done: Progress | None = None
) -> PixelCache:
    """The cache of `files` (digest → path) in `folder`; decoded only where it is not there yet."""
    key = cache_key(files, settings)
    stored = load_cache(folder, key)
    if stored is not None and all(isinstance(_attempt(files[d], settings), str) for d in stored.unreadable):
        return stored  # what could not be read then cannot be read now
    digests = sorted(files)
    with ThreadPoolExecutor() as threads:
        return _write(
            folder,
            key,
            digests,
            threads.map(lambda d: _attempt(files[d], settings), digests),
            settings.image_size,
            on_done,
        )


def load_cache(folder: Path, key: str) -> PixelCache | None:
    """The stored cache named `key`, or None."""
    index_file, array_file = folder / f"{key}.json", folder / f"{key}.npy"
    if not (index_file.exists() and array_file.exists()):
        return None
    try:
        index = json.loads(index_file.read_text())
    except ValueError:
        return None  # spoilt: made again
    row = {digest: number for number, digest in enumerate(index["digests"])}
    sizes = {digest: (width, height) for digest, (width, height) in zip(row, index["sizes"], strict=True)}
    return PixelCache(key, array_file, row, sizes, index["unreadable"])


def _attempt(path: Path, settings: PixelSettings) -> Decoded | str:
    try:
        return decode(path, settings)
    except UnreadableImage as error:
        return str(error)


def _write(
    folder: Path,
    key: str,
    digests: list[str],
    outcomes: Iterable[Decoded | str],
    size: int,
    on_done: Progress | None,
) -> PixelCache:
    temporary = folder / f"{key}.{os.getpid()}.tmp"
    try:
        return _fill(folder, key, digests, outcomes, size, on_done, temporary)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _fill(
    folder: Path,
    key: str,
    digests: list[str],
    outcomes: Iterable[Decoded | str],
    size: int,
    on_done: Progress | None,
    temporary: Path,
) -> PixelCache:
    sizes: dict[str, tuple[int, int]] = {}
    unreadable: dict[str, str] = {}
    array = np.lib.format.open_memmap(temporary, mode="w+", dtype=np.uint8, shape=(len(digests), size, size, 3))
    if hasattr(os, "posix_fallocate"):  # a full disk is an error now, not a bus error at some later write
        with temporary.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, temporary.stat().st_size)
    for done, (digest, outcome) in enumerate(zip(digests, outcomes, strict=True), start=1):
        if isinstance(outcome, Decoded):
            array[len(sizes)] = outcome.pixels
            sizes[digest] = (outcome.width, outcome.height)
        else:
            unreadable[digest] = outcome
        if on_done:
            on_done(done, len(digests))
    array.flush()
    del array
    temporary.replace(folder / f"{key}.npy")
    index = {"digests": list(sizes), "sizes": list(sizes.values()), "unreadable": unreadable}
    temporary.write_text(json.dumps(index))
    temporary.replace(folder / f"{key}.json")  # last: a cache without its index does not exist
    stored = load_cache(folder, key)
    assert stored is not None
    return stored
