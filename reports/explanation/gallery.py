"""A page of images beside their importance maps. Draws; writes nothing."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib import colormaps
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from reports.draw.notation import RESEARCH_ONLY
from reports.explanation.measures import Maps, Regions

SIDE, GAP, MARGIN = 144, 6, 16
CAPTION_LINES, LINE = 3, 15
INK, QUIET, PAPER, WRONG, RIGHT = (20, 20, 20), (90, 90, 90), (255, 255, 255), (170, 50, 0), (0, 95, 60)
OUTLINE = (255, 70, 160)
OPACITY = 0.55
_HEADER, _FOOTER = 66, 26
_OUTLINED = " Outline: lesion."


@dataclass(frozen=True)
class Tile:
    """One case: `image` (size, size, 3) uint8, `map` (size, size) from 0 to 1, `lesion` (size, size) where known.

    `probability` is that of the predicted class; `model` says which model the map is of.
    """

    case_id: str
    image: NDArray[np.uint8]
    map: Maps
    lesion: Regions | None
    label: str
    predicted: str
    probability: float
    model: str


@dataclass(frozen=True)
class Page:
    """The cases of one class: a column of tiles for each site, side by side."""

    title: str
    subtitle: str
    sites: tuple[tuple[str, tuple[Tile, ...]], ...]


def draw_page(page: Page) -> Image.Image:
    """The page as an RGB picture: each image, its overlay, and below them truth, prediction and probability."""
    width_of_site = 2 * SIDE + GAP
    rows = max((len(tiles) for _, tiles in page.sites), default=0)
    tall = SIDE + CAPTION_LINES * LINE + 2 * GAP
    columns = len(page.sites)
    width = max(2 * MARGIN + columns * width_of_site + (columns - 1) * 2 * MARGIN, 620)
    sheet = Image.new("RGB", (width, _HEADER + LINE + rows * tall + _FOOTER), PAPER)
    draw = ImageDraw.Draw(sheet)
    draw.text((MARGIN, 10), _fitting(page.title, width - 2 * MARGIN, 17, bold=True), INK, _font(17, bold=True))
    draw.text((MARGIN, 35), _fitting(page.subtitle, width - 2 * MARGIN, 12), QUIET, _font(12))
    for column, (site, tiles) in enumerate(page.sites):
        x = MARGIN + column * (width_of_site + 2 * MARGIN)
        draw.text((x, _HEADER - 8), _fitting(site, width_of_site, 13, bold=True), INK, _font(13, bold=True))
        for row, tile in enumerate(tiles):
            _draw_tile(sheet, draw, tile, x, _HEADER + LINE + row * tall)
        if not tiles:
            draw.text((x, _HEADER + LINE), "no case of this class", QUIET, _font(12))
    draw.text((MARGIN, sheet.height - 22), f"{RESEARCH_ONLY}{_OUTLINED if _has_lesions(page) else ''}", INK, _font(12))
    return sheet


def _has_lesions(page: Page) -> bool:
    return any(tile.lesion is not None for _, tiles in page.sites for tile in tiles)


def _draw_tile(sheet: Image.Image, draw: ImageDraw.ImageDraw, tile: Tile, x: int, y: int) -> None:
    plain = Image.fromarray(tile.image).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    sheet.paste(plain, (x, y))
    sheet.paste(_overlay(plain, tile), (x + SIDE + GAP, y))
    ink = RIGHT if tile.label == tile.predicted else WRONG
    verdict = "correct" if tile.label == tile.predicted else "wrong"
    lines = [
        (f"true {tile.label}", INK, 12),
        (f"{verdict}: {tile.predicted} {tile.probability:.2f}", ink, 12),
        (f"{tile.case_id} · {tile.model}", QUIET, 10),
    ]
    for number, (text, colour, size) in enumerate(lines):
        place = (x, y + SIDE + 3 + number * LINE)
        draw.text(place, _fitting(text, 2 * SIDE + GAP, size, keep_end=number == 2), colour, _font(size))


def _overlay(plain: Image.Image, tile: Tile) -> Image.Image:
    """The map in colours that rise in lightness (viridis), more opaque where it is higher."""
    smooth = Image.fromarray((np.clip(tile.map, 0, 1) * 255).astype(np.uint8)).resize((SIDE, SIDE))
    height = np.asarray(smooth, dtype=np.float32)[..., None] / 255
    colours = colormaps["viridis"](height[..., 0])[..., :3] * 255
    share = OPACITY * (0.35 + 0.65 * height)
    mixed = np.asarray(plain, dtype=np.float32) * (1 - share) + colours * share
    overlay = Image.fromarray(mixed.astype(np.uint8))
    if tile.lesion is not None:
        region = Image.fromarray(tile.lesion.astype(np.uint8) * 255).resize((SIDE, SIDE), Image.Resampling.NEAREST)
        inside = np.asarray(region) > 0
        padded = np.pad(inside, 1)
        eroded = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
        pixels = np.asarray(overlay).copy()
        pixels[inside & ~eroded] = OUTLINE
        overlay = Image.fromarray(pixels)
    return overlay


@cache
def _font(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(Path(matplotlib.get_data_path(), "fonts", "ttf", name), size)


def _fitting(text: str, width: int, size: int, *, bold: bool = False, keep_end: bool = False) -> str:
    """The text, cut with an ellipsis where it is wider than `width` pixels; control characters are left out."""
    text = "".join(letter for letter in text if letter.isprintable())
    font = _font(size, bold=bold)
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(f"{text}…") > width:
        text = text[1:] if keep_end else text[:-1]
    return f"…{text}" if keep_end else f"{text}…"
