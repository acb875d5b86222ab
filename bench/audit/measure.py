"""What the pixels of every image are like. Reads images."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ImageStat

from bench.data.cases import FoundImage
from bench.data.images import PixelSettings, each_file, file_digest, part_digest, upright_images
from bench.data.kinds import kind_of_content
from bench.data.reading import Reading, Shown, UnreadableImage
from bench.near_duplicates.thumbnail import thumbnail
from bench.quiet import quiet


@dataclass(frozen=True)
class Measured:
    """One image as decoded at full size.

    `digest` names the file's content, `pixel_digest` the upright 8-bit pixels with their size; `mean` and `sd` are
    grey values from 0 to 255; `thumbnail` is (48, 48) uint8; `unreadable` is the reason, "" where it can be read,
    `reading` then says how.
    """

    image: FoundImage
    kind: str | None
    digest: str = ""
    pixel_digest: str = ""
    width: int = 0
    height: int = 0
    mean: float = 0.0
    sd: float = 0.0
    thumbnail: NDArray[np.uint8] | None = None
    unreadable: str = ""
    reading: Reading | None = None


def measure(
    images: Sequence[FoundImage],
    settings: PixelSettings,
    max_pixels: int,
    on_done: Callable[[int, int], None] | None = None,
) -> list[Measured]:
    """Every image, in the given order; files are decoded in parallel."""
    found: dict[int, Measured] = {}

    def work(path: Path, numbers: list[int]) -> list[Measured]:
        return list(_of_file(path, [images[number] for number in numbers], settings, max_pixels))

    with quiet():
        for measured in each_file([image.source for image in images], work):
            found.update(measured)
            if on_done:
                on_done(len(found), len(images))
    return [found[number] for number in range(len(images))]


def _of_file(path: Path, images: Sequence[FoundImage], settings: PixelSettings, max_pixels: int) -> Iterator[Measured]:
    try:
        kind, digest = kind_of_content(path), file_digest(path)
    except OSError as error:
        for image in images:
            yield Measured(image, None, unreadable=f"it may not be read ({error.strerror})")
        return
    pictures = upright_images(path, [image.part for image in images], settings, max_pixels)
    for image, shown in zip(images, pictures, strict=True):
        name = part_digest(digest, image.part)
        if isinstance(shown, UnreadableImage):
            yield Measured(image, kind, name, unreadable=str(shown))
        else:
            yield _measured(image, kind, name, shown)


def _measured(image: FoundImage, kind: str | None, digest: str, shown: Shown) -> Measured:
    picture = shown.image
    grey = ImageStat.Stat(picture.convert("L"))
    begin = f"{picture.width}x{picture.height}:".encode()
    pixel_digest = hashlib.sha256(begin + picture.convert("RGB").tobytes()).hexdigest()
    size, shades = picture.size, (grey.mean[0], grey.stddev[0])
    return Measured(image, kind, digest, pixel_digest, *size, *shades, thumbnail(picture), reading=shown.reading)
