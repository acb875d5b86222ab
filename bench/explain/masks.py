"""Lesion masks, laid over images as the model sees them. Reads masks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from bench.data.cases import Case
from bench.data.images import PixelSettings, fitted
from bench.data.pictures import picture
from bench.data.unreadable import UnreadableImage
from bench.errors import listed
from reports.explanation.localisation import Maps

MASK = "mask"
EVERY_VALUE = 1  # of 16-bit masks, however small, counts as lesion


@dataclass(frozen=True)
class Masks:
    """The share of each pixel that is lesion, by case id, (size, size) from 0 to 1; cases without a lesion have none.

    `notes` say what could not be used, and why.
    """

    coverage: Mapping[str, Maps]
    notes: tuple[str, ...]


def load_masks(cases: Sequence[Case], root: Path | None, settings: PixelSettings, max_pixels: int) -> Masks:
    """The mask of each case: the file that its manifest names, or `root`/<case_id>.

    Whatever is not 0 is lesion. A mask has the size of its image, upright; one of another size but the same shape is
    enlarged or shrunk to it (nearest pixel), one of another shape cannot be laid over it and is left out with a note.
    Then it is fitted as the image is.
    """
    coverage: dict[str, Maps] = {}
    refused: list[str] = []
    for case in cases:
        file = _file_of(case, root)
        if file is None:
            continue
        try:
            mask = _on_image(picture(file, EVERY_VALUE, max_pixels), case)
        except UnreadableImage as error:
            refused.append(f"{case.case_id} ({error})")
            continue
        found = np.asarray(fitted(mask, settings)).astype(np.float32) / np.float32(255)
        if found.any():
            coverage[case.case_id] = found
    notes = [f"Masks that cannot be used: {listed(refused, 3)}."] if refused else []
    if root and not coverage and not refused:
        notes.append(
            f"No file below {root} is a mask with a lesion: masks are looked for under the ids of their cases."
        )
    return Masks(coverage, tuple(notes))


def _file_of(case: Case, root: Path | None) -> Path | None:
    if case.extra.get(MASK):
        return Path(case.extra[MASK])
    file = root / case.case_id if root else None
    return file if file and file.is_file() else None


def _on_image(mask: Image.Image, case: Case) -> Image.Image:
    """Black and white, of the size of the upright image.

    Raises:
        UnreadableImage: it has another shape.
    """
    if abs(mask.width * case.height - mask.height * case.width) > max(case.width, case.height):
        raise UnreadableImage(
            f"it is {mask.width} × {mask.height} for an image of {case.width} × {case.height}, which is another shape"
        )
    values = np.asarray(mask)
    lesion = values.any(axis=2) if values.ndim == 3 else values > 0
    white = Image.fromarray(lesion.astype(np.uint8) * 255)
    return white.resize((case.width, case.height), Image.Resampling.NEAREST)
