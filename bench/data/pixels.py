"""The pixel cache: every image decoded once into a memory-mapped array. Reads images, writes the cache."""

import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.cached_array import allocated
from bench.cached_file import DamagedFileError, claimed, publish, write_sealed
from bench.data.cases import Source
from bench.data.images import MAX_PIXELS, Decoded, PixelSettings, decode_parts, each_file
from bench.data.pixel_entry import ALIKE, PixelCache, entry_files, entry_key, index_text, read_entry
from bench.data.reading import Reading, UnreadableImage
from bench.near_duplicates.thumbnail import SIDE
from bench.quiet import quiet

Progress = Callable[[int, int], None]
Say = Callable[[str], None]
Outcome = tuple[str, Decoded | UnreadableImage]


def build_cache(
    folder: Path,
    sources: Mapping[str, Source],
    settings: PixelSettings,
    on_done: Progress | None = None,
    *,
    max_pixels: int = MAX_PIXELS,
    say: Say | None = None,
) -> PixelCache:
    """The cache of `sources` (digest → where it lies) in `folder`.

    An image is decoded where no entry of the same settings and limit holds it yet, or where that is damaged, which is
    said; what could not be read is tried again each time.
    """
    key_of = partial(entry_key, settings=settings, max_pixels=max_pixels)
    with quiet():
        whole = load_cache(folder, key_of(sources), say)
        if whole:
            return whole
        known = _known(folder, sources, key_of(())[:ALIKE], say)
        rest = {digest: source for digest, source in sources.items() if digest not in known}
        held = load_cache(folder, key_of(known), say) if rest else None
        if held:
            unreadable = _all_unreadable(_decoded(rest, settings, max_pixels))
            if unreadable is not None:
                return replace(held, unreadable=unreadable)
        outcomes = chain(known.items(), _decoded(rest, settings, max_pixels))
        return _write(folder, sorted(sources), key_of, settings.image_size, outcomes, on_done)


def load_cache(folder: Path, key: str, say: Say | None = None) -> PixelCache | None:
    """The entry named `key`, checked; None where there is none or, which is said, where it was damaged."""
    try:
        with _damage_deleted(folder, key, say):
            entry = read_entry(folder, key)
            if entry:
                entry.open()
                entry.thumbnails()
            return entry
    except (DamagedFileError, FileNotFoundError):
        return None


@contextmanager
def _damage_deleted(folder: Path, key: str, say: Say | None) -> Iterator[None]:
    """Delete the entry where it turns out to be damaged."""
    try:
        yield
    except DamagedFileError as error:
        for file in entry_files(folder, key):
            file.unlink(missing_ok=True)
        if say:
            say(f"The pixel cache {error.fault}: it is deleted, and its images are decoded again where they are used.")
        raise


def _known(folder: Path, wanted: Collection[str], alike: str, say: Say | None) -> dict[str, Decoded]:
    """The wanted images that entries hold whose keys begin so, whichever data set these were made for."""
    known: dict[str, Decoded] = {}
    for file in sorted(folder.glob(f"{alike}{'?' * (24 - ALIKE)}.json")):
        if len(known) == len(wanted):
            break
        with suppress(DamagedFileError, FileNotFoundError), _damage_deleted(folder, file.stem, say):
            entry = read_entry(folder, file.stem)
            new = entry.row.keys() & set(wanted) - known.keys() if entry else ()
            if entry and new:
                array, thumbnails = entry.open(), entry.thumbnails()
                for digest in new:
                    row, size = entry.row[digest], entry.sizes[digest]
                    known[digest] = Decoded(array[row], thumbnails[row], *size, entry.readings[digest])
    return known


def _all_unreadable(outcomes: Iterator[Outcome]) -> dict[str, str] | None:
    """Why each cannot be read, None as soon as one can."""
    reasons = {}
    for digest, outcome in outcomes:
        if isinstance(outcome, Decoded):
            return None
        reasons[digest] = str(outcome)
    return reasons


