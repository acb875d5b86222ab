"""Small trees of real images, and what to do where a part of the machine is missing."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from bench.cache import Caches
from bench.data.images import Decoded, PixelSettings, decode_parts
from bench.data.load import Dataset, load_dataset
from bench.data.options import ReadOptions
from bench.data.pseudonyms import Pseudonyms
from bench.data.readers import DataRequest
from bench.data.reading import UnreadableImage

READ = ReadOptions(Pseudonyms(bytes(32)))
REQUIRE_ALL = bool(os.environ.get("GAPBENCH_REQUIRE_ALL"))


def load_sites(sites: dict[str, Path], settings: PixelSettings, caches: Caches, *, skip: bool = False) -> Dataset:
    """The case table and pixels of some trees or manifests."""
    request = DataRequest(READ, sites=sites)
    return load_dataset(request, settings, caches, renaming={}, declared=None, skip_unreadable=skip)


def decode(path: Path, settings: PixelSettings, part: int | None = None) -> Decoded:
    """One image of a file.

    Raises:
        UnreadableImage: with the reason.
    """
    (outcome,) = decode_parts(path, [part], settings)
    if isinstance(outcome, UnreadableImage):
        raise outcome
    return outcome


def missing(what: str) -> NoReturn:
    """Skip with the reason, or fail where everything must be there."""
    if REQUIRE_ALL:
        pytest.fail(f"{what}, and GAPBENCH_REQUIRE_ALL is set")
    pytest.skip(what)


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Path]:
    """A disk of `size` bytes mounted below `folder`; skips where none can be mounted."""
    disk = folder / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        missing("a small disk of its own needs root and mount")
    try:
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def write_digit_tree(root: Path, digits: list[int], each: int, *, first: int = 0, size: int = 8) -> Path:
    """`each` real UCI digits of every class in `digits`, from the `first` on, as root/<digit>/NNNN.png."""
    data = load_digits()
    for digit in digits:
        folder = root / str(digit)
        folder.mkdir(parents=True)
        chosen = np.flatnonzero(data.target == digit)[first : first + each]
        assert len(chosen) == each
        for number in chosen:
            image = Image.fromarray((data.images[number] * 15.9).astype(np.uint8))
            image.resize((size, size)).save(folder / f"{number:04d}.png")
    return root
