"""Contact sheets: the images of a class and site on one picture. Reads images, writes PNGs."""

import re
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PIL import Image, ImageDraw

from bench.audit.summary import RESEARCH_ONLY
from bench.data.cases import FoundImage
from bench.data.images import PixelSettings, fitted, upright_images
from bench.data.unreadable import UnreadableImage
from bench.quiet import quiet

SIDE, CAPTION, MARGIN, TITLE = 128, 16, 6, 28
COLUMNS = 8
BACKGROUND, INK, FAULT = (24, 24, 24), (230, 230, 230), (120, 30, 30)


def write_sheets(
    images: Sequence[FoundImage], out: Path, *, most: int, settings: PixelSettings, max_pixels: int
) -> list[Path]:
    """A PNG for each site and class in `out`, with up to `most` images spread evenly over the class."""
    chosen: dict[tuple[str, str], list[FoundImage]] = defaultdict(list)
    for image in images:
        chosen[image.site, image.label].append(image)
    out.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    with quiet():
        for (site, label), members in chosen.items():
            number = min(most, len(members))
            shown = [members[place * len(members) // number] for place in range(number)]
            title = f"{site} · {label or '(no class)'} · {len(shown)} of {len(members)} · {RESEARCH_ONLY}"
            file = _free(out, f"{site}--{label or 'no-class'}", written)
            _sheet(shown, title, settings, max_pixels).save(file)
            written.append(file)
    return written


def _free(out: Path, name: str, written: Sequence[Path]) -> Path:
    """A file name without signs that file systems refuse, and not used yet."""
    stem = re.sub(r"[^\w.-]+", "_", name)[:100]
    numbered = [out / f"{stem}.png", *(out / f"{stem}-{number}.png" for number in range(2, len(written) + 3))]
    return next(file for file in numbered if file not in written)


def _sheet(images: Sequence[FoundImage], title: str, settings: PixelSettings, max_pixels: int) -> Image.Image:
    columns = min(COLUMNS, max(4, len(images)))
    rows = -(-len(images) // columns)
    cell = SIDE + MARGIN
    sheet = Image.new("RGB", (columns * cell + MARGIN, TITLE + rows * (cell + CAPTION) + MARGIN), BACKGROUND)
    draw = ImageDraw.Draw(sheet)
    draw.text((MARGIN, 8), title, fill=INK)
    with ThreadPoolExecutor() as threads:
        tiles = threads.map(lambda image: _tile(image, settings, max_pixels), images)
        for number, (image, tile) in enumerate(zip(images, tiles, strict=True)):
            x, y = MARGIN + number % columns * cell, TITLE + number // columns * (cell + CAPTION)
            sheet.paste(tile, (x, y))
            draw.text((x, y + SIDE + 1), _caption(image), fill=INK)
    return sheet


def _tile(image: FoundImage, settings: PixelSettings, max_pixels: int) -> Image.Image:
    (picture,) = upright_images(Path(image.path), [image.part], settings, max_pixels)
    if isinstance(picture, UnreadableImage):
        tile = Image.new("RGB", (SIDE, SIDE), FAULT)
        ImageDraw.Draw(tile).text((6, SIDE // 2 - 6), "unreadable", fill=INK)
        return tile
    return fitted(picture, PixelSettings(SIDE))


def _caption(image: FoundImage) -> str:
    name = Path(image.path).name + ("" if image.part is None else f"#{image.part}")
    plain = "".join(char if char.isprintable() else "?" for char in name)
    return plain if len(plain) <= 20 else f"…{plain[-19:]}"
