"""What the site's export button does: HU through a display window to 8 bits, burned-in text, lossy compression."""

import io
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from bench.phantom.grid import Plane, draw
from bench.phantom.sites import Site

Grey = npt.NDArray[np.uint8]


def export_image(hu: Plane, site: Site, rng: np.random.Generator) -> Grey:
    """The 8-bit grey image (n_px, n_px) that leaves the site."""
    level, width = draw(rng, site.window_level), draw(rng, site.window_width)
    gamma, quality = draw(rng, site.gamma), int(rng.integers(site.jpeg_quality[0], site.jpeg_quality[1] + 1))
    shown = np.clip((hu - np.float32(level - width / 2)) * np.float32(1 / width), 0, 1)
    image = Image.fromarray(_gamma_curve(gamma)[(shown * 1023).astype(np.intp)])
    if rng.random() < site.burned_in_text:
        _burn_in_text(image, f"W{width:.0f} L{level:.0f}", rng)
    return _through_jpeg(image, quality)


def _gamma_curve(gamma: float) -> Grey:
    return (np.linspace(0, 1, 1024) ** gamma * 255 + 0.5).astype(np.uint8)


def _burn_in_text(image: Image.Image, window: str, rng: np.random.Generator) -> None:
    pen, (width, height) = ImageDraw.Draw(image), image.size
    brightness = int(rng.integers(150, 230))
    number = f"{rng.integers(1, 40)}/{rng.integers(40, 60)}"
    for place, text in (((3, 3), "CT HEAD"), ((3, height - 13), window), ((width - 34, 3), number)):
        pen.text(place, text, fill=brightness, font=_font())


@lru_cache(maxsize=1)
def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size=9)


def _through_jpeg(image: Image.Image, quality: int) -> Grey:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer))
