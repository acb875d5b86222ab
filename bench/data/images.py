"""Decodes the images of a file into upright 8-bit RGB of a fixed size. Reads files."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from bench.data.cases import FoundImage, Source
from bench.data.dicom.images import dicom_images
from bench.data.kinds import Kind, kind_of
from bench.data.nifti import nifti_images
from bench.data.pictures import picture
from bench.data.reading import Reading, Shown, UnreadableImage
from bench.data.windows import DEFAULT, parse_windows
from bench.near_duplicates.thumbnail import thumbnail

Fit = Literal["pad", "stretch", "crop"]
Slices = Literal["1", "3"]
FITS: tuple[str, ...] = get_args(Fit)
HOUNSFIELD: frozenset[Kind] = frozenset({"DICOM", "NIfTI"})
MAX_PIXELS = 100_000_000
OF_NEIGHBOURS = ("slices", "order")
FILES_A_TASK = 64
T = TypeVar("T")


@dataclass(frozen=True)
class PixelSettings:
    """How an image becomes an array.

    `image_size` is the side in pixels; `fit` says what is done with images that are not square: `pad` with
    black (nothing is lost or deformed), `stretch`, or `crop` the centre; `white16` is the value of a 16-bit
    grey image that becomes white (65535, or 4095 for 12-bit pixels kept in 16 bits); `windows` are those that
    Hounsfield units are seen through, () where no image has any. `slices` "3": a model sees the first channel of a
    slice between those of its neighbours; `order` is then, of a run, a digest of which are those of its cases.
    """

    image_size: int = 224
    fit: Fit = "pad"
    white16: int = 65535
    windows: tuple[str, ...] = DEFAULT
    slices: Slices = "1"
    order: str = ""

    def of_one_image(self) -> dict[str, object]:
        """What the array of an image depends on, whatever a model sees beside it."""
        return {name: value for name, value in asdict(self).items() if name not in OF_NEIGHBOURS}

    def decisive(self) -> dict[str, object]:
        """What names a run; what came after the first runs only where it is used."""
        return asdict(self) if self.slices != "1" else self.of_one_image()


@dataclass(frozen=True)
class Decoded:
    """`pixels` (image_size, image_size, 3) and `thumbnail` (48, 48), uint8; width and height of the original."""

    pixels: NDArray[np.uint8]
    thumbnail: NDArray[np.uint8]
    width: int
    height: int
    reading: Reading


def file_digest(path: Path) -> str:
    """SHA-256 of the file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def part_digest(digest: str, part: int | None) -> str:
    """Names one image of a file that holds several."""
    return digest if part is None else hashlib.sha256(f"{digest}#{part}".encode()).hexdigest()


def digests_of(images: Sequence[FoundImage]) -> list[str | OSError]:
    """What names the content of each image, or why its file cannot be read.

    Every file is read once, in parallel, many to a task since most are small.
    """
    paths = list(dict.fromkeys(image.path for image in images))
    tasks = [paths[start : start + FILES_A_TASK] for start in range(0, len(paths), FILES_A_TASK)]
    with ThreadPoolExecutor() as threads:
        found = [digest for part in threads.map(lambda task: [*map(_digest, task)], tasks) for digest in part]
    of_file: Mapping[str, str | OSError] = dict(zip(paths, found, strict=True))
    return [
        digest if isinstance(digest := of_file[image.path], OSError) else part_digest(digest, image.part)
        for image in images
    ]


def _digest(path: str) -> str | OSError:
    try:
        return file_digest(Path(path))
    except OSError as error:
        return error


def each_file(sources: Sequence[Source], work: Callable[[Path, list[int]], list[T]]) -> Iterator[list[tuple[int, T]]]:
    """What `work` makes of every file and the images wanted of it, given as numbers of `sources`; files in parallel.

    A list for each file, of the numbers with what was made of them.
    """
    of_file: dict[Path, list[int]] = defaultdict(list)
    for number, source in enumerate(sources):
        of_file[source.path].append(number)
    with ThreadPoolExecutor() as threads:
        for numbers, made in zip(of_file.values(), threads.map(work, of_file, of_file.values()), strict=True):
            yield list(zip(numbers, made, strict=True))


def upright_images(
    path: Path, parts: Sequence[int | None], settings: PixelSettings, max_pixels: int = MAX_PIXELS
) -> Iterator[Shown | UnreadableImage]:
    """The wanted images of a file at full size, RGB or grey (L), or why one cannot be had."""
    try:
        kind, empty = kind_of(path), path.stat().st_size == 0
    except OSError as error:
        yield from [UnreadableImage(f"it may not be read ({error.strerror})")] * len(parts)
        return
    if empty:
        yield from [UnreadableImage("it is empty")] * len(parts)
        return
    if kind in HOUNSFIELD:
        arrays = dicom_images if kind == "DICOM" else nifti_images
        windows = parse_windows(settings.windows or DEFAULT)
        yield from arrays(path, [part or 0 for part in parts], windows, max_pixels)
        return
    for part in parts:
        try:
            if part:
                raise UnreadableImage(f"it is one image; number {part}, counted from 0, does not exist")
            yield picture(path, settings.white16, max_pixels)
        except UnreadableImage as error:
            yield error


def decode_parts(
    path: Path, parts: Sequence[int | None], settings: PixelSettings, max_pixels: int = MAX_PIXELS
) -> Iterator[Decoded | UnreadableImage]:
    """The wanted images of a file, resized with an antialiasing filter, or why one cannot be had."""
    for shown in upright_images(path, parts, settings, max_pixels):
        if isinstance(shown, UnreadableImage):
            yield shown
        else:
            image = shown.image
            pixels = np.asarray(fitted(image, settings).convert("RGB"))
            yield Decoded(pixels, thumbnail(image), image.width, image.height, shown.reading)


def fitted(image: Image.Image, settings: PixelSettings) -> Image.Image:
    """`image` as a square of the wanted size."""
    side = settings.image_size
    if settings.fit == "crop":
        return ImageOps.fit(image, (side, side), Image.Resampling.BILINEAR)
    if settings.fit == "stretch" or image.width == image.height:
        return image.resize((side, side), Image.Resampling.BILINEAR)
    longest = max(image.size)
    width, height = (max(1, round(extent * side / longest)) for extent in image.size)
    square = Image.new(image.mode, (side, side))
    square.paste(image.resize((width, height), Image.Resampling.BILINEAR), ((side - width) // 2, (side - height) // 2))
    return square
