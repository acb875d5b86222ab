"""Pixel caches that several processes fill; worker processes can import this."""

import os
from pathlib import Path

import numpy as np

from bench.data.cases import Source
from bench.data.images import PixelSettings, file_digest
from bench.data.pixels import build_cache

SETTINGS = PixelSettings(32, windows=())


def sources_in(root: Path, *parts: str) -> dict[str, Source]:
    files = [path for part in parts or [""] for path in sorted((root / part).rglob("*.png"))]
    return {file_digest(path): Source(path) for path in files}


def wrong_rows(folder: Path, root: Path, parts: list[str], max_pixels: int) -> int:
    """How many of the rows of a cache that is built here are not those of a cache of its own."""
    sources = sources_in(root, *parts)
    entry = build_cache(folder, sources, SETTINGS, max_pixels=max_pixels)
    own = folder.parent / f"own-{os.getpid()}"
    own.mkdir(exist_ok=True)
    alone = build_cache(own, sources, SETTINGS, max_pixels=max_pixels)
    assert entry.row.keys() == alone.row.keys()
    ours, theirs = entry.open(), alone.open()
    return sum(not np.array_equal(ours[row], theirs[alone.row[digest]]) for digest, row in entry.row.items())
