"""Decodes one image file into upright 8-bit RGB of a fixed size. Reads files."""

import hashlib
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

Fit = Literal["pad", "stretch", "crop"]
FITS: tuple[str, ...] = get_args(Fit)


@dataclass(frozen=True)
class PixelSettings:
    """How an image becomes an array.

    `image_size` is the side in pixels; `fit` says what is done with images that are not square: `pad` with
    black (nothing is lost or deformed), `stretch`, or `crop` the centre; `white16` is the value of a 16-bit
    grey image that becomes white (65535, or 4095 for 12-bit pixels kept in 16 bits).
    """

    image_size: int = 224
    fit: Fit = "pad"
    white16: int = 65535


class UnreadableImage(Exception):
    """The file is no image, is cut short, or has pixels without a defined white."""


@dataclass(frozen=True)
class Decoded:
    """`pixels` (image_size, image_size, 3) uint8; width and height of the upright original."""

    pixels: NDArray[np.uint8]
    width: int
    height: int


def file_digest(path: Path) -> str:
    """SHA-256 of the file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def decode(path: Path, settings: PixelSettings) -> Decoded:
    """Decode, turn upright (EXIF), convert to RGB and resize with an antialiasing filter.

    Transparent pixels are laid on black; of a file with several pages the first is read.

    Raises:
        UnreadableImage: with the reason.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of harmless metadata faults
            with Image.open(path) as opened:
                opened.load()
                image = _eight_bit_rgb(ImageOps.exif_transpose(opened), settings.white16)
    except (UnreadableImage, MemoryError):
        raise
    except Exception as error:  # Pillow's plugins raise OSError, SyntaxError, ValueError, struct.error and more
        raise UnreadableImage(str(error) or type(error).__name__) from error
    return Decoded(np.asarray(_fitted(image, settings)), image.width, image.height)


def _eight_bit_rgb(image: Image.Image, white16: int) -> Image.Image:
    if image.mode.startswith("I"):
        values = np.asarray(image).astype(np.float64)
        return Image.fromarray(np.clip(np.rint(values * (255 / white16)), 0, 255).astype(np.uint8)).convert("RGB")
    if image.mode == "F":
        raise UnreadableImage("floating-point pixels have no defined white; store 8 or 16 bits a channel")
    if "A" in image.getbands() or "transparency" in image.info:
        rgba = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", rgba.size, (0, 0, 0, 255)), rgba).convert("RGB")
    return image.convert("RGB")


def _fitted(image: Image.Image, settings: PixelSettings) -> Image.Image:
    size = (settings.image_size, settings.image_size)
    if settings.fit == "pad":
        return ImageOps.pad(image, size, Image.Resampling.BILINEAR, color=(0, 0, 0))
    if settings.fit == "crop":
        return ImageOps.fit(image, size, Image.Resampling.BILINEAR)
    return image.resize(size, Image.Resampling.BILINEAR)
