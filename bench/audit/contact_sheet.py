"""Contact sheets: the images of a class and site on one picture. Reads images, writes PNGs."""

import re
from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PIL import Image, ImageDraw

from bench.audit.summary import RESEARCH_ONLY
from bench.data.cases import FoundImage
from bench.data.images import PixelSettings, each_file, fitted, upright_images
from bench.data.names import visible
from bench.data.reading import Shown, UnreadableImage
from bench.new_output import write_output
from bench.quiet import quiet

SIDE, CAPTION, MARGIN, TITLE = 128, 16, 6, 28
COLUMNS = 8
NAME_BYTES = 200
BACKGROUND, INK, FAULT = (24, 24, 24), (230, 230, 230), (120, 30, 30)


def write_sheets(
    images: Sequence[FoundImage], out: Path, *, most: int, settings: PixelSettings, max_pixels: int
) -> list[Path]:
    """A PNG for each site and class in the folder `out`, with up to `most` images spread evenly over the class."""
    chosen: dict[tuple[str, str], list[FoundImage]] = defaultdict(list)
    for image in images:
        chosen[image.site, image.label].append(image)
    written: list[Path] = []
    with quiet():
        for (site, label), members in chosen.items():
            number = min(most, len(members))
            shown = [members[place * len(members) // number] for place in range(number)]
            names = f"{_cut(site, 24)} · {_cut(label, 24) or '(no class)'}"
            title = f"{RESEARCH_ONLY} {names} · {len(shown)} of {len(members)}"
            file = _free(out, f"{site}--{label or 'no-class'}", written)
            sheet = _sheet(shown, title, settings, max_pixels)
            write_output(file, partial(sheet.save, format="PNG"))
            written.append(file)
    return written


def _free(out: Path, name: str, written: Sequence[Path]) -> Path:
    """A file name that file systems take, and not used yet, be it in capitals."""
    stem = re.sub(r"[^\w.-]+", "_", name).encode()[:NAME_BYTES].decode(errors="ignore")
    used = {file.name.lower() for file in written}
    names = [f"{stem}.png", *(f"{stem}-{number}.png" for number in range(2, len(written) + 3))]
    return out / next(name for name in names if name.lower() not in used)


def _sheet(images: Sequence[FoundImage], title: str, settings: PixelSettings, max_pixels: int) -> Image.Image:
    columns = min(COLUMNS, max(5, len(images)))
    rows = -(-len(images) // columns)
    cell = SIDE + MARGIN
    sheet = Image.new("RGB", (columns * cell + MARGIN, TITLE + rows * (cell + CAPTION) + MARGIN), BACKGROUND)
    draw = ImageDraw.Draw(sheet)
    draw.text((MARGIN, 8), title, fill=INK)
    for number, (image, tile) in enumerate(zip(images, _tiles(images, settings, max_pixels), strict=True)):
        x, y = MARGIN + number % columns * cell, TITLE + number // columns * (cell + CAPTION)
        sheet.paste(tile, (x, y))
        draw.text((x, y + SIDE + 1), _caption(image), fill=INK)
    return sheet


def _tiles(images: Sequence[FoundImage], settings: PixelSettings, max_pixels: int) -> list[Image.Image]:
    """In the order of `images`; each file is read once."""

    def work(path: Path, numbers: list[int]) -> list[Image.Image]:
        parts = [images[number].part for number in numbers]
        return [_tile(picture) for picture in upright_images(path, parts, settings, max_pixels)]

    tiles = dict(pair for made in each_file([image.source for image in images], work) for pair in made)
    return [tiles[number] for number in range(len(images))]


def _tile(picture: Shown | UnreadableImage) -> Image.Image:
    if isinstance(picture, UnreadableImage):
        tile = Image.new("RGB", (SIDE, SIDE), FAULT)
        ImageDraw.Draw(tile).text((6, SIDE // 2 - 6), "unreadable", fill=INK)
        return tile
    return fitted(picture.image, PixelSettings(SIDE))


def _caption(image: FoundImage) -> str:
    name = visible(Path(image.path).name + ("" if image.part is None else f"#{image.part}"))
    return name if len(name) <= 20 else f"…{name[-19:]}"


def _cut(name: str, most: int) -> str:
    shown = visible(name)
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"
