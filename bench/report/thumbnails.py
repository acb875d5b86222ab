"""Small pictures of cases. Reads images, or the pixel cache where they are gone."""

from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path

from PIL import Image

from bench.cache import Caches
from bench.config.experiment import Experiment
from bench.data.cases import Case
from bench.data.images import decode_parts, file_digest, part_digest
from bench.data.pixel_entry import PixelCache, entry_key
from bench.data.pixels import load_cache
from bench.data.reading import UnreadableImage
from bench.quiet import quiet
from reports.page import image

SIDE, QUALITY = 128, 80


def thumbnails(
    chosen: Sequence[Case], cases: Sequence[Case], experiment: Experiment, caches: Caches, side: int = SIDE
) -> list[image.Image | None]:
    """A JPEG of each chosen case, `side` pixels each way; None where neither its file nor the cache has the pixels.

    A file counts only while its content is that which was trained on. cases: all of the folder, which name the cache.
    """
    with quiet():
        key = entry_key((case.digest for case in cases), experiment.pixels, experiment.max_pixels)
        cache = load_cache(caches.pixels, key)
        return [_thumbnail(case, experiment, cache, side) for case in chosen]


def _thumbnail(case: Case, experiment: Experiment, cache: PixelCache | None, side: int) -> image.Image | None:
    picture = _from_file(case, experiment, side)
    if picture is None and cache is not None and case.digest in cache.row:
        picture = Image.fromarray(cache.open()[cache.row[case.digest]]).resize((side, side))
    if picture is None:
        return None
    file = BytesIO()
    picture.save(file, "JPEG", quality=QUALITY)
    return image.Image(file.getvalue(), "image/jpeg", f"case {case.case_id}")


def _from_file(case: Case, experiment: Experiment, side: int) -> Image.Image | None:
    path = Path(case.path)
    if not case.path or not path.is_file() or part_digest(file_digest(path), case.part) != case.digest:
        return None
    settings = replace(experiment.pixels, image_size=side)
    (outcome,) = decode_parts(path, [case.part], settings, experiment.max_pixels)
    return None if isinstance(outcome, UnreadableImage) else Image.fromarray(outcome.pixels)