def _decoded(sources: Mapping[str, Source], settings: PixelSettings, max_pixels: int) -> Iterator[Outcome]:
    """Each image by its digest; the images of one file are decoded together, files in parallel."""
    order = sorted(sources, key=lambda digest: (sources[digest].part or 0, digest))

    def work(path: Path, numbers: list[int]) -> list[Decoded | UnreadableImage]:
        return list(decode_parts(path, [sources[order[number]].part for number in numbers], settings, max_pixels))

    for outcomes in each_file([sources[digest] for digest in order], work):
        yield from ((order[number], outcome) for number, outcome in outcomes)


def _write(
    folder: Path,
    digests: list[str],
    key_of: Callable[[Iterable[str]], str],
    size: int,
    outcomes: Iterator[Outcome],
    on_done: Progress | None,
) -> PixelCache:
    """A new entry of those of `digests`, which are sorted, that can be read. Its index is written last."""
    total = len(digests)
    _, array_file, thumbnail_file = entry_files(folder, key_of(digests))
    with claimed(array_file) as arrays_here, claimed(thumbnail_file) as thumbnails_here:
        array = allocated(arrays_here, (total, size, size, 3), np.uint8)
        thumbnails = allocated(thumbnails_here, (total, SIDE, SIDE), np.uint8)
        found, unreadable = _fill(array, thumbnails, digests, outcomes, on_done)
        rows = [row for row, digest in enumerate(digests) if digest in found]
        for mapped in (array, thumbnails):
            _keep(rows, mapped)
        held = {digests[row]: found[digests[row]] for row in rows}
        key = key_of(held)
        index_file, array_file, thumbnail_file = entry_files(folder, key)
        entry = PixelCache(
            key,
            array_file,
            thumbnail_file,
            {digest: row for row, digest in enumerate(held)},
            {digest: one.size for digest, one in held.items()},
            {digest: one.reading for digest, one in held.items()},
            ([one.checks[0] for one in held.values()], [one.checks[1] for one in held.values()]),
            unreadable,
        )
        publish(arrays_here, array_file)
        publish(thumbnails_here, thumbnail_file)
        write_sealed(index_file, index_text(entry))
    return entry


@dataclass(frozen=True)
class _Found:
    """What is known of an image in the arrays; `checks` as in the cache."""

    size: tuple[int, int]
    reading: Reading
    checks: tuple[int, int]


def _fill(
    array: NDArray[np.uint8],
    thumbnails: NDArray[np.uint8],
    digests: list[str],
    outcomes: Iterator[Outcome],
    on_done: Progress | None,
) -> tuple[dict[str, _Found], dict[str, str]]:
    """Put each image into the row of its digest; what was found, and why the others cannot be read."""
    row_of = {digest: row for row, digest in enumerate(digests)}
    found: dict[str, _Found] = {}
    unreadable: dict[str, str] = {}
    for done, (digest, outcome) in enumerate(outcomes, start=1):
        if isinstance(outcome, Decoded):
            row = row_of[digest]
            array[row], thumbnails[row] = outcome.pixels, outcome.thumbnail
            checks = zlib.crc32(array[row]), zlib.crc32(thumbnails[row])
            found[digest] = _Found((outcome.width, outcome.height), outcome.reading, checks)
        else:
            unreadable[digest] = str(outcome)
        if on_done:
            on_done(done, len(digests))
    return found, unreadable


def _keep(rows: list[int], array: "np.memmap[Any, np.dtype[np.uint8]]") -> None:
    """Leave only these rows in a mapped .npy file, in their order, which is rising."""
    for row, old in enumerate(rows):
        if row != old:
            array[row] = array[old]
    array.flush()
    if len(rows) < len(array):
        with Path(str(array.filename)).open("r+b") as file:
            # numpy leaves room in the header for any number of rows: it stays as long
            np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(array[: len(rows)]))
            file.truncate(array.offset + len(rows) * array[:1].nbytes)
