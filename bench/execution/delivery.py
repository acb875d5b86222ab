"""How pixels and weights come to a machine that runs are executed on. Reads and fills its cache; reads URLs.

They are files of the cache that are named by what they hold. A machine that has one already, or sees the folder that
the driver has it in, is brought nothing. What arrives is compared with its digest before it gets its name.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from bench.cache import Caches, user_caches
from bench.cached_array import open_checked
from bench.cached_file import DamagedFileError, written
from bench.data.pixel_entry import PixelCache
from bench.errors import BenchError
from bench.execution.resources import Resources
from bench.execution.weight_cache import has_weights, weight_file
from bench.locks import one_at_a_time
from bench.plan.spec import RunSpec

CHUNK = 2**26
"""Bytes that are carried at once."""


@dataclass(frozen=True)
class Parcel:
    """A file: its place below the root of a cache, and the digest of its bytes, empty where it is not to be carried."""

    place: str
    digest: str

    @property
    def name(self) -> str:
        """What it is called where many caches lie together."""
        return f"{self.digest}{Path(self.place).suffix}"


class Source(Protocol):
    """From where a machine takes what it lacks."""

    def chunks(self, parcel: Parcel) -> Iterator[bytes]:
        """The bytes of a parcel, in order."""


class NotDeliveredError(BenchError):
    """A machine lacks pixels or weights, and they cannot be brought to it."""


@dataclass(frozen=True)
class Nowhere:
    """The source where all machines should see the driver's cache."""

    root: Path

    def chunks(self, parcel: Parcel) -> Iterator[bytes]:
        raise NotDeliveredError(
            f"This machine does not see {self.root / parcel.place}. Set GAPBENCH_CACHE to a folder that all machines "
            f"see, or give --node-cache a URL that all can read."
        )


@dataclass(frozen=True)
class Delivery:
    """Resources as the driver has them, and the files among them."""

    resources: Resources
    parcels: tuple[Parcel, ...]
    source: Source

    @classmethod
    def of(cls, resources: Resources, specs: Sequence[RunSpec], *, carried: bool) -> "Delivery":
        """What these runs need, from nowhere yet. carried: whether it may have to be brought to another machine."""
        root = resources.caches.root
        weights = sorted({spec.weights.digest for spec in specs if spec.weights.digest})
        files = [resources.pixels.array_file, *(weight_file(resources.caches.weights, digest) for digest in weights)]
        parcels = [Parcel(str(file.relative_to(root)), file_digest(file) if carried else "") for file in files]
        return cls(resources, tuple(parcels), Nowhere(root))

    def unpacked(self) -> Resources:
        """The resources as this machine has them, what it lacked being fetched.

        Raises:
            NotDeliveredError: it cannot be fetched, or arrived as something else.
        """
        caches = caches_here(self.resources.caches)
        for parcel in self.parcels:
            if not _has(caches.root / parcel.place, parcel, self.resources.pixels):
                self._fetch(parcel, caches.root / parcel.place)
        pixels = replace(self.resources.pixels, array_file=caches.pixels / self.resources.pixels.array_file.name)
        return replace(self.resources, caches=caches, pixels=pixels)

    def lacking(self) -> list[str]:
        """Places of what this machine does not have; files that are there are compared when they are used."""
        root = caches_here(self.resources.caches).root
        return [parcel.place for parcel in self.parcels if not (root / parcel.place).is_file()]

    def _fetch(self, parcel: Parcel, file: Path) -> None:
        """Of the workers of a machine one fetches, the others wait."""
        file.parent.mkdir(parents=True, exist_ok=True)
        with one_at_a_time(file.with_suffix(".lock")):
            if _has(file, parcel, self.resources.pixels):
                return
            digest = hashlib.blake2b(digest_size=20)
            with written(file) as temporary:
                with temporary.open("wb") as opened:
                    for chunk in self.source.chunks(parcel):
                        digest.update(chunk)
                        opened.write(chunk)
                if digest.hexdigest() != parcel.digest:
                    raise NotDeliveredError(
                        f"{parcel.place} arrived from {self.source} with other bytes than were sent. Delete it there, "
                        f"and give the same command again."
                    )


def caches_here(drivers: Caches) -> Caches:
    """The caches that this machine uses: $GAPBENCH_CACHE where it is set here, else the driver's folder where it is
    seen from here, else that of the user."""
    if "GAPBENCH_CACHE" not in os.environ and drivers.root.is_dir():
        return drivers
    return user_caches()


def file_digest(file: Path) -> str:
    """Of the bytes of a file."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, lambda: hashlib.blake2b(digest_size=20)).hexdigest()


def chunks_of(file: Path) -> Iterator[bytes]:
    """The bytes of a file, in pieces."""
    with file.open("rb") as opened:
        while chunk := opened.read(CHUNK):
            yield chunk


def _has(file: Path, parcel: Parcel, pixels: PixelCache) -> bool:
    """Whether the file is here and holds what it should; each kind has a check of its own, done once a process."""
    if file.suffix == ".safetensors":
        return has_weights(file.parent, file.stem)
    try:
        open_checked(file, pixels.checks[0], np.uint8)
    except (FileNotFoundError, DamagedFileError):
        return False
    return True
